# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find firewall rules that decide nothing: no packet meets them, or other rules come first.

Only VPC firewall rules of declared networks are judged. A policy may serve other networks and
projects too.
"""

from __future__ import annotations

import typing as t

from ..._values.entries import listing
from ..._values.ranges import common, covers, minus, spans, union
from ..project.rule_values import ALL_PROTOCOLS, ALLOW, EGRESS, INGRESS, VPC_RULE, Rule
from ..project.values import CloudNetwork
from ..rules.addresses import RESERVED_ADDRESSES, as_text
from ..rules.stages import Stages, apply_rule, rules_by_service
from .comparison import Comparison
from .finding import Finding


class DeadRule(t.NamedTuple):
    """Why a rule decides nothing, and the command that fixes it; None stands for its deletion."""

    id: str  # of the finding
    text: str
    command: str | None = None


def dead_findings(comparison: Comparison, others: t.Sequence[Finding]) -> t.Iterator[Finding]:
    """Yield findings about rules that decide nothing.

    `others` are all other findings: a rule that one of them is about may have to change first.
    """
    if comparison.project.lacks("instances"):
        return  # which VMs a rule applies to is not known
    deciding = _deciding(comparison)
    faulty = {rule for each in others for rule in each.rules}
    # The commands of excess delete these rules. No second command may delete or change them.
    deleted = {
        r for each in others if each.id.startswith("excess") and each.command for r in each.rules
    }
    for network in comparison.cloud_networks.values():
        for rule in comparison.project.firewalls.get(network.ref, ()):
            name = f"{network.name}: {rule}"
            if rule.ipv6 and not rule.disabled:
                yield Finding("rule-ipv6", name, "whom it admits or refuses by IPv6 is not judged")
                continue
            if rule.unknown and not rule.disabled:
                continue  # whatever it decides is undecided
            dead = _never_matches(comparison, network, rule)
            if not dead and rule not in deciding:
                dead = _shadowed(comparison, network, rule, faulty)
            if dead:
                command = dead.command
                command = comparison.gcloud.delete(rule, "") if command is None else command
                yield Finding(dead.id, name, dead.text, "" if rule in deleted else command)


def _never_matches(comparison: Comparison, network: CloudNetwork, rule: Rule) -> DeadRule | None:
    """Say why a rule matches no packet, whatever the other rules are; None if it may match."""
    if rule.disabled:
        return DeadRule("rule-disabled", "is disabled, so it decides nothing")
    if not any(apply_rule(rule, attachment) for attachment in comparison.all_attachments):
        targets = listing(sorted(rule.target_tags | rule.target_accounts))
        missing = targets or "an address in its destinations"
        return DeadRule("rule-no-target", f"no VM of {network.name} has {missing}")
    sure, possible = comparison.judge.remote_addresses(rule, network.ref)
    if not sure and not possible:
        missing = listing(sorted(rule.remote.tags | rule.remote.accounts))
        text = f"no VM of {network.name} has {missing}, and tags do not cross a peering"
        return DeadRule("rule-no-source", text)
    if rule.direction == INGRESS and rule.action == ALLOW:
        return _no_route(comparison, network, rule)
    return None


def _no_route(comparison: Comparison, network: CloudNetwork, rule: Rule) -> DeadRule | None:
    """Name the ranges of a rule from which no packet can come to its network.

    A range that holds other addresses as well is not named.
    """
    never = minus(comparison.impossible_sources(network.name), RESERVED_ADDRESSES)
    lost = [cidr for cidr in rule.sources.cidrs if covers(never, spans([cidr]))]
    if not lost:
        return None
    declared = comparison.topology.networks.values()
    there = [each.name for each in declared if common(spans(each.cidrs), spans(lost))]
    text = f"{as_text(spans(lost))} is {listing(there)}, which is not peered with {network.name};"
    text += " peering is not transitive, so no packet comes from there"
    left = [cidr for cidr in rule.sources.cidrs if cidr not in lost]
    if not left and (rule.sources.tags or rule.sources.accounts):
        return DeadRule("rule-no-route", text, comparison.gcloud.set_sources(rule, ""))
    command = comparison.gcloud.set_sources(rule, ",".join(map(str, left))) if left else None
    return DeadRule("rule-no-route", text, command)


def _deciding(comparison: Comparison) -> set[Rule]:
    """Return all rules that decide for any address, service and VM of the declared networks."""
    found: set[Rule] = set()
    seen: set[tuple] = set()
    declared = {network.ref for network in comparison.cloud_networks.values()}
    for attachment in comparison.all_attachments:
        network = attachment.nic.network
        for direction in (INGRESS, EGRESS):
            stages = comparison.judge.stages_for(attachment, direction)
            if network not in declared or (id(stages), network) in seen:
                continue
            seen.add((id(stages), network))
            for _service, own in rules_by_service(stages):
                # Most rules are soon known to decide somewhere, so most services need no look.
                if not found.issuperset(each.rule for stage in own for each in stage):
                    answers = comparison.judge.evaluate(own, direction, network)
                    found.update(answers.deciding_rules())
    return found


def _shadowed(
    comparison: Comparison, network: CloudNetwork, rule: Rule, faulty: set[Rule]
) -> DeadRule:
    """Name the rules that decide before this one. It may be deleted if they are to stay."""
    before = _shadowing_rules(comparison, network, rule, faulty)
    text = f"never decides: before it comes {listing(map(str, before))}"
    going = [other for other in before if _may_disappear(other, faulty)]
    if not going:
        return DeadRule("rule-shadowed", text)
    which = "that is" if len(going) == len(before) == 1 else f"{listing(map(str, going))} is"
    return DeadRule("rule-shadowed", f"{text}; it decides once {which} gone", "")


def _may_disappear(rule: Rule, faulty: set[Rule]) -> bool:
    """Tell whether a rule is at fault, or belongs to a policy, which others may change."""
    return rule.kind != VPC_RULE or rule in faulty


def _shadowing_rules(
    comparison: Comparison, network: CloudNetwork, rule: Rule, faulty: set[Rule]
) -> list[Rule]:
    """Return the rules that decide in place of this one, at the VMs that it applies to.

    The search ends after the first VM with a rule that may disappear: the finding then has no
    command, whatever the other VMs have.
    """
    addresses = union(*comparison.judge.remote_addresses(rule, network.ref))
    found: dict[Rule, None] = {}
    seen: set[int] = set()
    for attachment in comparison.all_attachments:
        stages = comparison.judge.stages_for(attachment, rule.direction)
        if attachment.nic.network != network.ref or id(stages) in seen:
            continue
        if any(_may_disappear(other, faulty) for other in found):
            break
        seen.add(id(stages))
        for _service, own in rules_by_service(_overlapping_rules(stages, rule)):
            if any(each.rule is rule for stage in own for each in stage):
                answers = comparison.judge.evaluate(own, rule.direction, network.ref)
                for _span, answer in answers.pieces_in(addresses):
                    found.update(dict.fromkeys(answer.rules))
    return list(found)


def _overlapping_rules(stages: Stages, rule: Rule) -> Stages:
    """Return the rules that share a port with this one, which is among them."""
    return tuple(tuple(e for e in stage if _share_a_port(e.rule, rule)) for stage in stages)


def _share_a_port(one: Rule, other: Rule) -> bool:
    return any(
        (ALL_PROTOCOLS in (own.protocol, each.protocol) or own.protocol == each.protocol)
        and own.first <= each.last
        and each.first <= own.last
        for own in one.services
        for each in other.services
    )
