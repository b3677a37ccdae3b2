# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the load balancer meets its clients: certificates, TLS, and the servers of nginx.

It knows the variables `peerlb_tls` and `peerlb_certificates`, and how nginx is told of them. It
must not open a certificate: hosts judge those, by `module_utils/_certificates`. Begin with
`tls.py`.
"""
