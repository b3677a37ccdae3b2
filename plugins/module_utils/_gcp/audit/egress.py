# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether the rules let VMs use their way to packages and images. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._values.entries import listing
from ..._values.ranges import Span, spans
from ..project.rule_values import EGRESS
from ..rules.addresses import INTERNET, as_text
from ..rules.answers import CLOSED, OPEN, UNDECIDED
from .comparison import Comparison
from .finding import Finding
from .flows import Inquiry, NotOpen, reason_for
from .ways import EXTERNAL, NAT, ONLY_GOOGLE, Way, default_route, first_interface, google_ranges

BEST_FIRST = (OPEN, UNDECIDED, CLOSED)


def egress_findings(comparison: Comparison, found: dict[str, Way]) -> t.Iterator[Finding]:
    """Name the VMs that have a way, and whose rules do not let them use all of it."""
    attachments = {name: first_interface(comparison.attachments[name]) for name in found}
    https, http, google = (
        Inquiry(comparison, EGRESS, port, attachments) for port in (443, 80, 443)
    )
    for name, way in found.items():
        if way.kind == ONLY_GOOGLE:
            google.ask(name, _best_google_range(google, name))
        elif way.kind in (EXTERNAL, NAT):
            https.ask(name, INTERNET)
    closed = {name for names in https.not_open.values() for name in names}
    for name, way in found.items():
        if way.kind in (EXTERNAL, NAT) and name not in closed:
            http.ask(name, INTERNET)
    yield from _findings(https, "way-blocked")
    yield from _findings(http, "way-http-blocked", "; many package sources are asked by http")
    for blocked, names in google.not_open.items():
        if any(_reaches_internet(google, name) for name in names):
            text = _explanation(google, blocked)
            text += "; whether what is open is Google's too is not known"
            yield Finding("way-undecided", listing(names), text, rules=blocked.answer.rules)
        else:
            yield _finding(google, blocked, names, "way-blocked")


def _best_google_range(inquiry: Inquiry, name: str) -> list[Span]:
    """Return the range for Google's services that the rules rather let a VM reach."""
    attachment = inquiry.attachments[name]
    answers = inquiry.comparison.judge.answers(attachment, EGRESS, inquiry.service)

    def worst(runs: list[Span]) -> int:
        return max(BEST_FIRST.index(answer.state) for _span, answer in answers.pieces_in(runs))

    return min((spans([each]) for each in google_ranges(inquiry.comparison, attachment)), key=worst)


def _reaches_internet(inquiry: Inquiry, name: str) -> bool:
    """Tell whether a VM gets at some public addresses: Google's services have more than these."""
    attachment = inquiry.attachments[name]
    answers = inquiry.comparison.judge.answers(attachment, EGRESS, inquiry.service)
    some = any(answer.state == OPEN for _span, answer in answers.pieces_in(INTERNET))
    return some and default_route(inquiry.comparison, attachment) is not None


def _findings(inquiry: Inquiry, kind: str, why: str = "") -> t.Iterator[Finding]:
    for blocked, names in inquiry.not_open.items():
        yield _finding(inquiry, blocked, names, kind, why)


def _finding(
    inquiry: Inquiry, blocked: NotOpen, names: list[str], kind: str, why: str = ""
) -> Finding:
    text, rules = _explanation(inquiry, blocked), blocked.answer.rules
    if blocked.answer.state == UNDECIDED:
        return Finding("way-undecided", listing(names), text, rules=rules)
    return Finding(
        kind, listing(names), text + why, inquiry.opening_command("packages", blocked, names), rules
    )


def _explanation(inquiry: Inquiry, blocked: NotOpen) -> str:
    return f"to {as_text(blocked.runs)} on {inquiry.service} it is {reason_for(blocked.answer)}"
