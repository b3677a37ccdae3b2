# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what is open and not declared, and the rule that opens it. No Ansible, no I/O.

This module util is private to the collection.
"""

from __future__ import annotations

import typing as t

from ._gcp_answers import CLOSED, OPEN, Answers
from ._gcp_commands import Opening
from ._gcp_finding import Finding
from ._gcp_rule_values import DENY, HIERARCHY, INGRESS, Rule, Service
from ._gcp_site import Site, asked, said
from ._gcp_stages import EVERYWHERE, Stages, cells
from ._topology_entries import listing
from ._topology_ranges import Span, common, minus, spans, union
from ._topology_values import IPv4Network

NEEDED = "needed"  # what is open and declared: it has to stay when a rule goes
SHOWN = 4  # parts of what a rule admits
Runs = tuple[Span, ...]
Names = tuple[str, ...]
Doors = tuple[tuple[int, Names], ...]  # who may come, by port
Key = tuple[str, tuple[Rule, ...]]  # the id of a finding, and the rules that it is about


class Alike(t.NamedTuple):
    """Hosts that are judged as one: they have the same rules and the same flows."""

    network: str
    region: str
    stages: Stages
    doors: Doors


class Part(t.NamedTuple):
    """Addresses that come in at some services of some hosts."""

    runs: Runs
    names: Names
    network: str
    region: str


Found = dict[Key, dict[Part, list[Service]]]


def excess_findings(site: Site) -> t.Iterator[Finding]:
    found: Found = {}
    for alike, names in _groups(site).items():
        _look(site, alike, tuple(names), found)
    for (kind, rules), parts in found.items():
        if kind == NEEDED:
            continue
        shown = [_sentence(site, kind, *each) for each in list(parts.items())[:SHOWN]]
        left = len(parts) - SHOWN
        text = "; ".join(shown) + (f"; and {left} more such parts" if left > 0 else "")
        name = listing(map(str, rules))
        if kind == "excess-undecided":
            text = f"whether it is open can not be decided: {text}"
            yield Finding(kind, name, text)
        else:
            region = list(parts)[0].region
            command = _narrow(site, rules[0], region, found) if len(rules) == 1 else ""
            text = f"admits {text}; that is not declared{_decider(site, rules)}"
            yield Finding(kind, name, text, command)


def _sentence(site: Site, kind: str, part: Part, services: list[Service]) -> str:
    who = said(part.runs)
    if kind == "excess-nobody":
        who = "the rest of the network that the flow comes from, where no VM is now,"
    elif kind == "excess-neighbours":
        there = listing(site.vms_at(part.runs)) or "not all known"
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


def _groups(site: Site) -> dict[Alike, list[str]]:
    doors: dict[str, dict[int, list[str]]] = {}
    for (name, port), door in site.topology.doors.items():
        doors.setdefault(name, {}).setdefault(port, []).extend(door)
    found: dict[Alike, list[str]] = {}
    for name, seat in site.seats.items():
        own = doors.get(name, {})
        for entry in site.topology.management:
            own.setdefault(entry.port, []).append(str(entry.source))
        fixed = tuple(sorted((port, tuple(who)) for port, who in own.items()))
        stages = site.judge.applying(seat, INGRESS)
        alike = Alike(seat.nic.network, seat.instance.region, stages, fixed)
        found.setdefault(alike, []).append(name)
    return found


def _look(site: Site, alike: Alike, names: Names, found: Found) -> None:
    """Go through all services of these hosts; equal answers are looked at once."""
    doors = dict(alike.doors)
    extra = [Service("tcp", port, port) for port in doors]
    known: dict[tuple[int, Names], list[tuple[Key, Runs]]] = {}
    for service, stages in cells(alike.stages, extra):
        if all(each.rule.action == DENY for stage in stages for each in stage):
            continue  # nothing there opens anything
        who = doors.get(service.first, ()) if service in extra else ()
        answers = site.judge.judged(stages, INGRESS, alike.network)
        if (id(answers), who) not in known:
            known[id(answers), who] = _parts(site, alike.network, answers, who)
        for (kind, rules), runs in known[id(answers), who]:
            if kind == "excess" and service.protocol == "icmp":
                kind = "excess-ping"
            part = Part(runs, names, alike.network, alike.region)
            found.setdefault((kind, rules), {}).setdefault(part, []).append(service)


def _parts(site: Site, network: str, answers: Answers, who: Names) -> list[tuple[Key, Runs]]:
    """Return what is not closed, by the rules that make it so, divided into declared and not."""
    arriving = minus(EVERYWHERE, site.never_arriving(network.rpartition("/")[2]))
    wanted: list[Span] = []
    around: list[Span] = []
    for source in who:
        wanted = union(wanted, site.topology.addresses(source))
        near = [name for name in site.topology.networks_of(source) if name]
        around = union(around, spans(c for n in near for c in site.topology.networks[n].cidrs))
    areas = {
        NEEDED: common(wanted, arriving),
        "excess-neighbours": common(minus(around, wanted), arriving),
        "excess": minus(arriving, union(wanted, around)),
    }
    found: dict[Key, list[Span]] = {}
    for kind, area in areas.items():
        for span, answer in answers.over(area):
            if answer.state == OPEN:
                found.setdefault((kind, answer.rules), []).append(span)
            elif answer.state != CLOSED and kind != NEEDED:
                found.setdefault(("excess-undecided", answer.doubts), []).append(span)
    return [(_graded(site, key, runs), tuple(union([], runs))) for key, runs in found.items()]


def _graded(site: Site, key: Key, runs: list[Span]) -> Key:
    """Tell neighbours that are there from addresses that no VM has, if all VMs are known."""
    kind, rules = key
    if kind == "excess-neighbours" and not site.project.lacks("instances"):
        kind = kind if site.vms_at(union([], runs)) else "excess-nobody"
    return kind, rules


def _decider(site: Site, rules: tuple[Rule, ...]) -> str:
    """Say who has to decide, where a rule is not for the declared networks alone."""
    if any(rule.kind == HIERARCHY for rule in rules):
        return "; whoever administers the organization's policies has to decide on it"
    declared = {network.ref for network in site.networks.values()}
    places = {network for rule in rules for network in _places(site, rule)} - declared
    if not places:
        return ""
    others = listing(sorted(network.rpartition("/")[2] for network in places))
    return f"; the policy is for {others} too, which is not declared: who has that has to decide"


def _places(site: Site, rule: Rule) -> t.Iterable[str]:
    """Return the networks that a rule is for, as far as VMs are in them."""
    return rule.networks or [
        network
        for (network, _region), policies in site.project.policies.items()
        if any((policy.kind, policy.name) == (rule.kind, rule.policy) for policy in policies)
    ]


def _narrow(site: Site, rule: Rule, region: str, found: Found) -> str:
    """Return what admits the declared part of what a rule admits, and then deletes it."""
    if rule.ipv6 or _decider(site, (rule,)):
        return ""  # others would lose what it is for
    lines = []
    for part, services in found.get((NEEDED, (rule,)), {}).items():
        local = spans(IPv4Network(site.seats[name].nic.address) for name in part.names)
        name = f"{rule.name or rule.policy} declared"
        opening = Opening(name, INGRESS, part.network, tuple(services), asked(part.runs), local)
        lines.append(site.gcloud.admit(opening, [rule], part.region))
    return "\n".join([*lines, site.gcloud.delete(rule, region)]) if all(lines) else ""
