# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The explanation of one request of HTTP: what a load balancer would do with it, step by step.

It knows the order in which nginx judges a request, and tells each step with the value read. It must
not ask a host, nor do other I/O. `routing.py` alone knows what a URL map is: the steps take what
`decisions.py` says. Begin with `explain.py`.
"""
