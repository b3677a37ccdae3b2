# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project as values: networks, peerings, VMs, firewall rules, routes.

It knows the API's objects. It must not judge them, nor know the declaration, and does no I/O. Begin
with `document.py`; the values are in `values.py` and `rule_values.py`.
"""
