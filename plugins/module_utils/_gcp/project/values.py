# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a cloud project: networks, instances, routes, and what could not be read.

A value refers to a network, subnet or instance by its `ref`, the part of the object's URL after
"projects/", such as "acme/global/networks/vpc-db".
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._values.addresses import IPv4Network
from .rule_values import Policy, Rule


class ProjectError(ValueError):
    """The document is not that of a project; `problems` has a sentence for each object at fault."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Peering:
    """One side of a peering: what a network says of its peering with another network.

    Peers always exchange the routes to private ranges. For public ranges that a network uses
    privately, one side has to export them and the other side to import them.
    """

    name: str
    network: str  # ref of the other network
    state: str  # "ACTIVE" if the other side has a peering back
    details: str
    exports_public: bool
    imports_public: bool
    # Settings besides these that a new peering would not have, or that are not known here.
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloudNetwork:
    """A VPC network as the cloud has it. The declaration's is _topology.values.Network."""

    ref: str
    name: str
    peerings: tuple[Peering, ...]
    policies_first: bool  # network policies are evaluated before the VPC firewall rules


@dataclass(frozen=True)
class Subnet:
    """A subnetwork for VMs."""

    ref: str
    name: str
    network: str
    region: str
    cidrs: tuple[IPv4Network, ...]  # the primary range first
    private_google_access: bool


@dataclass(frozen=True)
class Nic:
    """A VM's network interface."""

    network: str
    subnet: str
    address: str  # "" without an IPv4 address
    has_external_address: bool
    aliases: tuple[IPv4Network, ...] = ()  # ranges besides the address, such as for containers


@dataclass(frozen=True)
class Instance:
    """A VM."""

    ref: str
    name: str
    zone: str
    status: str  # such as "RUNNING" or "TERMINATED"
    tags: frozenset[str]
    accounts: frozenset[str]  # e-mail addresses of its service accounts
    nics: tuple[Nic, ...]

    @property
    def region(self) -> str:
        """The region of the VM's zone: "us-central1" for "us-central1-a"."""
        return self.zone.rpartition("-")[0]


@dataclass(frozen=True)
class Nat:
    """A Cloud NAT that gives VMs of these subnets a way to the internet over IPv4."""

    name: str
    subnets: frozenset[str] | None  # None: all subnets of the router's network and region


@dataclass(frozen=True)
class Router:
    """A Cloud Router with its NATs for VMs."""

    name: str
    network: str  # "" for a router of Network Connectivity Center
    region: str
    nats: tuple[Nat, ...]
    nat_names: frozenset[str]  # of all its NATs, also of those that serve no VM
    learns_routes: bool  # by BGP; the document does not hold the routes that it learns


@dataclass(frozen=True)
class Route:
    """A route of a network. With tags, it is only for VMs that have one of them."""

    name: str
    network: str
    destination: IPv4Network
    priority: int  # the lower number wins
    tags: frozenset[str]
    next_hop: str  # "internet", "nothing", or kind and name such as "VpnTunnel office"

    @property
    def may_bypass_peering(self) -> bool:
        """Tell whether the route may lead to a network without a peering, as by a VPN tunnel."""
        return self.next_hop.partition(" ")[0] not in ("internet", "nothing", "Peering", "Network")


@dataclass(frozen=True)
class Gap:
    """A part of the project that could not be read: which list, where, and why."""

    what: str
    where: str
    why: str


@dataclass(frozen=True)
class Project:
    """What is known of a project.

    `networks` and `firewalls` are by the network's ref, `policies` by network and region, as in
    {("acme/global/networks/vpc-db", "us-central1"): (...)}.
    """

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
        """Return the routers of a network in a region."""
        return [r for r in self.routers if (r.network, r.region) == (network, region)]

    def bypass_routes(self, network: str) -> list[Route]:
        """Return the routes of a network that may lead to others without a peering."""
        return [each for each in self.routes if each.network == network and each.may_bypass_peering]

    def unseen_routes(self, network: str) -> str:
        """Name the routes of a network that the document does not hold; "" if it holds all.

        Example: "the routes that vpn-router learns"
        """
        for part in ("routes", "routers"):
            if self.lacks(part):
                return f"{part} that could not be read"
        own = [each.name for each in self.routers if each.learns_routes and each.network == network]
        return f"the routes that {', '.join(own)} learns" if own else ""

    def lacks(self, what: str) -> bool:
        """Tell whether a list such as "instances" could not be read in full."""
        return any(gap.what == what for gap in self.gaps)
