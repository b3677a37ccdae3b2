# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gatekeeper as the steps ask it."""

from __future__ import annotations

import typing as t

from .._guard.evaluate import evaluate
from .._guard.reading import read_gatekeeper
from .._guard.values import CLOSE, Gatekeeper, Request, Rule
from .._guard.values import Verdict as Decided
from .._url_map.paths import normalise
from .decisions import Guard, Verdict
from .question import Question

NOBODY = "0.0.0.0"  # an address in no range but that of all


def guard_of(declared: t.Any, files: t.Mapping[str, str] | None = None) -> Guard | None:
    """Return what decides by a declared gatekeeper; None if there is none.

    files has the text of each file of ranges. A ValueError names all that is wrong.
    """
    if not declared:
        return None
    gatekeeper = read_gatekeeper(declared, files=files)

    def judge(question: Question) -> Verdict:
        path = normalise(question.target) or question.path
        client = question.client or NOBODY
        asked = Request(client, path, question.method, question.headers)
        return _verdict(gatekeeper, evaluate(gatekeeper, asked))

    return judge


def _verdict(gatekeeper: Gatekeeper, found: Decided) -> Verdict:
    rules = {rule.name: rule for rule in (*gatekeeper.rules, gatekeeper.default)}
    return Verdict(found.rule, found.action, found.would, _told(rules[found.rule], found))


def _told(rule: Rule, found: Decided) -> str:
    """Return what a rule says besides its action: its rate, its status, or where it redirects."""
    words = [f"priority {rule.priority}"] if rule.priority else []
    if rule.limit:
        words.append(f"{rule.limit.per_minute} requests a minute by {rule.limit.key}")
    if found.status:
        closes = found.status == CLOSE
        words.append("closes the connection" if closes else f"status {found.status}")
    words += [f"to {found.url}"] if found.url else []
    return ", ".join(words)
