# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Google Cloud: read a project, evaluate its firewall rules, and compare it with the declaration.

It knows the cloud and the declaration. It must not know nginx, probes or hosts. The packages stand
on each other: `project`, then `rules`, then `audit` and `api`. Begin with `audit/audit.py`.
"""
