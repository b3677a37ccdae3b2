# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove from the variables alone that MySQL can serve the application."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.hosts import HostVars
from ...module_utils._topology.model import Topology
from ...module_utils._values.entries import is_list
from .._derive.derived import connections
from .._stack import StackGroups

# What each of them holds is MySQL's own.
SYSTEM_SCHEMAS = ("information_schema", "mysql", "performance_schema", "sys")
OF_APPLICATION = ("webapp_image", "webapp_workers", "webapp_threads", "webapp_mysql_database")
OF_DATABASE = ("mysql_config", "peerlb_databases")


def prove_connections(
    topology: Topology, stack: StackGroups, variables: HostVars
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return rows that compare max_connections with what the application opens, and problems.

    variables: OF_APPLICATION and OF_DATABASE by host. The rows are pairs as `Proof.rows`.
    """
    needed = connections(topology, stack, variables)
    rows, problems = [], []
    for host in topology.members(stack.database):
        given = _max_connections(variables.get(host.name, {}).get("mysql_config"))
        admitted = "and MySQL admits them" if given is None else f"of {given}"
        text = f"the application opens up to {needed} connections, {admitted}"
        rows.append((f"connections to {host.name}", text))
        if given is not None and needed > given:
            problems.append(
                f"{host.name}: mysql_config has max_connections {given}, and the application may"
                f" open {needed} (workers x threads of all its hosts): raise it, or leave it out"
            )
    return (rows if needed else []), problems


def _max_connections(config: t.Any) -> int | None:
    """Return what `mysql_config` sets, if that is a number."""
    if not isinstance(config, t.Mapping):
        return None
    given = {str(key).replace("-", "_"): value for key, value in config.items()}
    value = str(given.get("max_connections"))
    return int(value) if value.isdecimal() else None


def schema_problems(topology: Topology, stack: StackGroups, variables: HostVars) -> list[str]:
    """Return a problem for each database of the inventory that is one of MySQL's own schemas."""
    named = []
    for host in topology.members(stack.application):
        own = variables.get(host.name, {}).get("webapp_mysql_database")
        named.append(("webapp_mysql_database", str(own)))
    for host in topology.members(stack.database):
        others = variables.get(host.name, {}).get("peerlb_databases") or ()
        entries = [each for each in others if _is_entry(each)] if is_list(others) else []
        named += [("peerlb_databases", str(each.get("name"))) for each in entries]
    return [
        f"{variable}: {name} is one of MySQL's own schemas; give the database another name"
        for variable, name in dict.fromkeys(named)
        if name.lower() in SYSTEM_SCHEMAS
    ]


def _is_entry(value: t.Any) -> bool:
    return isinstance(value, t.Mapping)
