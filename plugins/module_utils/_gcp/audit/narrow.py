# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what narrows a rule to what is declared, or who has to decide that. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import Span, spans
from ..project.rule_values import HIERARCHICAL_POLICY, INGRESS, Rule, Service
from ..rules.addresses import as_rule
from ..rules.commands import Opening
from ..rules.stages import apply_rule
from .comparison import Comparison

Runs = tuple[Span, ...]
Names = tuple[str, ...]


class Part(t.NamedTuple):
    """Addresses that come in at some services of some hosts."""

    runs: Runs
    names: Names
    network: str
    region: str


def narrow(
    comparison: Comparison, rule: Rule, region: str, needed: t.Mapping[Part, t.Sequence[Service]]
) -> str:
    """Return what admits the needed part of what a rule admits, and then deletes it."""
    if rule.ipv6:
        return ""  # others would lose what it is for
    lines = []
    for part, services in needed.items():
        local = spans(IPv4Network(comparison.attachments[name].nic.address) for name in part.names)
        name = f"{rule.name or rule.policy} declared"
        opening = Opening(name, INGRESS, part.network, tuple(services), as_rule(part.runs), local)
        lines.append(comparison.gcloud.admit(opening, [rule], part.region))
    return "\n".join([*lines, comparison.gcloud.delete(rule, region)]) if all(lines) else ""


def decider(comparison: Comparison, rules: tuple[Rule, ...]) -> str:
    """Say who has to decide, where a rule is not for the hosts of the inventory alone."""
    if any(rule.kind == HIERARCHICAL_POLICY for rule in rules):
        return "; whoever administers the organization's policies has to decide on it"
    places = {network for rule in rules for network in _places(comparison, rule)}
    undeclared = places - {network.ref for network in comparison.cloud_networks.values()}
    if undeclared:
        others = listing(sorted(network.rpartition("/")[2] for network in undeclared))
        return (
            f"; the policy is for {others} too, which is not declared: who has that has to decide"
        )
    if comparison.project.lacks("instances"):
        return "; it may be for VMs that could not be read: who has those has to decide"
    names = [
        attachment.instance.name
        for network in sorted(places)
        for attachment in comparison.unjudged_attachments.get(network, ())
        if any(apply_rule(rule, attachment) for rule in rules)
    ]
    if not names:
        return ""
    return f"; it is for {listing(names)} too, not in the inventory: who has that has to decide"


def _places(comparison: Comparison, rule: Rule) -> t.Iterable[str]:
    """Return the networks that a rule is for, as far as VMs are in them."""
    return rule.target_networks or [
        network
        for (network, _region), policies in comparison.project.policies.items()
        if any((policy.kind, policy.name) == (rule.kind, rule.policy) for policy in policies)
    ]
