# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge: what nginx does with a request before a member gets it.

It alone writes servers.conf: which listener, name and certificate a request comes by, what guards
it, and which pool is asked. It must not know how members are found: that is the concern of the
upstreams, which the load balancer writes itself. Begin with `servers.py`.
"""
