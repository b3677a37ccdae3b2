# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a declaration. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._inventory import AskedOnce, missing_secrets, read_declared
from ..plugin_utils._proof.proof import prove
from ..plugin_utils._stack import STACK, StackGroups


def topology_problems(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> list[str]:
    try:
        read_declared(declaration, groups, hostvars)
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
) -> dict[str, list[str]]:
    lines: list[str] = []
    asked = AskedOnce(hostvars)
    stack = StackGroups(balancer, application, database)
    try:
        own = {balancer: ("peerlb_pools", "peerlb_listeners")}
        given = read_declared(declaration, groups, asked, own)
        first = [given.first(balancer, key, []) for key in own[balancer]]
        used = [own if stated is None else stated for own, stated in zip(first, (pools, listeners))]
        shown = prove(given.topology, stack, given.members, *used)
        lines, problems = shown.lines(), shown.problems
    except TopologyError as exc:
        problems = list(exc.problems)
    return {"lines": lines, "problems": problems + missing_secrets(groups, asked, secrets or {})}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"proof": proof, "topology_problems": topology_problems}
