# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain connections hop by hop, and name the first hop that fails."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from . import hops_at_target as target
from . import hops_between as between
from .case import FAILED, OK, Answers, Case, Hop
from .questions import Question

Explanation = dict[str, t.Any]
MARKS = {OK: "ok", FAILED: "FAIL"}


def explanations(
    topology: Topology, questions: t.Iterable[Question], answers: Answers
) -> dict[str, Explanation]:
    """Return the explanation of each question, by the question's name.

    answers: by host its `probes` (results of the module reachability), its `routes` and its `doors`
    (both of path_info; the doors by the name of their question). Hops without answers are unknown.
    """
    every = list(questions)
    explained: dict[str, Explanation] = {}
    # What is behind a load balancer comes first, because it is part of the other explanations.
    for question in sorted(every, key=lambda question: bool(question.behind)):
        behind = [explained[name] for name in question.behind if name in explained]
        explained[question.name] = explanation(Case.of(topology, question, answers, behind))
    return {question.name: explained[question.name] for question in every}


def explanation(case: Case) -> Explanation:
    """Return what the filter explanations documents: the hops, and the first that fails as blame.

    Without a hop that fails, `blame`, `evidence` and `remedy` are empty.
    """
    hops = judge_hops(case)
    failed = next((hop for hop in hops if hop.state == FAILED), None)
    name = f"{case.question.name} ({case.question.protocol})"
    if failed:
        sentence = (
            f"{name} fails at {failed.hop}: {failed.evidence}. Right would be: {failed.remedy}"
        )
    elif not case.probe:
        sentence = f"{name} cannot be judged: {case.source.name} did not probe"
    elif not case.question.expect:
        sentence = f"{name} is not decided: {hops[0].evidence}"
    else:
        sentence = f"{name} works"
    return {
        "name": case.question.name,
        "blame": failed.hop if failed else "",
        "evidence": failed.evidence if failed else "",
        "remedy": failed.remedy if failed else "",
        "sentence": sentence,
        "hops": [vars(hop) for hop in hops],
        "lines": [sentence, *map(_line, hops)],
    }


def judge_hops(case: Case) -> list[Hop]:
    """Return the hops in the order in which a connection meets them."""
    hops = [between.declaration(case), between.route(case), between.rule(case)]
    if not case.admitted_by and not case.connected:
        # The port is closed, and may or has to be. The hops behind the declaration do not matter.
        return [hops[0], between.tcp(case)]
    hops += [target.firewall(case), target.container(case), target.listener(case)]
    hops += [between.way_back(case), between.tcp(case)]
    if case.question.behind:
        hops.append(target.behind(case))
    return [*hops, target.greeting(case)]


def _line(hop: Hop) -> str:
    return f"{MARKS.get(hop.state, '-'):<5} {hop.hop:<14} {hop.evidence}"
