# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of firewall rules and of the policies that hold them. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._values.addresses import IPv4Network

ALL_PROTOCOLS = "all"  # protocols
LAST_PORT = 65535
ALLOW, DENY, GOTO_NEXT = "allow", "deny", "goto_next"
INGRESS, EGRESS = "INGRESS", "EGRESS"
# What a rule belongs to; all but the first are types of firewall policies.
VPC_RULE, HIERARCHICAL_POLICY, GLOBAL_POLICY, REGIONAL_POLICY = (
    "VPC",
    "HIERARCHY",
    "NETWORK",
    "NETWORK_REGIONAL",
)
SYSTEM_POLICIES = ("SYSTEM_REGIONAL", "SYSTEM_GLOBAL")
UNREAD_RULES = "UNREAD"  # a rule that stands for those that are not known
LABELS = {
    VPC_RULE: "VPC firewall rule",
    HIERARCHICAL_POLICY: "hierarchical policy",
    GLOBAL_POLICY: "global network policy",
    REGIONAL_POLICY: "regional network policy",
}


class Service(t.NamedTuple):
    """A run of ports of a protocol, both ends in it; protocols without ports have all of them."""

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
    """Whom a rule means at one end: the union of all that is named here; nothing is anybody.

    unknown are kinds that only the cloud can resolve; context narrows the rest in a way that
    only the cloud knows.
    """

    cidrs: tuple[IPv4Network, ...] = ()
    tags: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    unresolved: tuple[str, ...] = ()
    network_context: str = ""
    unrestricted: bool = True
    ipv6: bool = False  # it means IPv6 addresses too, which are not looked at


@dataclass(frozen=True, eq=False)
class Rule:
    """A VPC firewall rule or a rule of a policy; it is equal to nothing but itself."""

    kind: str
    policy: str  # what gcloud calls it; "" for a VPC firewall rule
    name: str
    direction: str
    priority: int
    action: str
    disabled: bool
    services: tuple[Service, ...]
    sources: Selector
    destinations: Selector
    target_networks: frozenset[str] = frozenset()  # of its targets; none are all
    target_tags: frozenset[str] = frozenset()
    target_accounts: frozenset[str] = frozenset()
    policy_display_name: str = ""  # what people call the policy, if that is another name
    target_secure_tags: bool = False  # it is for VMs with tags that the document does not tell

    def __str__(self) -> str:
        if self.kind == UNREAD_RULES:
            return self.name
        label = LABELS.get(self.kind, "system policy")
        if self.kind == VPC_RULE:
            return f"{self.name} ({label}, priority {self.priority})"
        return f"rule {self.priority} of {self.policy_display_name or self.policy} ({label})"

    @property
    def remote(self) -> Selector:
        """Whom the VM that the rule is for talks with."""
        return self.sources if self.direction == INGRESS else self.destinations

    @property
    def ipv6(self) -> bool:
        return self.sources.ipv6 or self.destinations.ipv6

    @property
    def local(self) -> Selector:
        return self.destinations if self.direction == INGRESS else self.sources


@dataclass(frozen=True)
class Policy:
    kind: str
    name: str
    priority: int
    region: str
    rules: tuple[Rule, ...]
