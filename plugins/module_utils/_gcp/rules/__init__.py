# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a project's firewall rules do with a packet, and the commands that change the rules.

It knows the order in which the cloud evaluates rules. It must not know the declaration, and does
no I/O. Begin with `judge.py`.
"""
