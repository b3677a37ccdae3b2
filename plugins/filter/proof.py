# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that check a declaration. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t

from ..module_utils._topology.values import TopologyError
from ..module_utils._values.entries import listing
from ..plugin_utils._derive.derived import host_ports
from ..plugin_utils._hostvars import CachedHostVars, missing_secrets
from ..plugin_utils._inventory import Inventory, read_inventory
from ..plugin_utils._lists import add_lists
from ..plugin_utils._proof.database import (
    OF_APPLICATION,
    OF_DATABASE,
    prove_connections,
    schema_problems,
)
from ..plugin_utils._proof.edge import OF_BALANCER
from ..plugin_utils._proof.proof import HOST_VARIABLES, prove
from ..plugin_utils._proof.role_variables import wrong_variables
from ..plugin_utils._roles import role_options
from ..plugin_utils._stack import STACK, StackGroups

# Variables of the load balancers.
SETTINGS = ("peerlb_pools", "peerlb_listeners", *OF_BALANCER)


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
    only: t.Sequence[str] | None = None,
) -> dict[str, t.Any]:
    """Return what is proven of a declaration, what is wrong with it, and what each host binds."""
    cached = CachedHostVars(hostvars)
    stack = StackGroups(balancer, application, database)
    try:
        inventory = read_inventory(declaration, groups, cached, _names(stack), only)
        add_lists(inventory.variables, groups.get(balancer, ()))
        found = _prove(inventory, stack, {"pools": pools, "listeners": listeners})
        found["lines"] += _left_out(inventory, stack.hosts(groups))
    except ValueError as exc:  # a TopologyError is one
        found = {"lines": [], "problems": str(exc).splitlines(), "ports": {}}
    problems = found["problems"] + wrong_variables(cached, groups, stack, role_options)
    problems += missing_secrets(groups, cached, secrets or {})
    return {**found, "problems": list(dict.fromkeys(problems))}


def _names(stack: StackGroups) -> dict[str, tuple[str, ...]]:
    """Return which variables of the hosts of each group the proof needs."""
    own = {stack.balancer: SETTINGS, stack.application: OF_APPLICATION, stack.database: OF_DATABASE}
    return {group: (*HOST_VARIABLES, *own.get(group, ())) for group in stack.every()}


def _left_out(inventory: Inventory, hosts: t.Iterable[str]) -> list[str]:
    """Return a line with the hosts that have a problem and lie outside of `--limit`."""
    left_out = [host for host in hosts if host not in inventory.topology.hosts]
    text = "left out, with a problem and outside of --limit"
    return [f"{text}: {listing(left_out)}"] if left_out else []


def _prove(
    inventory: Inventory, stack: StackGroups, given: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Return what is proven; settings that are None are those of the first load balancer."""
    pools, listeners = (
        inventory.first(stack.balancer, f"peerlb_{name}", []) if value is None else value
        for name, value in given.items()
    )
    more = (inventory.topology, stack, inventory.variables)
    proven = prove(*more[:2], inventory.member_settings, pools, listeners, inventory.variables)
    rows, too_few = prove_connections(*more)
    proven.rows += rows
    problems = proven.problems + too_few + schema_problems(*more)
    ports = {} if problems else host_ports(*more)
    return {"lines": proven.lines(), "problems": problems, "ports": ports}


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "proof": proof,
            "topology_problems": topology_problems,
        }
