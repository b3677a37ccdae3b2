# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether the rules let VMs use their way to packages and images."""

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
from .ways import EXTERNAL, NAT, ONLY_GOOGLE, Way, default_route, google_ranges, outward

BEST_FIRST = (OPEN, UNDECIDED, CLOSED)


def egress_findings(comparison: Comparison, ways_out: dict[str, Way]) -> t.Iterator[Finding]:
    """Yield findings about VMs that have a way out, as ways() returns it, and may not use it."""
    attachments = {name: outward(comparison.attachments[name]) for name in ways_out}
    https, http, google = (
        Inquiry(comparison, EGRESS, port, attachments) for port in (443, 80, 443)
    )
    for name, way in ways_out.items():
        if way.kind == ONLY_GOOGLE:
            google.ask(name, _best_google_range(google, name))
        elif way.kind in (EXTERNAL, NAT):
            https.ask(name, INTERNET)
    closed = {name for names in https.not_open.values() for name in names}
    for name, way in ways_out.items():
        if way.kind in (EXTERNAL, NAT) and name not in closed:
            http.ask(name, INTERNET)
    yield from _findings(https, "way-blocked")
    yield from _findings(http, "way-http-blocked", "; many package sources use http")
    for not_open, names in google.not_open.items():
        if any(_reaches_internet(google, name) for name in names):
            text = _explanation(google, not_open)
            text += "; whether what is open is Google's too is not known"
            yield Finding("way-undecided", listing(names), text, rules=not_open.answer.rules)
        else:
            yield _finding(google, not_open, names, "way-blocked")


def _best_google_range(inquiry: Inquiry, name: str) -> list[Span]:
    """Return the range of Google's services that the rules open to a VM, or else the first."""
    attachment = inquiry.attachments[name]
    answers = inquiry.comparison.judge.answers(attachment, EGRESS, inquiry.service)

    def worst(addresses: list[Span]) -> int:
        pieces = answers.pieces_in(addresses)
        return max(BEST_FIRST.index(answer.state) for _span, answer in pieces)

    ranges = google_ranges(inquiry.comparison, attachment)
    return min((spans([each]) for each in ranges), key=worst)


def _reaches_internet(inquiry: Inquiry, name: str) -> bool:
    """Tell whether a VM reaches any public addresses, because some of them may be Google's."""
    attachment = inquiry.attachments[name]
    answers = inquiry.comparison.judge.answers(attachment, EGRESS, inquiry.service)
    some = any(answer.state == OPEN for _span, answer in answers.pieces_in(INTERNET))
    return some and default_route(inquiry.comparison, attachment) is not None


def _findings(inquiry: Inquiry, kind: str, why: str = "") -> t.Iterator[Finding]:
    for not_open, names in inquiry.not_open.items():
        yield _finding(inquiry, not_open, names, kind, why)


def _finding(
    inquiry: Inquiry, not_open: NotOpen, names: list[str], kind: str, why: str = ""
) -> Finding:
    text, rules = _explanation(inquiry, not_open), not_open.answer.rules
    if not_open.answer.state == UNDECIDED:
        return Finding("way-undecided", listing(names), text, rules=rules)
    command = inquiry.opening_command("packages", not_open, names)
    return Finding(kind, listing(names), text + why, command, rules)


def _explanation(inquiry: Inquiry, not_open: NotOpen) -> str:
    addresses = as_text(not_open.addresses)
    return f"to {addresses} on {inquiry.service} it is {reason_for(not_open.answer)}"
