# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of a CA by ACME: asked for, renewed, and handed over to be installed.

A program on the load balancer, `program.py`, runs twice a day without Ansible. It lets lego, which
runs in a container, talk to the CA. It runs by Python alone. It must not know Ansible or the
declaration, and it alone starts lego. Begin with `wanted.py`, which says what is asked for.
"""
