# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the topology and the hosts from an Ansible inventory."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError

from .run import LabError


def load(sources: t.Sequence[str]) -> Topology:
    """Return the topology of the inventory in these files or directories."""
    loader = DataLoader()
    try:
        inventory = InventoryManager(loader=loader, sources=list(sources))
        variables = VariableManager(loader=loader, inventory=inventory)
        hosts = inventory.get_hosts("all")
        values = {host.name: variables.get_vars(host=host) for host in hosts}
    except AnsibleError as exc:
        raise LabError(f"inventory {', '.join(sources)}: {exc}") from None
    if not hosts:
        raise LabError(f"inventory {', '.join(sources)} has no hosts")
    groups = inventory.get_groups_dict()
    declaration = next((v["topology"] for v in values.values() if "topology" in v), None)
    try:
        return read_topology(declaration, groups, values)
    except TopologyError as exc:
        raise LabError(f"inventory {', '.join(sources)}: {exc}") from None
