# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that people write: addresses, ranges of addresses, and entries of lists.

It knows IPv4 and how to name what is wrong with an entry. It must not know what an entry is for:
no network, pool or rule of a cloud. Begin with `entries.py`.
"""
