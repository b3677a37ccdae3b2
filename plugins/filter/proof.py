# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that check a declaration. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._hostvars import CachedHostVars, missing_secrets, unquoted_texts
from ..plugin_utils._inventory import read_inventory
from ..plugin_utils._proof.database import (
    OF_APPLICATION,
    OF_DATABASE,
    prove_connections,
    schema_problems,
)
from ..plugin_utils._proof.proof import prove
from ..plugin_utils._stack import STACK, StackGroups

ROLES = Path(__file__).parents[2] / "roles"
# Variables that a playbook hands to a role under another name.
HANDED_ON = {"peerlb_mysql_users": "mysql_users", "peerlb_databases": "mysql_databases"}
SETTINGS = ("peerlb_pools", "peerlb_listeners")  # variables of the load balancers


def topology_problems(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> list[str]:
    """Return what is wrong with a declaration; [] if nothing is."""
    try:
        read_inventory(declaration, groups, hostvars)
    except TopologyError as exc:
        return list(exc.problems)
    return []


def proof(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    balancer: str = STACK.balancer,
    application: str = STACK.application,
    database: str = STACK.database,
    pools: t.Any = None,
    listeners: t.Any = None,
    secrets: t.Mapping | None = None,
    roles: t.Mapping | None = None,
) -> dict[str, list[str]]:
    """Return what is proven of a declaration, and what is wrong with it."""
    lines: list[str] = []
    cached = CachedHostVars(hostvars)
    stack = StackGroups(balancer, application, database)
    try:
        names = {balancer: SETTINGS, application: OF_APPLICATION, database: OF_DATABASE}
        inventory = read_inventory(declaration, groups, cached, names)
        if pools is None:
            pools = inventory.first(balancer, "peerlb_pools", [])
        if listeners is None:
            listeners = inventory.first(balancer, "peerlb_listeners", [])
        proven = prove(inventory.topology, stack, inventory.member_settings, pools, listeners)
        more = (inventory.topology, stack, inventory.variables)
        rows, too_few = prove_connections(*more)
        proven.rows += rows
        lines = proven.lines()
        problems = proven.problems + too_few + schema_problems(*more)
    except TopologyError as exc:
        problems = list(exc.problems)
    problems = problems + missing_secrets(groups, cached, secrets or {})
    specs = {group: _options(names) for group, names in (roles or {}).items()}
    return {"lines": lines, "problems": problems + unquoted_texts(groups, cached, specs)}


def _options(roles: t.Iterable[str]) -> dict[str, t.Any]:
    """Return the options of roles by name, as their argument specifications have them."""
    options: dict[str, t.Any] = {}
    for role in roles:
        path = ROLES / role / "meta/argument_specs.yml"
        options |= yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"][
            "options"
        ]
    if "webapp_environment" in options:
        options["webapp_environment"] = {"values": "str"}
    return options | {own: options[name] for own, name in HANDED_ON.items() if name in options}


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"proof": proof, "topology_problems": topology_problems}
