# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet: any number of hosts that exist in an inventory only, and how playbooks run on them.

Ansible itself runs unchanged up to the connection. The connection plugin `stub` takes each module's
payload, reads the module's name and parameters, and answers from `answers.py` as a host would on
which the stack is deployed. No process is started and no packet is sent. The tasks that a playbook
delegates to the controller are real.

Begin in `fleet.py`.
"""
