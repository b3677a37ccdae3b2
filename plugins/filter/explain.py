# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain a way, hop by hop. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ..plugin_utils._explain import explain as _explain
from ..plugin_utils._explain import plan as _plan
from ..plugin_utils._explain import questions as _questions
from ..plugin_utils._inventory import declared, errors_for_ansible, registered
from ..plugin_utils._stack import STACK

PLAN = "__explain_plan"
PROBES = "__verify_probes"
EVIDENCE = ("__explain_probes", "__explain_path", "__explain_seen")


def explain_plan(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    balancer: str = STACK.balancer,
    explain: t.Any = (),
    results: t.Iterable[dict] | None = None,
    listeners: t.Any = None,
    limit: int = 20,
    required: bool = True,
) -> dict[str, t.Any]:
    texts = [explain] if isinstance(explain, str) else explain
    results = _verified(groups, hostvars) if results is None else results
    failed, note = _questions.failed_names(results, int(limit))
    wanted = [*filter(None, texts), *failed]
    with errors_for_ansible():
        given = declared(source, groups, hostvars)
        if listeners is None:
            listeners = given.first(balancer, "peerlb_listeners", [])
        ask = wanted or required
        asked = _questions.questions(given.topology, wanted, balancer, listeners) if ask else []
    by_host = _plan.plan(given.topology, asked)
    questions = [asdict(each) for each in asked]
    return {"model": given.as_text(), "questions": questions, "by_host": by_host, "note": note}


def _verified(groups: t.Any, hostvars: t.Any) -> list[dict]:
    """Return the results of the probes that verify registered in this run, if it did."""
    found = registered(hostvars, dict.fromkeys([*groups.get("all", ()), "localhost"]), PROBES)
    return [result for own in found.values() for result in own[PROBES].get("results", ())]


def explanations(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    plan: dict,
    evidence: t.Mapping | None = None,
) -> dict[str, dict]:
    topology = declared(plan.get("model", source), groups, hostvars).topology
    if evidence is None:
        told = registered(hostvars, plan["by_host"], *EVIDENCE)
        evidence = {host: _plan.host_answers(*map(own.get, EVIDENCE)) for host, own in told.items()}
    asked = [_questions.Question(**each) for each in plan["questions"]]
    found: dict[str, dict] = {}
    for host, own in evidence.items():
        names = plan["by_host"][host]["door_names"]
        found[host] = {**own, "doors": dict(zip(names, own.get("doors", ())))}
    return _explain.explanations(topology, asked, found)


def explain_hosts(hostvars: t.Any, groups: t.Any) -> list[str]:
    hosts = dict.fromkeys(["localhost", *groups.get("all", ())])
    plans = (registered(hostvars, [host], PLAN) for host in hosts)
    planned = (own[PLAN]["by_host"] for found in plans for own in found.values())
    return list(next(planned, ()))


def explanation_lines(
    found: t.Mapping[str, dict], plan: dict, play_hosts: t.Sequence[str]
) -> list[str]:
    lines = [line for own in found.values() for line in own["lines"]]
    outside = ", ".join(host for host in plan["by_host"] if host not in play_hosts)
    left_out = f"not asked, as outside of --limit: {outside}" if outside else ""
    return [*lines, *filter(None, [plan["note"], left_out])]


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "explain_hosts": explain_hosts,
            "explain_plan": explain_plan,
            "explanation_lines": explanation_lines,
            "explanations": explanations,
        }
