# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preview: what a run of site.yml would change on the hosts, before anything is changed.

It knows the state that hosts told and the state that the declaration asks for. It must not ask a
host, nor do other I/O. Begin with `changes.py`, which compares both; `state.py` reads what the
tasks of the playbook preview registered, and `services.py` puts into words how a service differs.
"""
