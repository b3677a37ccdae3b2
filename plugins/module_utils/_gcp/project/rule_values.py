# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of firewall rules and of the policies that hold them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._values.addresses import IPv4Network

ALL_PROTOCOLS = "all"
LAST_PORT = 65535
ALLOW, DENY, GOTO_NEXT = "allow", "deny", "goto_next"
INGRESS, EGRESS = "INGRESS", "EGRESS"
# Kinds of rules: a VPC firewall rule, or a rule of a firewall policy of this type.
VPC_RULE = "VPC"
HIERARCHICAL_POLICY = "HIERARCHY"
GLOBAL_POLICY = "NETWORK"
REGIONAL_POLICY = "NETWORK_REGIONAL"
SYSTEM_POLICIES = ("SYSTEM_REGIONAL", "SYSTEM_GLOBAL")
UNREAD_RULES = "UNREAD"  # one rule in place of all rules that could not be read
LABELS = {
    VPC_RULE: "VPC firewall rule",
    HIERARCHICAL_POLICY: "hierarchical policy",
    GLOBAL_POLICY: "global network policy",
    REGIONAL_POLICY: "regional network policy",
}


class Service(t.NamedTuple):
    """A protocol and a range of its ports, such as tcp:80-90; without ports, all of them."""

    protocol: str
    first: int = 0
    last: int = LAST_PORT

    def __str__(self) -> str:
        if (self.first, self.last) == (0, LAST_PORT):
            return self.protocol
        ports = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.protocol}:{ports}"


@dataclass(frozen=True)
class Selector:
    """Whom a rule means as source or as destination: the union of all that it names.

    A rule that names nothing is unrestricted: it means everybody. `unresolved` are words for what
    only the cloud can resolve, such as "domain names". `network_context`, such as "INTERNET",
    narrows the rest in a way that only the cloud knows.
    """

    cidrs: tuple[IPv4Network, ...] = ()
    tags: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    unresolved: tuple[str, ...] = ()
    network_context: str = ""
    unrestricted: bool = True
    ipv6: bool = False  # it names IPv6 ranges too, which are not judged


@dataclass(frozen=True, eq=False)
class Rule:
    """A VPC firewall rule or a rule of a policy.

    Two rules that say the same are not equal: each of them is reported by itself.
    """

    kind: str
    policy: str  # the name for gcloud, such as a number; "" for a VPC firewall rule
    name: str
    direction: str
    priority: int
    action: str
    disabled: bool
    services: tuple[Service, ...]
    sources: Selector
    destinations: Selector
    # The VMs that the rule applies to. Without any of these, it applies to all.
    target_networks: frozenset[str] = frozenset()
    target_tags: frozenset[str] = frozenset()
    target_accounts: frozenset[str] = frozenset()
    policy_display_name: str = ""
    target_secure_tags: bool = False  # which VMs have them is not in the document
    unknown: tuple[str, ...] = ()  # fields that may narrow the rule in a way that is not known here

    def __str__(self) -> str:
        if self.kind == UNREAD_RULES:
            return self.name
        label = LABELS.get(self.kind, "system policy")
        if self.kind == VPC_RULE:
            return f"{self.name} ({label}, priority {self.priority})"
        return f"rule {self.priority} of {self.policy_display_name or self.policy} ({label})"

    @property
    def remote(self) -> Selector:
        """The selector at the other end: the source of what comes in to a VM."""
        return self.sources if self.direction == INGRESS else self.destinations

    @property
    def local(self) -> Selector:
        """The selector at the VM's own end: the destination of what comes in to it."""
        return self.destinations if self.direction == INGRESS else self.sources

    @property
    def ipv6(self) -> bool:
        """Tell whether the rule names IPv6 ranges, which are not judged."""
        return self.sources.ipv6 or self.destinations.ipv6


@dataclass(frozen=True)
class Policy:
    """A firewall policy that is in effect for a network and region, its rules by priority."""

    kind: str
    name: str
    priority: int
    region: str
    rules: tuple[Rule, ...]
