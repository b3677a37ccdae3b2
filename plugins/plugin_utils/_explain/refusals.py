# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find refusals of which nobody knows yet whether a rule refuses, or only nobody listens."""

from __future__ import annotations

import typing as t

from ...module_utils._probe.target import NO_ROUTE, REFUSED, TIMEOUT
from ...module_utils._topology.model import Topology
from .._derive.probe_name import ProbeName
from .questions import Question, read_ends

UNHEARD = (REFUSED, TIMEOUT, NO_ROUTE)  # in these states of a probe nobody has answered


def unproved_refusals(results: t.Iterable[t.Mapping[str, t.Any]]) -> list[ProbeName]:
    """Return the connections that have to be closed, and were refused at ports nobody found open.

    Where another source has found the port open, a rule of the host itself refuses.
    """
    every = [(ProbeName.parse(each["name"]), each) for each in results]
    listened = {name.destination for name, each in every if each.get("state") not in UNHEARD}
    return [
        name
        for name, each in every
        if (each.get("expect"), each.get("state")) == ("closed", REFUSED)
        and name.destination not in listened
    ]


def refused_questions(
    topology: Topology, results: t.Iterable[t.Mapping[str, t.Any]], limit: int
) -> list[Question]:
    """Return the questions about unproved refusals, up to a limit."""
    names = unproved_refusals(results)[:limit]
    return [Question.of(topology, *read_ends(topology, str(name))) for name in names]
