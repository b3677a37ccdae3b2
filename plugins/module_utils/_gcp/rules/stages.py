# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall rules apply to a VM, and in which order the cloud evaluates them.

The order: hierarchical policies, policies of the system, then the VPC firewall rules before or
after the network's own policies, as the network says.
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

OTHER_PROTOCOLS = "other protocols"  # a service for all protocols that no rule names
PUBLIC_ONLY = {"countries", "threat lists"}  # these hold no private addresses


class Attachment(t.NamedTuple):
    """A VM at one of its network interfaces. Rules apply to an attachment, not to the whole VM."""

    instance: Instance
    nic: Nic


class AppliedRule(t.NamedTuple):
    """A rule that surely applies to a VM, or of which only the cloud knows whether it does."""

    rule: Rule
    sure: bool


# Each stage is one policy, or all VPC firewall rules. Stages and their rules are in the order of
# their evaluation: the first rule that matches decides, and goto_next leads to the next stage.
Stages = tuple[tuple[AppliedRule, ...], ...]
Place = tuple[int, int]  # a rule in stages: the number of its stage, its number there


def ordered_rules(project: Project, network: str, region: str, direction: str) -> list[list[Rule]]:
    """Return the stages of rules for a network and region, whichever VMs they apply to."""

    def policies(*kinds: str) -> list[list[Rule]]:
        found = [policy for kind in kinds for policy in in_effect if policy.kind == kind]
        # Hierarchical policies have no priority: they are in the order of the hierarchy.
        if HIERARCHICAL_POLICY not in kinds:
            found.sort(key=lambda policy: (kinds.index(policy.kind), policy.priority))
        return [list(policy.rules) for policy in found]

    in_effect = project.policies.get((network, region), ())
    rules = project.firewalls.get(network, ())
    vpc_rules = [sorted(rules, key=lambda rule: (rule.priority, rule.action != DENY))]
    own = policies(GLOBAL_POLICY, REGIONAL_POLICY)
    policies_first = network in project.networks and project.networks[network].policies_first
    own = own + vpc_rules if policies_first else vpc_rules + own
    unread = _unread(project, network, region, direction)
    stages = [unread, *policies(HIERARCHICAL_POLICY), *policies(*SYSTEM_POLICIES), *own]
    return [
        [rule for rule in stage if rule.direction == direction and not rule.disabled]
        for stage in stages
    ]


def _unread(project: Project, network: str, region: str, direction: str) -> list[Rule]:
    """Return a rule in place of each group of rules that is not in the document.

    Such a rule leaves everything undecided, and its name says why.
    """
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
    services, everybody = (Service(ALL_PROTOCOLS),), Selector()
    return [
        Rule(UNREAD_RULES, "", text, direction, 0, "unknown", False, services, everybody, everybody)
        for text in texts
    ]


def apply_rule(rule: Rule, attachment: Attachment) -> AppliedRule | None:
    """Return the rule as it applies to a VM; None if it surely does not."""
    instance, nic = attachment
    if rule.target_networks and nic.network not in rule.target_networks:
        return None
    if (rule.target_tags or rule.target_accounts) and not (
        rule.target_tags & instance.tags or rule.target_accounts & instance.accounts
    ):
        return None
    sure = possible = rule.local.unrestricted and not rule.local.network_context
    if not sure:
        own = spans([IPv4Network(nic.address)]) if nic.address else []
        sure, possible = (covers(addresses, own) for addresses in resolve_addresses(rule.local))
    known = not rule.target_secure_tags and not rule.unknown and rule.kind != UNREAD_RULES
    return AppliedRule(rule, sure and known) if sure or possible else None


def resolve_addresses(
    selector: Selector, owned: t.Iterable[IPv4Network] = (), all_known: bool = True
) -> tuple[list[Span], list[Span]]:
    """Return the addresses that a selector surely means, and those that it may mean.

    `owned` are the addresses of VMs with its tags and accounts; all_known is False if there may be
    other VMs with them.
    """
    sure = ALL_ADDRESSES if selector.unrestricted else spans([*selector.cidrs, *owned])
    possible: list[Span] = []
    if selector.network_context:
        possible = common(sure, PUBLIC) if selector.network_context == "INTERNET" else sure
        sure = []
    if selector.unresolved:
        public = selector.network_context == "INTERNET" or PUBLIC_ONLY.issuperset(
            selector.unresolved
        )
        possible = union(possible, PUBLIC if public else ALL_ADDRESSES)
    if (selector.tags or selector.accounts) and not all_known:
        possible = ALL_ADDRESSES
    return sure, minus(possible, sure)


def matching_rules(stages: Stages, service: Service) -> Stages:
    """Return the rules that match a service: one port, or a range that no rule divides."""
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
    """Yield all ports of all protocols as ranges that no rule divides, each with its rules.

    Ranges are divided as well where a service of `more` begins or ends. Example: with one rule for
    tcp:80, these are tcp:0-79, tcp:80, tcp:81-65535 and "other protocols"; only tcp:80 has a rule.
    """
    entries = [
        ((at, number), applied.rule.services)
        for at, stage in enumerate(stages)
        for number, applied in enumerate(stage)
    ]
    named = [service for _place, services in entries for service in services] + list(more)
    protocols = dict.fromkeys(s.protocol for s in named if s.protocol != ALL_PROTOCOLS)
    for protocol in [*protocols, OTHER_PROTOCOLS]:
        own = [
            (service, place)
            for place, services in entries
            for service in services
            if service.protocol in (ALL_PROTOCOLS, protocol)
        ]
        extra = [service for service in more if service.protocol == protocol]
        for service, places in _sweep_ports(protocol, own, extra):
            found: list[list[AppliedRule]] = [[] for _stage in stages]
            for at, number in places:
                found[at].append(stages[at][number])
            yield service, tuple(map(tuple, found))


def _sweep_ports(
    protocol: str, own: list[tuple[Service, Place]], extra: list[Service]
) -> t.Iterator[tuple[Service, list[Place]]]:
    """Yield a protocol's ranges of ports from the first to the last, with the rules in each."""
    begins: dict[int, list[Place]] = {0: []}
    ends: dict[int, list[Place]] = {}
    for service, place in own:
        begins.setdefault(service.first, []).append(place)
        ends.setdefault(service.last + 1, []).append(place)
    marks = {*begins, *ends, LAST_PORT + 1}
    marks |= {mark for service in extra for mark in (service.first, service.last + 1)}
    current: list[Place] = []
    ordered = sorted(marks)
    for first, following in zip(ordered, ordered[1:]):
        for place in ends.get(first, ()):
            current.remove(place)
        for place in begins.get(first, ()):
            bisect.insort(current, place)
        yield Service(protocol, first, following - 1), list(dict.fromkeys(current))
