# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rules admit to the hosts of the inventory, and whether it is declared."""

from __future__ import annotations

import typing as t

from ..._values.ranges import Span, common, minus, spans, union
from ..project.rule_values import DENY, INGRESS, Rule, Service
from ..rules.addresses import ALL_ADDRESSES, Spans
from ..rules.answers import CLOSED, OPEN, Answers
from ..rules.stages import Stages, rules_by_service
from .comparison import Comparison

NEEDED = "needed"  # declared: it has to stay open when the rule is deleted
BY_ROUTE = "by route"  # not declared, from a network that only a route (a VPN) may connect
Names = tuple[str, ...]  # of hosts, or of the sources of flows
Topic = tuple[str, tuple[Rule, ...]]  # a finding's id, NEEDED or BY_ROUTE; the rules at work


class Admission(t.NamedTuple):
    """Addresses that get in, and the hosts of one network and region that they get in to."""

    sources: Spans
    hosts: Names
    network: str  # by reference
    region: str


Admitted = dict[Topic, dict[Admission, list[Service]]]


class HostGroup(t.NamedTuple):
    """What hosts have in common that are judged as one: the same rules and the same flows."""

    network: str  # by reference
    region: str
    stages: Stages
    sources: tuple[tuple[int, Names], ...]  # the declared sources, by port


def admitted(comparison: Comparison) -> Admitted:
    """Return what is open, and what may be open, by the finding that it belongs to.

    Example: {("excess", (ssh,)): {Admission(((0, 4294967295),), ("db1",), ...): [tcp:22]}}
    """
    found: Admitted = {}
    for group, names in _host_groups(comparison).items():
        _add(comparison, group, tuple(names), found)
    return found


def _host_groups(comparison: Comparison) -> dict[HostGroup, list[str]]:
    declared: dict[str, dict[int, list[str]]] = {}
    for (name, port), flows in comparison.topology.flows_by_port.items():
        declared.setdefault(name, {}).setdefault(port, []).extend(flows)
    found: dict[HostGroup, list[str]] = {}
    for name, attachment in comparison.attachments.items():
        own = declared.get(name, {})
        for entry in comparison.topology.management:
            own.setdefault(entry.port, []).append(str(entry.source))
        sources = tuple(sorted((port, tuple(names)) for port, names in own.items()))
        stages = comparison.judge.stages_for(attachment, INGRESS)
        place = (attachment.nic.network, attachment.instance.region)
        found.setdefault(HostGroup(*place, stages, sources), []).append(name)
    return found


def _add(comparison: Comparison, group: HostGroup, hosts: Names, found: Admitted) -> None:
    """Add what is open at these hosts. Services with the same answers are divided once."""
    sources_by_port = dict(group.sources)
    declared = [Service("tcp", port, port) for port in sources_by_port]
    known: dict[tuple[int, Names], list[tuple[Topic, Spans]]] = {}
    for service, stages in rules_by_service(group.stages, declared):
        if all(each.rule.action == DENY for stage in stages for each in stage):
            continue  # nothing there opens anything
        sources = sources_by_port.get(service.first, ()) if service in declared else ()
        answers = comparison.judge.evaluate(stages, INGRESS, group.network)
        if (id(answers), sources) not in known:
            known[id(answers), sources] = _divided(comparison, group.network, answers, sources)
        for (kind, rules), addresses in known[id(answers), sources]:
            if kind == "excess" and service.protocol == "icmp":
                kind = "excess-ping"
            admission = Admission(addresses, hosts, group.network, group.region)
            found.setdefault((kind, rules), {}).setdefault(admission, []).append(service)


def _divided(
    comparison: Comparison, network: str, answers: Answers, sources: Names
) -> list[tuple[Topic, Spans]]:
    """Divide the addresses that are not closed by what is declared of them, and by the rules."""
    found: dict[Topic, list[Span]] = {}
    for kind, area in _areas(comparison, network.rpartition("/")[2], sources).items():
        for span, answer in answers.pieces_in(area):
            if answer.state == OPEN:
                found.setdefault((kind, answer.rules), []).append(span)
            elif answer.state != CLOSED and kind != NEEDED:
                found.setdefault(("excess-undecided", answer.undecided_by), []).append(span)
    divided = []
    for (kind, rules), addresses in found.items():
        merged = union([], addresses)
        if kind == "excess-neighbours" and not _may_have_vms(comparison, merged):
            kind = "excess-nobody"
        divided.append(((kind, rules), tuple(merged)))
    return divided


def _areas(comparison: Comparison, network: str, sources: Names) -> dict[str, list[Span]]:
    """Return all addresses that may come to a network, by what is declared of them."""
    topology = comparison.topology
    by_route = comparison.sources_by_route(network)
    arriving = minus(ALL_ADDRESSES, comparison.impossible_sources(network))
    declared: list[Span] = []
    neighbours: list[Span] = []  # the whole networks of the declared sources
    for source in sources:
        declared = union(declared, topology.addresses(source))
        near = [name for name in topology.networks_of(source) if name]
        cidrs = (cidr for name in near for cidr in topology.networks[name].cidrs)
        neighbours = union(neighbours, spans(cidrs))
    known = union(declared, neighbours)
    return {
        NEEDED: common(declared, arriving),
        "excess-neighbours": common(minus(neighbours, declared), arriving),
        "excess": minus(minus(arriving, by_route), known),
        BY_ROUTE: minus(by_route, known),
    }


def _may_have_vms(comparison: Comparison, addresses: list[Span]) -> bool:
    """Tell whether a VM has one of these addresses, which is not known if VMs were not read."""
    return comparison.project.lacks("instances") or bool(comparison.vms_within(addresses))
