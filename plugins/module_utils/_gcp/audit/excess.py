# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what is open and not declared, and the rule that opens it. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._values.entries import listing
from ..._values.ranges import Span, common, minus, spans, union
from ..project.rule_values import DENY, INGRESS, Rule, Service
from ..rules.addresses import ALL_ADDRESSES, as_text
from ..rules.answers import CLOSED, OPEN, Answers
from ..rules.stages import Stages, rules_by_service
from .comparison import Comparison
from .finding import FINDINGS, Finding
from .narrow import Names, Part, Runs, decider, narrow

NEEDED = "needed"  # what is open and declared: it has to stay when a rule goes
BY_ROUTE = "by route"  # what is open to networks that only a route, as to a VPN, may lead to
SHOWN = 4  # parts of what a rule admits
Doors = tuple[tuple[int, Names], ...]  # who may come, by port
Key = tuple[str, tuple[Rule, ...]]  # the id of a finding, and the rules that it is about


class Alike(t.NamedTuple):
    """Hosts that are judged as one: they have the same rules and the same flows."""

    network: str
    region: str
    stages: Stages
    doors: Doors


Found = dict[Key, dict[Part, list[Service]]]


def excess_findings(comparison: Comparison) -> t.Iterator[Finding]:
    found: Found = {}
    for alike, names in _groups(comparison).items():
        _look(comparison, alike, tuple(names), found)
    every = dict.fromkeys(rules for _kind, rules in found)
    commands = {rules: _command(comparison, rules, found) for rules in every}
    for (kind, rules), parts in found.items():
        if kind == NEEDED:
            continue
        text, name = _shown(comparison, kind, parts), listing(map(str, rules))
        if kind == "excess-undecided":
            text = f"whether it is open can not be decided: {text}"
            yield Finding(kind, name, text, rules=rules)
        elif kind == BY_ROUTE:
            text = f"admits {text}; {_up_to(comparison, parts)}"
            yield Finding("excess-undecided", name, text, rules=rules)
        else:
            text = f"admits {text}; that is not declared{decider(comparison, rules)}"
            first = _gravest(rules, found)
            if commands[rules] and kind != first:
                text += f"; the command of its finding {first} mends this too"
            yield Finding(kind, name, text, commands[rules] if kind == first else "", rules)


def _up_to(comparison: Comparison, parts: t.Iterable[Part]) -> str:
    """Name the routes that packets may come by although no peering leads there."""
    found: dict[str, None] = {}
    for part in parts:
        for route in comparison.project.bypass_routes(part.network):
            if common(part.runs, spans([route.destination])):
                found[f"route {route.name} to {route.next_hop}"] = None
        found[comparison.project.unseen_routes(part.network)] = None
    ways = listing(filter(None, found))
    return f"no peering leads there, so whether anything comes is up to {ways}"


def _gravest(rules: tuple[Rule, ...], found: Found) -> str:
    """Return the finding at which the one command for rules stands."""
    return next((kind for kind in FINDINGS if (kind, rules) in found), "excess-undecided")


def _command(comparison: Comparison, rules: tuple[Rule, ...], found: Found) -> str:
    """Return what narrows a rule, once for all that is found of it."""
    if len(rules) > 1 or decider(comparison, rules):
        return ""
    first = _gravest(rules, found)
    if first == "excess-undecided":
        return ""
    region = next(iter(found[first, rules])).region
    return narrow(comparison, rules[0], region, found.get((NEEDED, rules), {}))


def _shown(comparison: Comparison, kind: str, parts: dict[Part, list[Service]]) -> str:
    shown = [_sentence(comparison, kind, *each) for each in list(parts.items())[:SHOWN]]
    left = len(parts) - SHOWN
    return "; ".join(shown) + (f"; and {left} more such parts" if left > 0 else "")


def _sentence(comparison: Comparison, kind: str, part: Part, services: list[Service]) -> str:
    who = as_text(part.runs)
    if kind == "excess-nobody":
        who = "the rest of the network that the flow comes from, where no VM is now,"
    elif kind == "excess-neighbours":
        there = listing(comparison.vms_within(part.runs)) or "not all known"
        who = f"the rest of the network that the flow comes from (VMs there: {there})"
    return f"{who} to {listing(joined(services))} on {listing(part.names)}"


