# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain a way from a host to a port of another, hop by hop. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from . import hops_at_target as target
from . import hops_between as between
from .case import FAILED, OK, Case, Found, Hop
from .questions import Question

Explanation = dict[str, t.Any]
MARKS = {OK: "ok", FAILED: "FAIL"}


def hops(case: Case) -> list[Hop]:
    """Judge every hop, in the order in which a connection meets them."""
    found = [between.declared(case), between.route(case), between.network(case)]
    if not case.admitted and not case.connected:
        return [found[0], between.tcp(case)]  # closed, as it may or has to be: so may the rest
    found += [target.firewall(case), target.container(case), target.listener(case)]
    found += [between.way_back(case), between.tcp(case)]
    if case.asked.behind:
        found.append(target.behind(case))
    return [*found, target.greeting(case)]


def explanation(case: Case) -> Explanation:
    """Return the hops, and the first that fails as the blame; it is empty if none does."""
    every = hops(case)
    failed = next((hop for hop in every if hop.state == FAILED), None)
    name = f"{case.asked.name} ({case.asked.protocol})"
    if failed:
        sentence = (
            f"{name} fails at {failed.hop}: {failed.evidence}. Right would be: {failed.remedy}"
        )
    elif not case.probe:
        sentence = f"{name} can not be judged: {case.source.name} did not probe"
    elif not case.asked.expect:
        sentence = f"{name} is not decided: {every[0].evidence}"
    else:
        sentence = f"{name} works"
    return {
        "name": case.asked.name,
        "blame": failed.hop if failed else "",
        "evidence": failed.evidence if failed else "",
        "remedy": failed.remedy if failed else "",
        "sentence": sentence,
        "hops": [vars(hop) for hop in every],
        "lines": [sentence, *map(_line, every)],
    }


def _line(hop: Hop) -> str:
    return f"{MARKS.get(hop.state, '-'):<5} {hop.hop:<14} {hop.evidence}"


def explanations(
    topology: Topology, asked: t.Iterable[Question], evidence: t.Mapping[str, Found]
) -> dict[str, Explanation]:
    """Explain each way by its name.

    evidence holds by host probes (results of reachability), routes and doors (of path_info, the
    doors by the name of their way). What is missing makes hops unknown.
    """
    every = list(asked)
    found: dict[str, Explanation] = {}
    # Those that lead to others come last: they are explained by them.
    for each in sorted(every, key=lambda question: bool(question.behind)):
        behind = [found[name] for name in each.behind if name in found]
        found[each.name] = explanation(Case.of(topology, each, evidence, behind))
    return {each.name: found[each.name] for each in every}
