# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall rules are for a VM, and in which order they are asked. No Ansible, no I/O.

The order is that of the cloud: hierarchical policies, those of the system, then VPC firewall rules
before or after the network's own policies, as the network says.
"""

from __future__ import annotations

import bisect
import typing as t

from ..._values.addresses import IPv4Network
from ..._values.ranges import Span, common, covers, minus, spans, union
from ..project.rule_values import (
    ALL_PROTOCOLS,
    DENY,
    GLOBAL_POLICY,
    HIERARCHICAL_POLICY,
    LAST_PORT,
    REGIONAL_POLICY,
    SYSTEM_POLICIES,
    UNREAD_RULES,
    Rule,
    Selector,
    Service,
)
from ..project.values import Instance, Nic, Project
from .addresses import ALL_ADDRESSES, PUBLIC

OTHER_PROTOCOLS = "other protocols"
PUBLIC_ONLY = {"countries", "threat lists"}  # they hold no private addresses


class Attachment(t.NamedTuple):
    """A VM at one of its networks: what rules are for."""

    instance: Instance
    nic: Nic


class AppliedRule(t.NamedTuple):
    """A rule that is for a VM, surely or perhaps."""

    rule: Rule
    sure: bool


Stages = tuple[tuple[AppliedRule, ...], ...]  # VPC rules are one, each policy is one, in order


def ordered_rules(project: Project, network: str, region: str, direction: str) -> list[list[Rule]]:
    """Return the rules that are enforced in a network and region; they may be for some VMs only."""

    def policies(*kinds: str) -> list[list[Rule]]:
        found = [policy for kind in kinds for policy in known if policy.kind == kind]
        # Hierarchical ones have no priority among them: they stand in their order.
        if HIERARCHICAL_POLICY not in kinds:
            found.sort(key=lambda policy: (kinds.index(policy.kind), policy.priority))
        return [list(policy.rules) for policy in found]

    known = project.policies.get((network, region), ())
    rules = project.firewalls.get(network, ())
    firewalls = [sorted(rules, key=lambda rule: (rule.priority, rule.action != DENY))]
    mine = policies(GLOBAL_POLICY, REGIONAL_POLICY)
    before = network in project.networks and project.networks[network].policies_first
    mine = mine + firewalls if before else firewalls + mine
    unread = _unread(project, network, region, direction)
    stages = [unread, *policies(HIERARCHICAL_POLICY), *policies(*SYSTEM_POLICIES), *mine]
    return [
        [rule for rule in stage if rule.direction == direction and not rule.disabled]
        for stage in stages
    ]


def _unread(project: Project, network: str, region: str, direction: str) -> list[Rule]:
    """Return rules that stand for those that are not in the document; they decide nothing."""
    name = network.rpartition("/")[2]
    texts = []
    if project.lacks("firewalls"):
        texts.append("the VPC firewall rules, which could not be read")
    if network not in project.networks:
        texts.append(f"the rules of {name}, which is not in the document")
    if (network, region) not in project.policies:
        texts.append(f"the policies of {name} in {region}, which could not be read")
    kinds = (HIERARCHICAL_POLICY, *SYSTEM_POLICIES, GLOBAL_POLICY, REGIONAL_POLICY)
    for policy in project.policies.get((network, region), ()):
        if policy.kind not in kinds:
            texts.append(f"the policy {policy.name}, whose type {policy.kind} is not known here")
    services, ends = (Service(ALL_PROTOCOLS),), Selector()
    return [
        Rule(UNREAD_RULES, "", text, direction, 0, "unknown", False, services, ends, ends)
        for text in texts
    ]


def apply_rule(rule: Rule, attachment: Attachment) -> AppliedRule | None:
    """Return the rule if it is for this VM, or may be."""
    instance, nic = attachment
    if rule.target_networks and nic.network not in rule.target_networks:
        return None
    if (rule.target_tags or rule.target_accounts) and not (
        rule.target_tags & instance.tags or rule.target_accounts & instance.accounts
    ):
        return None
    sure = perhaps = rule.local.unrestricted and not rule.local.network_context
    if not sure:
        own = spans([IPv4Network(nic.address)]) if nic.address else []
        sure, perhaps = (covers(runs, own) for runs in resolve_addresses(rule.local))
    known = not rule.target_secure_tags and rule.kind != UNREAD_RULES
    return AppliedRule(rule, sure and known) if sure or perhaps else None


def resolve_addresses(
    ends: Selector, owned: t.Iterable[IPv4Network] = (), all_known: bool = True
) -> tuple[list[Span], list[Span]]:
    """Return the addresses that are surely meant, and those of which only the cloud knows.

    owned are the addresses of the VMs with the tags and accounts; all_known if there are no more.
    """
    sure = ALL_ADDRESSES if ends.unrestricted else spans([*ends.cidrs, *owned])
    perhaps: list[Span] = []
    if ends.network_context:
        perhaps = common(sure, PUBLIC) if ends.network_context == "INTERNET" else sure
        sure = []
    if ends.unresolved:
        public = ends.network_context == "INTERNET" or PUBLIC_ONLY.issuperset(ends.unresolved)
        perhaps = union(perhaps, PUBLIC if public else ALL_ADDRESSES)
    if (ends.tags or ends.accounts) and not all_known:
        perhaps = ALL_ADDRESSES
    return sure, minus(perhaps, sure)


def rules_for_service(stages: Stages, service: Service) -> Stages:
    """Return the rules that mean this service; it is one port, or ports none of them divides."""
    return tuple(tuple(e for e in stage if _matches_service(e.rule, service)) for stage in stages)


def _matches_service(rule: Rule, service: Service) -> bool:
    return any(
        each.protocol in (ALL_PROTOCOLS, service.protocol)
        and each.first <= service.first
        and service.last <= each.last
        for each in rule.services
    )


def rules_by_service(
    stages: Stages, more: t.Iterable[Service] = ()
) -> t.Iterator[tuple[Service, Stages]]:
    """Yield all services, divided where a rule or one of more begins or ends, and their rules.

    Protocols that nobody names are one.
    """
    entries = [(at, e) for at, stage in enumerate(stages) for e in enumerate(stage)]
    named = [s for _at, (_n, e) in entries for s in e.rule.services] + list(more)
    for protocol in [
        *dict.fromkeys(s.protocol for s in named if s.protocol != ALL_PROTOCOLS),
        OTHER_PROTOCOLS,
    ]:
        own = [
            (service, (at, number))
            for at, (number, e) in entries
            for service in e.rule.services
            if service.protocol in (ALL_PROTOCOLS, protocol)
        ]
        extra = [service for service in more if service.protocol == protocol]
        for service, places in _sweep_ports(protocol, own, extra):
            found: list[list[AppliedRule]] = [[] for _stage in stages]
            for at, number in places:
                found[at].append(stages[at][number])
            yield service, tuple(map(tuple, found))


def _sweep_ports(
    protocol: str, own: list[tuple[Service, tuple[int, int]]], extra: list[Service]
) -> t.Iterator[tuple[Service, list[tuple[int, int]]]]:
    """Go through the ports from the first to the last and keep those rules that mean them."""
    begins: dict[int, list[tuple[int, int]]] = {0: []}
    ends: dict[int, list[tuple[int, int]]] = {}
    for service, place in own:
        begins.setdefault(service.first, []).append(place)
        ends.setdefault(service.last + 1, []).append(place)
    marks = {*begins, *ends, LAST_PORT + 1}
    marks |= {mark for service in extra for mark in (service.first, service.last + 1)}
    live: list[tuple[int, int]] = []
    ordered = sorted(marks)
    for first, following in zip(ordered, ordered[1:]):
        for place in ends.get(first, ()):
            live.remove(place)
        for place in begins.get(first, ()):
            bisect.insort(live, place)
        yield Service(protocol, first, following - 1), list(dict.fromkeys(live))
