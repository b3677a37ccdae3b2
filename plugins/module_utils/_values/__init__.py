# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that people write: entries, addresses, ranges of addresses, protocols.

It knows how to read a value and how to say what is wrong with it. It must not know what the value
is for: no network, pool or firewall rule. Begin with `entries.py`.
"""
