# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The explanation of one request of HTTP: what a load balancer would do with it, step by step.

It knows the order in which nginx judges a request, and tells each step with the value read.
It must not ask a host, nor do other I/O. Steps take what the URL map and the gatekeeper say in the
form of `decisions.py`, and do not know how they are declared. Begin with `explain.py`.
"""
