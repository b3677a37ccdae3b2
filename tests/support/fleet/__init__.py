# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet: any number of hosts that exist only in an inventory, and playbooks that run on them.

Ansible itself runs unchanged up to the connection. The connection plugin `stub` takes each module's
payload, reads the module's name and parameters, and answers from `answers.py` like a host on which
the stack is deployed. It starts no process and sends no packet. The tasks that a playbook delegates
to the controller are real.

Begin in `fleet.py`.
"""
