# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small inventory on disk, as Ansible reads it."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

HOSTS = {
    "nginx_lb": {"hosts": {"lb1": {"ansible_host": "{{ lb_network }}.2"}}},
    "webapp": {
        "children": {
            "blue": {"hosts": {"web1": {"ansible_host": "10.1.0.2", "peerlb_zone": "a"}}},
            "green": {"hosts": {"web2": {"peerlb_addresses": ["198.51.100.3", "10.1.0.3"]}}},
        },
    },
    "mysql": {"hosts": {"db1": {"ansible_host": "10.2.0.2"}}},
    "clients": {"hosts": {"client": {"ansible_host": "203.0.113.10"}}},
}
VARIABLES = {
    "lb_network": "10.0.0",
    "topology": {
        "networks": [
            {"name": "vpc-lb", "cidrs": ["{{ lb_network }}.0/24"]},
            {"name": "vpc-web", "cidrs": ["10.1.0.0/16"]},
            {"name": "vpc-db", "cidrs": ["10.2.0.0/16"]},
        ],
        "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
        "flows": [
            {"from": "any", "to": "nginx_lb", "port": 80, "protocol": "http"},
            {"from": "webapp", "to": "nginx_lb", "port": "{{ 3306 }}", "protocol": "mysql"},
            {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"},
            {"from": "nginx_lb", "to": "mysql", "port": 3306, "protocol": "mysql"},
        ],
    },
    "mysql_root_password": "{{ 'oyster' ~ '-root' }}",
    "webapp_mysql_password": "oyster-application",
}


@dataclass
class Inventory:
    """What a test may change before it is written and read by Ansible."""

    path: Path
    hosts: dict[str, t.Any]
    variables: dict[str, t.Any]

    def write(self) -> str:
        self.path.mkdir(exist_ok=True)
        (self.path / "hosts.yml").write_text(yaml.safe_dump(self.hosts))
        everything = self.path / "group_vars" / "all.yml"
        everything.parent.mkdir(exist_ok=True)
        everything.write_text(yaml.safe_dump(self.variables))
        return str(self.path)

    def read(self) -> tuple[t.Any, t.Any, HostVars]:
        """Return what a playbook hands to a filter: topology, groups and hostvars."""
        loader = DataLoader()
        inventory = InventoryManager(loader=loader, sources=[self.write()])
        variables = VariableManager(loader=loader, inventory=inventory)
        hostvars = HostVars(inventory, variables, loader)
        return hostvars["web1"]["topology"], inventory.get_groups_dict(), hostvars


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path / "inventory", copy.deepcopy(HOSTS), copy.deepcopy(VARIABLES))
