# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model of a declaration: which host is where, and who may reach whom. No Ansible, no I/O.

An endpoint is what stands at one end of a flow: any, a range, or the name of a network, a group or
a host.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from .._values.addresses import IPv4Network, parse_cidr
from .._values.ranges import Ranges, Span, covers, spans
from .values import ANY, Flow, Host, Management, Network

HostPort = tuple[str, int]  # the name of a host and one of its ports
ALL_IPV4 = IPv4Network("0.0.0.0/0")


@dataclass(frozen=True)
class Topology:
    """A declaration and the hosts of the inventory.

    networks, hosts: by their names; peerings: pairs of the names of networks.
    """

    networks: dict[str, Network]
    peerings: frozenset[frozenset[str]]
    hosts: dict[str, Host]
    flows: tuple[Flow, ...]
    management: tuple[Management, ...] = ()

    def routed(self, one: str | None, other: str | None) -> bool:
        """Tell whether packets pass between two networks, given by name.

        They pass within a network and over a direct peering; peering is never transitive. None is
        outside of every network. Packets always pass between outside and a network, so that only
        flows decide there.
        """
        return one is None or other is None or one == other or {one, other} in self.peerings

    def host(self, name: str) -> Host:
        """Return a host; a name that the inventory lacks (the controller) is a host outside."""
        return self.hosts.get(name, Host(name, None, ""))

    def members(self, endpoint: str) -> list[Host]:
        """Return the hosts that an endpoint means, in the inventory's order."""
        if "/" in endpoint:
            ranges = Ranges([(parse_cidr(endpoint), endpoint)])
            return [h for h in self.hosts.values() if h.address and ranges.holding(h.address)]
        return self._hosts_by_name.get(endpoint, [])

    def admits(self, source: Host, target: Host, port: int) -> Flow | None:
        """Return the first flow that lets source reach a port of target, or None.

        source may be a host that is not in the inventory.
        """
        flows = self.flows_by_port.get((target.name, port))
        if not flows or not self.routed(source.network, target.network):
            return None
        admitting = [flows[name] for name in self._source_names(source) if name in flows]
        return self.flows[min(admitting)] if admitting else None

    def managed(self, source: Host, target: Host, port: int) -> Management | None:
        """Return the first entry of management that lets source reach a port of target, or None.

        Management needs a network or a peering like a flow.
        """
        if source.address and self.routed(source.network, target.network):
            for entry in self.management:
                if entry.port == port and IPv4Address(source.address) in entry.source:
                    return entry
        return None

    @cached_property
    def flows_by_port(self) -> dict[HostPort, dict[str, int]]:
        """The flows to each port of each host, as the flow's index in `flows` by its source.

        {("lb1", 80): {"any": 0}} says that flow 0 leads from anywhere to port 80 of lb1.
        """
        by_port: dict[HostPort, dict[str, int]] = {}
        for index, flow in enumerate(self.flows):
            for host in self.members(flow.target):
                by_port.setdefault((host.name, flow.port), {}).setdefault(flow.source, index)
        return by_port

    def protocol(self, host: str, port: int) -> str:
        """Return the protocol of a host's port; "tcp" where no flow leads to the port."""
        flows = self.flows_by_port.get((host, port), {})
        # Flows to one port of a host have one protocol: `refusals.py` refuses others.
        return next((self.flows[index].protocol for index in flows.values()), "tcp")

    def relays(self, one: str, other: str) -> list[str]:
        """Return the networks that are peered with both networks, in which a relay could stand."""
        return [
            name
            for name in self.networks
            if name not in (one, other) and self.routed(one, name) and self.routed(name, other)
        ]

    def addresses(self, endpoint: str) -> list[Span]:
        """Return the addresses of an endpoint, as spans."""
        if endpoint == ANY:
            return spans([ALL_IPV4])
        if "/" in endpoint:
            return spans([parse_cidr(endpoint)])
        if endpoint in self.networks:
            return spans(self.networks[endpoint].cidrs)
        return spans(IPv4Network(host.address) for host in self.members(endpoint) if host.address)

    def networks_of(self, endpoint: str) -> list[str | None]:
        """Return the names of the networks that an endpoint lies in; None among them is outside.

        "any" gives [None, "vpc-lb", "vpc-web"].
        """
        if endpoint not in self._known_networks:
            self._known_networks[endpoint] = self._find_networks(endpoint)
        return self._known_networks[endpoint]

    def _find_networks(self, endpoint: str) -> list[str | None]:
        if endpoint in self.networks:
            return [endpoint]
        if endpoint == ANY:
            return [None, *self.networks]
        if "/" not in endpoint:
            return list(dict.fromkeys(host.network for host in self.members(endpoint)))
        cidr = parse_cidr(endpoint)
        inside = [n for n in self.networks.values() if any(cidr.overlaps(c) for c in n.cidrs)]
        names: list[str | None] = [network.name for network in inside]
        declared = spans(each for network in inside for each in network.cidrs)
        return names if covers(declared, spans([cidr])) else [None, *names]

    @cached_property
    def _known_networks(self) -> dict[str, list[str | None]]:
        return {}

    @cached_property
    def _hosts_by_name(self) -> dict[str, list[Host]]:
        """The hosts by every name that a flow may give them: any, host, network, group."""
        by_name: dict[str, list[Host]] = {}
        for host in self.hosts.values():
            for name in dict.fromkeys((ANY, host.name, host.network or ANY, *host.groups)):
                by_name.setdefault(name, []).append(host)
        return by_name

    def _source_names(self, host: Host) -> tuple[str, ...]:
        """Return all names by which a flow may mean this host as its source, ranges included."""
        if host not in self._known_source_names:
            ranges = self._source_ranges.holding(host.address) if host.address else []
            network = (host.network,) if host.network else ()
            self._known_source_names[host] = (ANY, host.name, *network, *host.groups, *ranges)
        return self._known_source_names[host]

    @cached_property
    def _known_source_names(self) -> dict[Host, tuple[str, ...]]:
        return {}

    @cached_property
    def _source_ranges(self) -> Ranges:
        ranges = dict.fromkeys(flow.source for flow in self.flows if "/" in flow.source)
        return Ranges((parse_cidr(text), text) for text in ranges)
