# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the edge costs: TLS beside other load balancers, and guards and routes beside none.

`edge.py` runs it, in the namespaces and with the programs of the package datapath.
"""
