# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx balances: listeners, pools and their members, and the upstreams written from them.

This package knows nginx's directives and which version of nginx has which. It must not know where
files lie on a disk, nor the declaration that pools are derived from. Begin with `pool.py`.
"""
