# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.lab import inventory
from ansible_collections.peerlb.stack.lab.plan import Plan, make_plan
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from support import ROOT

CLONE = ROOT
HOSTS = {
    "nginx_lb": {"lb1": "10.0.0.2"},
    "webapp": {"web1": "10.1.0.2", "web2": "10.1.0.3"},
    "mysql": {"db1": "10.2.0.2"},
    "clients": {"client": "203.0.113.10"},
}
DECLARATION = {
    "networks": [
        {"name": "vpc-nginx-lb", "cidrs": ["10.0.0.0/16"]},
        {"name": "vpc-webapp", "cidrs": ["10.1.0.0/16"]},
        {"name": "vpc-db", "cidrs": ["10.2.0.0/16"]},
    ],
    "peerings": [["vpc-nginx-lb", "vpc-webapp"], ["vpc-nginx-lb", "vpc-db"]],
    "flows": [
        {"from": "any", "to": "nginx_lb", "port": 80, "protocol": "http"},
        {"from": "webapp", "to": "nginx_lb", "port": 3306, "protocol": "mysql"},
        {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"},
        {"from": "nginx_lb", "to": "mysql", "port": 3306, "protocol": "mysql"},
    ],
    "management": [{"from": "35.235.240.0/20", "port": 22}],
}


@pytest.fixture
def plan_of():
    """Return a function: a plan of *hosts* by group and a partly *changed* declaration."""

    def build(hosts: dict | None = None, **changed) -> Plan:
        chosen = hosts or HOSTS
        groups = {group: list(members) for group, members in chosen.items()}
        values = {
            name: {"ansible_host": address}
            for members in chosen.values()
            for name, address in members.items()
        }
        groups["all"] = list(values)
        return make_plan(read_topology({**DECLARATION, **changed}, groups, values))

    return build


@pytest.fixture
def lab_plan() -> Plan:
    """Return the plan of the lab's own inventory."""
    return make_plan(inventory.load([str(CLONE / "inventories/lab")]))
