# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents the input that the filters have in common, which is the declaration."""

from __future__ import annotations


class ModuleDocFragment:
    """One fragment for each kind of filter."""

    # The filters that look something up in the declaration alone.
    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The declaration (the variable C(topology) of the inventory), or the C(model) that
        P(peerlb.stack.derived#filter) returned.
      - The declaration is evaluated each time, which reads variables of every host and needs
        O(groups) and O(hostvars). The model needs neither and costs little, so a playbook derives
        it once and uses it from then on.
    type: raw
    required: true
  groups:
    description: Ansible's C(groups). Required unless the input is the model.
    type: dict
  hostvars:
    description: Ansible's C(hostvars). Required unless the input is the model.
    type: dict
"""

    # The filters that always evaluate the declaration.
    EVALUATED = r"""
options:
  _input:
    description: The declaration, which is the variable C(topology) of the inventory.
    type: raw
    required: true
  groups:
    description: Ansible's C(groups).
    type: dict
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
"""

    # The filters that also read what tasks registered on the hosts.
    REGISTERED = r"""
options:
  _input:
    description:
      - The declaration (the variable C(topology) of the inventory), or the C(model) that
        P(peerlb.stack.derived#filter) returned, which costs less.
    type: raw
    required: true
  groups:
    description: Ansible's C(groups). Required with the model too.
    type: dict
    required: true
  hostvars:
    description:
      - Ansible's C(hostvars). Required with the model too, because the filter reads there what
        tasks registered on the hosts.
    type: dict
    required: true
"""
