# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain what each load balancer would do with one request."""

from __future__ import annotations

import typing as t

from . import steps_of_connection as connection
from . import steps_of_rules as rules
from .balancer import Balancer
from .case import Case, Step
from .question import Question
from .steps_of_pools import route

# In the order in which nginx takes them.
STEPS: tuple[t.Callable[[Case], list[Step]], ...] = (
    connection.listener,
    connection.certificate,
    connection.name,
    connection.admission,
    rules.challenge,
    rules.ban,
    rules.maintenance,
    rules.guard,
    rules.https,
    route,
)


def explain_request(question: Question, balancers: t.Iterable[Balancer]) -> list[str]:
    """Return the lines about a request: for each load balancer a sentence, and a line a step."""
    lines: list[str] = []
    for balancer in balancers:
        taken = taken_steps(question, balancer)
        lines.append(f"{question.told()} on {balancer.name} {taken[-1].outcome}")
        lines += map(_line, taken)
    return lines


def taken_steps(question: Question, balancer: Balancer) -> list[Step]:
    """Return the steps that a request takes, of which the last one has the outcome."""
    case, taken = Case.of(question, balancer), []
    for step in STEPS:
        taken += step(case)
        if taken and taken[-1].outcome:
            break
    return taken


def _line(step: Step) -> str:
    mark = "FAIL" if step.refused else "ok"
    return f"{mark:<5} {step.name:<14} {step.evidence}"
