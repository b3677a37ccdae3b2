# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's own firewall: the table inet peerlb, its files, and the service that loads it at boot.

It knows the host on which it runs. It must not know the declaration: the rules come in as text.
Begin with `firewall.py`.
"""
