# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the rules that admit what is not declared."""

from __future__ import annotations

import typing as t

from ..._values.entries import listing
from ..._values.ranges import common, spans
from ..project.rule_values import Rule, Service
from ..rules.addresses import as_text
from .admitted import BY_ROUTE, NEEDED, Admission, Admitted, admitted
from .comparison import Comparison
from .finding import FINDINGS, Finding
from .narrow import narrowing_commands, who_decides

SHOWN = 4  # admissions that an explanation lists


def excess_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about rules that admit more than is declared, or that may do so."""
    found = admitted(comparison)
    every = dict.fromkeys(rules for _kind, rules in found)
    commands = {rules: _commands(comparison, rules, found) for rules in every}
    for (kind, rules), admissions in found.items():
        if kind == NEEDED:
            continue
        text, name = _list_admissions(comparison, kind, admissions), listing(map(str, rules))
        if kind == "excess-undecided":
            text = f"whether it is open cannot be decided: {text}"
            yield Finding(kind, name, text, rules=rules)
        elif kind == BY_ROUTE:
            text = f"admits {text}; {_possible_routes(comparison, admissions)}"
            yield Finding("excess-undecided", name, text, rules=rules)
        else:
            text = f"admits {text}; that is not declared{who_decides(comparison, rules)}"
            first = _most_severe(rules, found)
            if commands[rules] and kind != first:
                text += f"; the command of the finding {first} fixes this too"
            yield Finding(kind, name, text, commands[rules] if kind == first else "", rules)


def _possible_routes(comparison: Comparison, admissions: t.Iterable[Admission]) -> str:
    """Name the routes that packets may come by although no peering leads there."""
    found: dict[str, None] = {}
    for admission in admissions:
        for route in comparison.project.bypass_routes(admission.network):
            if common(admission.sources, spans([route.destination])):
                found[f"route {route.name} to {route.next_hop}"] = None
        found[comparison.project.unseen_routes(admission.network)] = None
    ways = listing(filter(None, found))
    return f"no peering leads there, so whether anything comes is up to {ways}"


def _most_severe(rules: tuple[Rule, ...], found: Admitted) -> str:
    """Return the id of the most severe finding about these rules; it shows their commands."""
    return next((kind for kind in FINDINGS if (kind, rules) in found), "excess-undecided")


def _commands(comparison: Comparison, rules: tuple[Rule, ...], found: Admitted) -> str:
    """Return the commands that narrow a rule, once for all findings about it."""
    if len(rules) > 1 or who_decides(comparison, rules):
        return ""
    first = _most_severe(rules, found)
    if first == "excess-undecided":
        return ""
    region = next(iter(found[first, rules])).region
    return narrowing_commands(comparison, rules[0], region, found.get((NEEDED, rules), {}))


def _list_admissions(
    comparison: Comparison, kind: str, admissions: dict[Admission, list[Service]]
) -> str:
    """Return the first admissions as text, and how many more there are."""
    shown = [_admission_text(comparison, kind, *each) for each in list(admissions.items())[:SHOWN]]
    left = len(admissions) - SHOWN
    return "; ".join(shown) + (f"; and {left} more such parts" if left > 0 else "")


def _admission_text(
    comparison: Comparison, kind: str, admission: Admission, services: list[Service]
) -> str:
    """Return who gets in to what, such as "10.0.0.0/24 to tcp:22 on db1"."""
    who = as_text(admission.sources)
    if kind == "excess-nobody":
        who = "the rest of the network that the flow comes from, where no VM is now,"
    elif kind == "excess-neighbours":
        there = listing(comparison.vms_within(admission.sources)) or "not all known"
        who = f"the rest of the network that the flow comes from (VMs there: {there})"
    return f"{who} to {listing(merged_services(services))} on {listing(admission.hosts)}"


def merged_services(services: list[Service]) -> list[str]:
    """Return services as text, adjacent ports as one: tcp:1-5 and tcp:6 are "tcp:1-6"."""
    found: list[Service] = []
    for service in services:
        last = found[-1] if found else None
        if last and last.protocol == service.protocol and last.last + 1 == service.first:
            found[-1] = Service(last.protocol, last.first, service.last)
        else:
            found.append(service)
    return list(map(str, found))
