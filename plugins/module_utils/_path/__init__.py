# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host does with a connection that comes to it: routes, sockets, containers, firewall rules.

It knows the host on which it runs. It must not know the declaration: a question comes in as
addresses and ports. Begin with `host.py`.
"""
