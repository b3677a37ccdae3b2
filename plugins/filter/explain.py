# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the playbook explain. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from ..plugin_utils._explain import explain as _explain
from ..plugin_utils._explain import plan as _plan
from ..plugin_utils._explain import questions as _questions
from ..plugin_utils._explain.refusals import refused_questions
from ..plugin_utils._hostvars import registered
from ..plugin_utils._inventory import errors_for_ansible, load_inventory
from ..plugin_utils._stack import STACK

# The names under which the tasks of playbooks register results.
PLAN = "__explain_plan"
PROBES = "__verify_probes"
ANSWERS = ("__explain_probes", "__explain_path", "__explain_seen")


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
    """Return what to ask of which host."""
    results = _verified(groups, hostvars) if results is None else list(results)
    failed, note = _questions.failed_names(results, int(limit))
    names = [*filter(None, [explain] if isinstance(explain, str) else explain), *failed]
    with errors_for_ansible():
        inventory = load_inventory(source, groups, hostvars)
        if listeners is None:
            listeners = inventory.first(balancer, "peerlb_listeners", [])
        questions = _questions.questions(inventory.topology, names, balancer, listeners, required)
        refused = refused_questions(inventory.topology, results, int(limit))
    return {
        **{"model": inventory.as_text(), "note": note},
        "questions": [asdict(question) for question in questions],
        "by_host": _plan.plan(inventory.topology, questions, inventory.variables, refused),
    }


def _verified(groups: t.Any, hostvars: t.Any) -> list[dict]:
    """Return the results of the probes that verify registered in this run, if it did."""
    hosts = dict.fromkeys([*groups.get("all", ()), "localhost"])
    by_host = registered(hostvars, hosts, PROBES)
    return [result for own in by_host.values() for result in own[PROBES].get("results", ())]


def explanations(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    plan: dict,
    evidence: t.Mapping | None = None,
) -> dict[str, dict]:
    """Return the explanations by the names of their ways."""
    topology = load_inventory(plan.get("model", source), groups, hostvars).topology
    if evidence is None:
        results = registered(hostvars, plan["by_host"], *ANSWERS)
        evidence = {
            host: _plan.host_answers(*map(own.get, ANSWERS)) for host, own in results.items()
        }
    answers = _plan.with_door_names(plan["by_host"], evidence)
    questions = [_questions.Question(**question) for question in plan["questions"]]
    return _explain.explanations(topology, questions, answers)


def explain_hosts(hostvars: t.Any, groups: t.Any) -> list[str]:
    """Return the hosts to ask; [] if no plan was made in this run."""
    hosts = dict.fromkeys(["localhost", *groups.get("all", ())])
    plans = (registered(hostvars, [host], PLAN) for host in hosts)
    planned = (own[PLAN]["by_host"] for by_host in plans for own in by_host.values())
    return list(next(planned, ()))


def explanation_lines(
    found: t.Mapping[str, dict], plan: dict, play_hosts: t.Sequence[str]
) -> list[str]:
    """Return the lines of all explanations, and what was left out."""
    lines = [line for explanation in found.values() for line in explanation["lines"]]
    outside = ", ".join(host for host in plan["by_host"] if host not in play_hosts)
    left_out = f"not asked, as outside of --limit: {outside}" if outside else ""
    return [*lines, *filter(None, [plan["note"], left_out])]


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "explain_hosts": explain_hosts,
            "explain_plan": explain_plan,
            "explanation_lines": explanation_lines,
            "explanations": explanations,
        }
