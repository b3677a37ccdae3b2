# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rule is narrowed to what is declared, or who has to decide on that."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import spans
from ..project.rule_values import HIERARCHICAL_POLICY, INGRESS, Rule, Service
from ..rules.addresses import as_rule
from ..rules.commands import Opening
from ..rules.stages import apply_rule
from .admitted import Admission
from .comparison import Comparison


def narrowing_commands(
    comparison: Comparison,
    rule: Rule,
    region: str,
    needed: t.Mapping[Admission, t.Sequence[Service]],
) -> str:
    """Return the commands that admit the needed part of a rule and then delete the rule.

    Each command is a line. The text is empty where no commands do that safely.
    """
    if rule.ipv6 or rule.unknown:
        return ""  # the new rule would not have the IPv6 ranges, or what is not known of the rule
    lines = []
    for admission, services in needed.items():
        nics = (comparison.attachments[name].nic for name in admission.hosts)
        opening = Opening(
            f"{rule.name or rule.policy} declared",
            INGRESS,
            admission.network,
            tuple(services),
            remote=as_rule(admission.sources),
            local=spans(IPv4Network(nic.address) for nic in nics),
        )
        lines.append(comparison.gcloud.admit(opening, [rule], admission.region))
    return "\n".join([*lines, comparison.gcloud.delete(rule, region)]) if all(lines) else ""


def who_decides(comparison: Comparison, rules: tuple[Rule, ...]) -> str:
    """Say who else has to decide because the rules apply to more than the inventory; else "".

    Example: "; it also applies to VMs outside of the inventory (mon1): their owners have to decide"
    """
    if any(rule.kind == HIERARCHICAL_POLICY for rule in rules):
        return "; the administrators of the organization's policies have to decide"
    places = {network for rule in rules for network in _networks_with_vms(comparison, rule)}
    undeclared = places - {network.ref for network in comparison.cloud_networks.values()}
    if undeclared:
        others = listing(sorted(network.rpartition("/")[2] for network in undeclared))
        text = f"; the policy also applies to undeclared networks ({others})"
        return f"{text}: their owners have to decide"
    if comparison.project.lacks("instances"):
        return "; it may apply to VMs that could not be read: their owners have to decide"
    names = [
        attachment.instance.name
        for network in sorted(places)
        for attachment in comparison.unjudged_attachments.get(network, ())
        if any(apply_rule(rule, attachment) for rule in rules)
    ]
    if not names:
        return ""
    text = f"; it also applies to VMs outside of the inventory ({listing(names)})"
    return f"{text}: their owners have to decide"


def _networks_with_vms(comparison: Comparison, rule: Rule) -> t.Iterable[str]:
    """Return the networks, by reference, that a rule is for and that have a VM."""
    return rule.target_networks or [
        network
        for (network, _region), policies in comparison.project.policies.items()
        if any((policy.kind, policy.name) == (rule.kind, rule.policy) for policy in policies)
    ]
