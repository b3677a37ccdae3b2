# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of all filters that derive something from the declaration."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The declaration, C(topology) of the inventory.
      - Filters that only look something up also take the C(model) that
        P(peerlb.stack.derived#filter) returned. They do not need O(groups) and O(hostvars) then.
    type: raw
    required: true
  groups:
    description: Ansible's C(groups).
    type: dict
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
"""
