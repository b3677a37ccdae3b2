# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a declaration. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._inventory import missing_secrets, model
from ..plugin_utils._proof.proof import Stack, prove


def topology_problems(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> list[str]:
    try:
        model(declaration, groups, hostvars)
    except TopologyError as exc:
        return list(exc.problems)
    return []


def proof(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    balancer: str,
    application: str,
    database: str,
    pools: t.Any = (),
    listeners: t.Any = (),
    secrets: t.Mapping | None = None,
) -> dict[str, list[str]]:
    lines: list[str] = []
    try:
        topology, values = model(declaration, groups, hostvars)
        members = {name: own["peerlb_member"] for name, own in values.items()}
        stack = Stack(balancer, application, database)
        shown = prove(topology, stack, members, pools, listeners)
        lines, problems = shown.lines(), shown.problems
    except TopologyError as exc:
        problems = list(exc.problems)
    return {
        "lines": lines,
        "problems": problems + missing_secrets(groups, hostvars, secrets or {}),
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"proof": proof, "topology_problems": topology_problems}
