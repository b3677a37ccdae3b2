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
from .finding import Finding
from .flows import Look, Shut, because
from .site import Site
from .ways import EXTERNAL, NAT, ONLY_GOOGLE, Way, default_route, google_ranges, outward

BEST_FIRST = (OPEN, UNDECIDED, CLOSED)


def egress_findings(site: Site, found: dict[str, Way]) -> t.Iterator[Finding]:
    """Name the VMs that have a way, and whose rules do not let them use all of it."""
    attachments = {name: outward(site.attachments[name]) for name in found}
    https, http, google = (Look(site, EGRESS, port, attachments) for port in (443, 80, 443))
    for name, way in found.items():
        if way.kind == ONLY_GOOGLE:
            google.at(name, _to_google(google, name))
        elif way.kind in (EXTERNAL, NAT):
            https.at(name, INTERNET)
    closed = {name for names in https.found.values() for name in names}
    for name, way in found.items():
        if way.kind in (EXTERNAL, NAT) and name not in closed:
            http.at(name, INTERNET)
    yield from _findings(https, "way-blocked")
    yield from _findings(http, "way-http-blocked", "; many package sources are asked by http")
    for shut, names in google.found.items():
        if any(_lets_out(google, name) for name in names):
            text = f"{_said(google, shut)}; whether what is open is Google's too is not known"
            yield Finding("way-undecided", listing(names), text, rules=shut.answer.rules)
        else:
            yield _finding(google, shut, names, "way-blocked")


def _to_google(look: Look, name: str) -> list[Span]:
    """Return the range for Google's services that the rules rather let a VM reach."""
    attachment = look.attachments[name]
    answers = look.site.judge.answers(attachment, EGRESS, look.service)

    def worst(runs: list[Span]) -> int:
        return max(BEST_FIRST.index(answer.state) for _span, answer in answers.pieces_in(runs))

    return min((spans([each]) for each in google_ranges(look.site, attachment)), key=worst)


def _lets_out(look: Look, name: str) -> bool:
    """Tell whether a VM gets at some public addresses: Google's services have more than these."""
    attachment = look.attachments[name]
    answers = look.site.judge.answers(attachment, EGRESS, look.service)
    some = any(answer.state == OPEN for _span, answer in answers.pieces_in(INTERNET))
    return some and default_route(look.site, attachment) is not None


def _findings(look: Look, kind: str, why: str = "") -> t.Iterator[Finding]:
    for shut, names in look.found.items():
        yield _finding(look, shut, names, kind, why)


def _finding(look: Look, shut: Shut, names: list[str], kind: str, why: str = "") -> Finding:
    text, rules = _said(look, shut), shut.answer.rules
    if shut.answer.state == UNDECIDED:
        return Finding("way-undecided", listing(names), text, rules=rules)
    return Finding(kind, listing(names), text + why, look.mend("packages", shut, names), rules)


def _said(look: Look, shut: Shut) -> str:
    return f"to {as_text(shut.runs)} on {look.service} it is {because(shut.answer)}"
