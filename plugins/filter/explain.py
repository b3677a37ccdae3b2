# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain a way, hop by hop. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ansible.errors import AnsibleFilterError

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._explain import explain as _explain
from ..plugin_utils._explain import plan as _explain_plan
from ..plugin_utils._explain import questions as _explain_ask
from ..plugin_utils._inventory import model


def explain_plan(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    balancer: str,
    explain: t.Any = (),
    results: t.Iterable[dict] = (),
    listeners: t.Any = (),
    limit: int = 20,
) -> dict[str, t.Any]:
    try:
        topology, _values = model(declaration, groups, hostvars)
        failed, note = _explain_ask.failing(results, int(limit))
        texts = [explain] if isinstance(explain, str) else list(explain)
        wanted = [text for text in texts if text] + failed
        asked = _explain_ask.questions(topology, wanted, balancer, listeners)
    except TopologyError as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return {
        "questions": [asdict(each) for each in asked],
        "by_host": _explain_plan.plan(topology, asked),
        "note": note,
    }


def explanations(
    declaration: t.Any, groups: t.Any, hostvars: t.Any, plan: dict, evidence: t.Mapping
) -> dict[str, dict]:
    topology, _values = model(declaration, groups, hostvars)
    asked = [_explain_ask.Question(**each) for each in plan["questions"]]
    found = {}
    for host, own in evidence.items():
        names = plan["by_host"][host]["door_names"]
        found[host] = {**own, "doors": dict(zip(names, own.get("doors", ())))}
    return _explain.explanations(topology, asked, found)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"explain_plan": explain_plan, "explanations": explanations}
