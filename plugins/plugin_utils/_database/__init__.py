# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between what lives inside a MySQL server and what the inventory wants there.

It knows accounts, privileges, databases and seeds as values, and how MySQL stores them. It must not
know the inventory's
hosts or groups, nor do I/O: a task of the role mysql asks the server, and other tasks make the
changes.
Begin with `differences.py`.
"""
