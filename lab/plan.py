# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab consists of: namespaces, links and routes. No I/O.

Everything follows from the inventory's topology. Routes model the networks and their peerings,
firewall rules (rules.py) model the flows, so each can be broken without the other.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology

from .links import Link, link_name
from .names import FABRIC, HIDDEN, MGMT, NOWHERE, UPLINK, UPLINK_NET, UPLINK_ROOT
from .rules import fabric_rules

if t.TYPE_CHECKING:
    from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host

MAIN = 254  # the kernel's own table: what the fabric itself sends, and what the uplink brings back


class PlanError(ValueError):
    """The inventory asks for something that a lab can not be."""


@dataclass(frozen=True)
class Plan:
    """links: management first; tables: routes by table, worded as for "ip route"."""

    links: tuple[Link, ...]
    tables: dict[int, tuple[str, ...]]
    ruleset: str

    @property
    def hosts(self) -> tuple[Link, ...]:
        return self.links[1:]

    @property
    def management(self) -> Link:
        return self.links[0]

    @property
    def namespaces(self) -> tuple[str, ...]:
        return (FABRIC, *(link.namespace for link in self.links))

    def host(self, name: str) -> Link:
        for link in self.hosts:
            if link.name == name:
                return link
        raise PlanError(f"no host {name}; there are {', '.join(h.name for h in self.hosts)}")


def make_plan(topology: Topology) -> Plan:
    """Lay out the lab that this topology and its hosts ask for."""
    links = (_management(topology), *_host_links(topology))
    tables = {link.table: _routes(topology, link, links) for link in links}
    tables[MAIN] = tuple(_route(link) for link in links)
    return Plan(links, tables, fabric_rules(topology, links))


def _management(topology: Topology) -> Link:
    for entry in topology.management:
        if entry.port == 22:
            return Link(MGMT, MGMT, str(next(iter(entry.source.hosts()))), 99)
    raise PlanError("topology.management lets nobody in on port 22: no way to the lab's hosts")


def _host_links(topology: Topology) -> list[Link]:
    """Hosts of one network share a routing table; one outside of all networks has its own."""
    outside = [host.name for host in topology.hosts.values() if host.network is None]
    owners = [*topology.networks, *outside]
    links = []
    taken: dict[str, str] = {}
    for host in topology.hosts.values():
        _check_host(host)
        if taken.setdefault(host.address, host.name) != host.name:
            raise PlanError(f"{taken[host.address]} and {host.name} share {host.address}")
        table = 100 + owners.index(host.network or host.name)
        links.append(Link(host.name, link_name(host.name), host.address, table, host))
    return links


def _check_host(host: Host) -> None:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", host.name):
        raise PlanError(f"host {host.name}: the lab takes up to 40 of a-z, 0-9 and - as a name")
    if host.name in (MGMT, UPLINK, "fabric", "lo"):
        raise PlanError(f"host {host.name}: the lab uses this name itself")
    if not host.address:
        raise PlanError(f"host {host.name}: has no IPv4 address")


def _route(link: Link) -> str:
    return f"{link.address}/32 dev {link.link} scope link"


def _routes(topology: Topology, link: Link, links: t.Sequence[Link]) -> tuple[str, ...]:
    """Return what a packet that comes in by link can reach; the rest is answered "no route".

    Not by routes of type unreachable: the kernel answers a few of those, then one a second.
    """
    reached = [_route(other) for other in links if _connected(topology, link, other, links)]
    if link.host is None:
        return (*reached, f"default dev {NOWHERE} scope link")
    ranges = [cidr for network in topology.networks.values() for cidr in network.cidrs]
    ranges += [entry.source for entry in topology.management]
    closed = [*HIDDEN, *(str(cidr) for cidr in ranges)]
    closed += [
        f"{other.address}/32"
        for other in links
        if other.host and not other.host.network and _route(other) not in reached
    ]
    return (
        *reached,
        f"{UPLINK_NET} dev {UPLINK} scope link",
        *(f"{cidr} dev {NOWHERE} scope link" for cidr in dict.fromkeys(closed)),
        f"default via {UPLINK_ROOT} dev {UPLINK}",
    )


def _connected(topology: Topology, link: Link, other: Link, links: t.Sequence[Link]) -> bool:
    if link.host is None or other.host is None:
        return True
    if link.host.network and other.host.network:
        return topology.routed(link.host.network, other.host.network)
    if link == other:
        return True
    # One of them stands outside: there is a way only along a flow, for it and its answers.
    peers = [peer.host for peer in links if peer.table == link.table and peer.host]
    return any(
        topology.admits(peer, other.host, flow.port) or topology.admits(other.host, peer, flow.port)
        for peer in peers
        for flow in topology.flows
    )
