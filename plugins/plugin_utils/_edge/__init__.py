# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the load balancer meets its clients: certificates, TLS, and the servers of nginx.

It knows the variables `peerlb_tls` and `peerlb_certificates`, how nginx is told of them, and what a
CA of one's own has to issue. It must not judge a certificate: hosts do, by
`module_utils/_certificates`. Begin with `tls.py`.
"""
