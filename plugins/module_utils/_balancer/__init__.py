# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx's releases have beyond those of any other service.

Pools that are rendered as upstreams, `nginx -t`, a reload in place of a new container, and the
weights and states that operators set at run time. It knows nginx and releases. It must not know
the declaration: modules hand it the pools. Begin with `balancer_module.py`.

    inputs (with overrides) -> nginx_release -> nginx, the service that a rollout makes live
                                                  |
    route_tests, asked of a copy (standin_files) by standins
"""
