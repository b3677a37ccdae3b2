# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that evaluates the declaration for a playbook; derived.yml documents it."""

from __future__ import annotations

import typing as t

from ..plugin_utils import _firewall
from ..plugin_utils._derive import derived as _derived
from ..plugin_utils._derive.application import OF_BALANCER, VARIABLES, Application
from ..plugin_utils._inventory import Inventory, errors_for_ansible, read_inventory
from ..plugin_utils._stack import STACK

Part = dict[str, t.Any]
Hosts = t.Sequence[str] | None
Names = dict[str, tuple[str, ...]]  # names of variables by group

# How clients and probes ask the application.
ASKED: Names = {STACK.application: VARIABLES, STACK.balancer: OF_BALANCER}
# The variables that are read besides those of each host: always, and for a part.
ALWAYS: Names = {STACK.balancer: ("peerlb_pools", "peerlb_listeners")}
OF_PART: dict[str, Names] = {
    "mysql": {STACK.application: _derived.OF_CLIENTS, STACK.database: ("peerlb_databases",)},
    "webapp": {},
    "valkey": {STACK.application: ("webapp_valkey_user",)},
    "nginx_lb": {**ASKED, STACK.balancer: (*OF_BALANCER, _derived.URL_MAP)},
    "verify": {**ASKED, STACK.balancer: (*OF_BALANCER, "peerlb_tls")},
    "docker": {STACK.balancer: ("nginx_lb_status_port", "nginx_lb_pool_port")},
    "firewall": {
        name: ("firewall_trusted_interfaces", "firewall_extra_rules") for name in STACK.every()
    },
}


def _mysql(inventory: Inventory, groups: t.Any) -> Part:
    addresses = _derived.addresses(inventory.topology, groups.get(STACK.database, ()))
    database = _derived.database(inventory.topology, STACK, inventory.variables)
    connections = _derived.connections(inventory.topology, STACK, inventory.variables)
    clients = _derived.clients(inventory.topology, STACK, database["account"]["name"])
    more = {"addresses": addresses, "connections": connections, "clients": clients}
    return {**database, **more}


def _webapp(inventory: Inventory, groups: t.Any) -> Part:
    addresses = _derived.addresses(inventory.topology, groups.get(STACK.application, ()))
    return {**_derived.application(inventory.topology, STACK), "addresses": addresses}


def _valkey(inventory: Inventory, _groups: t.Any) -> Part:
    return _derived.store(inventory.topology, STACK, inventory.variables)


def _nginx_lb(inventory: Inventory, _groups: t.Any) -> Part:
    return _derived.balancers(
        inventory.topology, STACK, inventory.member_settings, inventory.variables
    )


def _verify(inventory: Inventory, _groups: t.Any) -> Part:
    asked = Application.of(inventory.topology, STACK, inventory.variables)
    return {"own_application": asked.own, "server_name": asked.server_name}


def _docker(inventory: Inventory, _groups: t.Any) -> Part:
    return _derived.host_ports(inventory.topology, STACK, inventory.variables)


def _firewall_rules(inventory: Inventory, groups: t.Any) -> Part:
    rules = {}
    for host in STACK.hosts(groups):
        trusted = inventory.variables[host]["firewall_trusted_interfaces"]
        trusted = _firewall.TRUSTED if trusted is None else trusted
        extra = inventory.variables[host]["firewall_extra_rules"] or ()
        rules[host] = _firewall.firewall_rules(inventory.topology, host, trusted, extra)
    return rules


DERIVE = {
    "mysql": _mysql,
    "webapp": _webapp,
    "valkey": _valkey,
    "nginx_lb": _nginx_lb,
    "verify": _verify,
    "docker": _docker,
    "firewall": _firewall_rules,
}


def derived(
    declaration: t.Any, groups: t.Any, hostvars: t.Any, parts: t.Iterable = (), only: Hosts = None
) -> dict[str, t.Any]:
    """Return the model, and each of the parts under its name."""
    names = dict(ALWAYS)
    for part in parts:
        for group, of_group in OF_PART[part].items():
            names[group] = (*names.get(group, ()), *of_group)
    with errors_for_ansible():
        inventory = read_inventory(declaration, groups, hostvars, names, only)
        groups = groups if only is None else inventory.placed(groups)
        derived_parts = {part: DERIVE[part](inventory, groups) for part in parts}
    return {"model": inventory.as_text(), **derived_parts}


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"derived": derived}
