# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a cloud project: networks, instances, ways out. No Ansible, no I/O.

References to objects are the part of their address after "projects/", as in
"acme/global/networks/vpc-db".
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._values.addresses import IPv4Network
from .rule_values import Policy, Rule


class ProjectError(ValueError):
    """The document is not that of a project; problems holds a sentence for each object."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Peering:
    name: str
    network: str
    state: str
    details: str
    exports_public: bool  # its public ranges too, used privately
    imports_public: bool  # such ranges of the peer too


@dataclass(frozen=True)
class CloudNetwork:
    ref: str
    name: str
    peerings: tuple[Peering, ...]
    policies_first: bool  # network policies come before the VPC firewall rules


@dataclass(frozen=True)
class Subnet:
    ref: str
    name: str
    network: str
    region: str
    cidrs: tuple[IPv4Network, ...]  # the primary range first
    private_google_access: bool


@dataclass(frozen=True)
class Nic:
    network: str
    subnet: str
    address: str
    has_external_address: bool
    aliases: tuple[IPv4Network, ...] = ()  # what it has besides its address, as for containers


@dataclass(frozen=True)
class Instance:
    ref: str
    name: str
    zone: str
    status: str
    tags: frozenset[str]
    accounts: frozenset[str]
    nics: tuple[Nic, ...]

    @property
    def region(self) -> str:
        return self.zone.rpartition("-")[0]


@dataclass(frozen=True)
class Nat:
    """Cloud NAT that leads IPv4 of these subnets to the internet."""

    name: str
    subnets: frozenset[str] | None  # None: all of the network and region


@dataclass(frozen=True)
class Router:
    name: str
    network: str
    region: str
    nats: tuple[Nat, ...]
    nat_names: frozenset[str]  # the names of all NAT it has, whatever they are for
    learns_routes: bool  # it learns routes by BGP; the document does not hold them


@dataclass(frozen=True)
class Route:
    name: str
    network: str
    destination: IPv4Network
    priority: int
    tags: frozenset[str]
    next_hop: str  # "internet" or what the packets are handed to

    @property
    def may_bypass_peering(self) -> bool:
        """Tell whether it may lead to networks without a peering, as a VPN tunnel does."""
        return self.next_hop.partition(" ")[0] not in ("internet", "nothing", "Peering", "Network")


@dataclass(frozen=True)
class Gap:
    """A part of the project that could not be read, where, and why."""

    what: str
    where: str
    why: str


@dataclass(frozen=True)
class Project:
    """What is known of a project; firewalls are by network, policies by network and region."""

    name: str
    networks: dict[str, CloudNetwork]
    subnets: tuple[Subnet, ...]
    firewalls: dict[str, tuple[Rule, ...]]
    policies: dict[tuple[str, str], tuple[Policy, ...]]
    instances: tuple[Instance, ...]
    routers: tuple[Router, ...]
    routes: tuple[Route, ...]
    gaps: tuple[Gap, ...]

    def routers_of(self, network: str, region: str) -> list[Router]:
        return [r for r in self.routers if (r.network, r.region) == (network, region)]

    def bypass_routes(self, network: str) -> list[Route]:
        """Return the routes of a network that may lead to others without a peering."""
        return [each for each in self.routes if each.network == network and each.may_bypass_peering]

    def unseen_routes(self, network: str) -> str:
        """Say which routes of a network may lead anywhere and are not in the document."""
        for part in ("routes", "routers"):
            if self.lacks(part):
                return f"{part} that could not be read"
        own = [each.name for each in self.routers if each.learns_routes and each.network == network]
        return f"the routes that {', '.join(own)} learns" if own else ""

    def lacks(self, what: str) -> bool:
        """Tell whether a part of this collection could not be read."""
        return any(gap.what == what for gap in self.gaps)
