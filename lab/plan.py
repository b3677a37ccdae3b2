# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a lab: namespaces, links, routes and rules, all derived from the topology. No I/O.

Routes model the networks and their peerings. Firewall rules (rules.py) model the flows. So a test
can break one without the other.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology

from .links import Link, link_name
from .names import FABRIC, MGMT, NOWHERE, PRIVATE_NETWORKS, UPLINK, UPLINK_NET, UPLINK_ROOT
from .rules import fabric_rules

if t.TYPE_CHECKING:
    from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host

MAIN = 254  # the kernel's main table, for packets from the fabric itself and from the uplink


class PlanError(ValueError):
    """The inventory describes a lab that cannot be built."""


class WayIn(t.NamedTuple):
    """From where a client uses the service, where the service is, and what it speaks.

    Example: ("peerlb-client", "10.0.0.2", 80, "http").
    """

    namespace: str
    address: str
    port: int
    scheme: str = "http"


@dataclass(frozen=True)
class Plan:
    """The parts of a lab. The first of the *links* is the one from which Ansible connects.

    *tables* has the routes of each routing table as "ip route" takes them, such as
    {100: ("10.0.0.2/32 dev lb1 scope link",)}. *ruleset* is text for nftables.
    """

    links: tuple[Link, ...]
    tables: dict[int, tuple[str, ...]]
    ruleset: str
    ways_in: tuple[WayIn, ...] = ()  # by http, and by https; () if no client may use the service

    @property
    def hosts(self) -> tuple[Link, ...]:
        """The links of all hosts."""
        return self.links[1:]

    @property
    def management(self) -> Link:
        """The link from which Ansible connects."""
        return self.links[0]

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The names of all network namespaces."""
        return (FABRIC, *(link.namespace for link in self.links))

    def host(self, name: str) -> Link:
        """Return the link of a host. PlanError if there is no such host."""
        for link in self.hosts:
            if link.name == name:
                return link
        raise PlanError(f"no host {name}; there are {', '.join(h.name for h in self.hosts)}")


def make_plan(topology: Topology) -> Plan:
    """Return the plan for a topology. PlanError if the lab cannot be built."""
    links = (_management(topology), *_host_links(topology))
    tables = {link.table: _routes(topology, link, links) for link in links}
    tables[MAIN] = tuple(_route(link) for link in links)
    return Plan(links, tables, fabric_rules(topology, links), _ways_in(topology, links))


def _ways_in(topology: Topology, links: t.Sequence[Link]) -> tuple[WayIn, ...]:
    """Return the ways by which a host outside of all networks uses a service, one a scheme."""
    found = (_way_in(topology, links, scheme) for scheme in ("http", "https"))
    return tuple(way for way in found if way)


def _way_in(topology: Topology, links: t.Sequence[Link], scheme: str) -> WayIn | None:
    """Return the first way by which a host outside of all networks uses a service by a scheme."""
    clients = [link for link in links if link.host and not link.host.network]
    for flow in topology.flows:
        for target in topology.members(flow.target) if flow.protocol == scheme else ():
            for link in clients:
                if link.host and target.network and topology.admits(link.host, target, flow.port):
                    return WayIn(link.namespace, target.address, flow.port, scheme)
    return None


def _management(topology: Topology) -> Link:
    for entry in topology.management:
        if entry.port == 22:
            return Link(MGMT, MGMT, str(next(iter(entry.source.hosts()))), 99)
    raise PlanError("topology.management has no entry for port 22: no way to the lab's hosts")


def _host_links(topology: Topology) -> list[Link]:
    """Return the hosts' links.

    Hosts of one network share a routing table. A host outside all networks has its own.
    """
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
        raise PlanError(f"host {host.name}: a name has at most 40 characters of a-z, 0-9 and -")
    if host.name in (MGMT, UPLINK, "fabric", "lo"):
        raise PlanError(f"host {host.name}: the lab itself uses this name")
    if not host.address:
        raise PlanError(f"host {host.name}: has no IPv4 address")


def _route(link: Link) -> str:
    return f"{link.address}/32 dev {link.link} scope link"


def _routes(topology: Topology, link: Link, links: t.Sequence[Link]) -> tuple[str, ...]:
    """Return the routes for packets that come in by *link*.

    Packets without a route go to NOWHERE, where a rule answers each of them. The kernel's own
    "unreachable" routes answer a few packets, and then one each second.
    """
    reached = [_route(other) for other in links if _connected(topology, link, other, links)]
    if link.host is None:
        return (*reached, f"default dev {NOWHERE} scope link")
    ranges = [cidr for network in topology.networks.values() for cidr in network.cidrs]
    ranges += [entry.source for entry in topology.management]
    closed = [*PRIVATE_NETWORKS, *(str(cidr) for cidr in ranges)]
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
    # One of the hosts is outside all networks. A flow between them gives both a route to the other.
    peers = [peer.host for peer in links if peer.table == link.table and peer.host]
    return any(
        topology.admits(peer, other.host, flow.port) or topology.admits(other.host, peer, flow.port)
        for peer in peers
        for flow in topology.flows
    )
