# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Live pools: members are watched, and nginx follows weights, states and health without a reload.

A unit on the load balancer, `agent.py`, probes the members and tells nginx who serves. It runs by
Python alone. It must not know Ansible, releases or the declaration. Begin with `shares.py`, which
says who serves.
"""
