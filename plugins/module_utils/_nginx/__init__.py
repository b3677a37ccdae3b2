# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx is told: pools, members and listeners, and their lines in its files.

It knows nginx's directives and which version has which. It must not know where files lie, nor the
declaration that pools are derived from. Begin with `pool.py`.
"""