def joined(services: list[Service]) -> list[str]:
    """Return services in words, neighbours as one."""
    found: list[Service] = []
    for service in services:
        last = found[-1] if found else None
        if last and last.protocol == service.protocol and last.last + 1 == service.first:
            found[-1] = Service(last.protocol, last.first, service.last)
        else:
            found.append(service)
    return list(map(str, found))


def _groups(comparison: Comparison) -> dict[Alike, list[str]]:
    doors: dict[str, dict[int, list[str]]] = {}
    for (name, port), flows in comparison.topology.flows_by_port.items():
        doors.setdefault(name, {}).setdefault(port, []).extend(flows)
    found: dict[Alike, list[str]] = {}
    for name, attachment in comparison.attachments.items():
        own = doors.get(name, {})
        for entry in comparison.topology.management:
            own.setdefault(entry.port, []).append(str(entry.source))
        fixed = tuple(sorted((port, tuple(who)) for port, who in own.items()))
        stages = comparison.judge.stages_for(attachment, INGRESS)
        alike = Alike(attachment.nic.network, attachment.instance.region, stages, fixed)
        found.setdefault(alike, []).append(name)
    return found


def _look(comparison: Comparison, alike: Alike, names: Names, found: Found) -> None:
    """Go through all services of these hosts; equal answers are looked at once."""
    doors = dict(alike.doors)
    extra = [Service("tcp", port, port) for port in doors]
    known: dict[tuple[int, Names], list[tuple[Key, Runs]]] = {}
    for service, stages in rules_by_service(alike.stages, extra):
        if all(each.rule.action == DENY for stage in stages for each in stage):
            continue  # nothing there opens anything
        who = doors.get(service.first, ()) if service in extra else ()
        answers = comparison.judge.evaluate(stages, INGRESS, alike.network)
        if (id(answers), who) not in known:
            known[id(answers), who] = _parts(comparison, alike.network, answers, who)
        for (kind, rules), runs in known[id(answers), who]:
            if kind == "excess" and service.protocol == "icmp":
                kind = "excess-ping"
            part = Part(runs, names, alike.network, alike.region)
            found.setdefault((kind, rules), {}).setdefault(part, []).append(service)


def _parts(
    comparison: Comparison, network: str, answers: Answers, who: Names
) -> list[tuple[Key, Runs]]:
    """Return what is not closed, by the rules that make it so, divided into declared and not."""
    name = network.rpartition("/")[2]
    arriving, perhaps = (
        minus(ALL_ADDRESSES, comparison.impossible_sources(name)),
        comparison.sources_by_route(name),
    )
    wanted: list[Span] = []
    around: list[Span] = []
    for source in who:
        wanted = union(wanted, comparison.topology.addresses(source))
        near = [name for name in comparison.topology.networks_of(source) if name]
        around = union(
            around, spans(c for n in near for c in comparison.topology.networks[n].cidrs)
        )
    areas = {
        NEEDED: common(wanted, arriving),
        "excess-neighbours": common(minus(around, wanted), arriving),
        "excess": minus(minus(arriving, perhaps), union(wanted, around)),
        BY_ROUTE: minus(perhaps, union(wanted, around)),
    }
    found: dict[Key, list[Span]] = {}
    for kind, area in areas.items():
        for span, answer in answers.pieces_in(area):
            if answer.state == OPEN:
                found.setdefault((kind, answer.rules), []).append(span)
            elif answer.state != CLOSED and kind != NEEDED:
                found.setdefault(("excess-undecided", answer.undecided_by), []).append(span)
    return [(_graded(comparison, key, runs), tuple(union([], runs))) for key, runs in found.items()]


def _graded(comparison: Comparison, key: Key, runs: list[Span]) -> Key:
    """Tell neighbours that are there from addresses that no VM has, if all VMs are known."""
    kind, rules = key
    if kind == "excess-neighbours" and not comparison.project.lacks("instances"):
        kind = kind if comparison.vms_within(union([], runs)) else "excess-nobody"
    return kind, rules
