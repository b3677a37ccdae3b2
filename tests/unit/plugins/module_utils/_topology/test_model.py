# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import (
    Flow,
    Host,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import probe_targets
from hypothesis import given
from hypothesis import strategies as st

VISITOR = Host("visitor", None, "203.0.113.99")


class Packets:
    """A simulation to compare the model with: packets through route tables, then a list of rules.

    It uses only the model's declaration. A network exports its own ranges to a peer, never routes
    that it has from other peers.
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.tables: dict[str, list[tuple[IPv4Network, str]]] = {}
        for name, network in topology.networks.items():
            self.tables[name] = [(cidr, name) for cidr in network.cidrs]
        own = {name: list(table) for name, table in self.tables.items()}
        for one, other in map(tuple, topology.peerings):
            self.tables[one] += own[other]
            self.tables[other] += own[one]
        self.tables["internet"] = [route for table in own.values() for route in table]

    def arrives(self, source: Host, target: Host) -> bool:
        at, home = source.network or "internet", target.network or "internet"
        for _hop in range(3):
            if at == home:
                return True
            address = IPv4Address(target.address)
            routes = [hop for cidr, hop in self.tables[at] if address in cidr]
            private = address in IPv4Network("10.0.0.0/8")
            if not routes and (private or at == "internet"):
                return False  # the internet has no way to an address that is not its own
            at = routes[0] if routes else "internet"
        return False

    def first_rule(self, source: Host, target: Host, port: int) -> Flow | None:
        for rule in self.topology.flows:
            ends = self.fits(rule.source, source) and self.fits(rule.target, target)
            if ends and rule.port == port:
                return rule
        return None

    def fits(self, endpoint: str, host: Host) -> bool:
        if "/" in endpoint:
            return IPv4Address(host.address) in IPv4Network(endpoint)
        if endpoint in self.topology.networks:
            ranges = self.topology.networks[endpoint].cidrs
            return any(IPv4Address(host.address) in cidr for cidr in ranges)
        return endpoint in ("any", host.name) or endpoint in host.groups

    def admitted(self, source: Host, target: Host, port: int) -> Flow | None:
        arrived = self.arrives(source, target)
        return self.first_rule(source, target, port) if arrived else None


@given(data=st.data())
def test_admits_agrees_with_the_simulation_of_packets(random_topologies, data) -> None:
    topology = data.draw(random_topologies)
    packets = Packets(topology)
    for source in (*topology.hosts.values(), VISITOR):
        for target in topology.hosts.values():
            for port in (80, 443, 22):
                expected = packets.admitted(source, target, port)
                assert topology.admits(source, target, port) == expected


@given(data=st.data())
def test_probe_targets_agree_with_the_simulation_of_packets(random_topologies, data) -> None:
    topology = data.draw(random_topologies)
    packets = Packets(topology)
    services = {
        (target.address, port)
        for target in topology.hosts.values()
        for port in (80, 443)
        if any(f.port == port and packets.fits(f.target, target) for f in topology.flows)
    }
    by_address = {host.address: host for host in topology.hosts.values()}
    for source in (*topology.hosts.values(), VISITOR):
        probes = probe_targets(topology, source)
        found = [(probe["address"], probe["port"]) for probe in probes]
        assert sorted(found) == sorted(each for each in services if each[0] != source.address)
        for probe in probes:
            admitted = packets.admitted(source, by_address[probe["address"]], probe["port"])
            assert probe["expect"] == ("open" if admitted else "closed")


@given(data=st.data())
def test_members_agree_with_the_simulation_of_packets(random_topologies, data) -> None:
    topology = data.draw(random_topologies)
    packets = Packets(topology)
    for endpoint in {end for flow in topology.flows for end in (flow.source, flow.target)}:
        fitting = [host for host in topology.hosts.values() if packets.fits(endpoint, host)]
        assert topology.members(endpoint) == fitting
        addresses = topology.addresses(endpoint)
        for host in fitting:
            number = int(IPv4Address(host.address))
            assert any(first <= number <= last for first, last in addresses)
            assert host.network in topology.networks_of(endpoint)


@pytest.mark.parametrize(
    ("source", "target", "port", "admitted"),
    [
        ("client", "lb1", 80, True),
        ("web1", "lb1", 80, True),
        ("web1", "lb1", 3306, True),
        ("lb1", "db1", 3306, True),
        ("web1", "db1", 3306, False),  # not peered
        ("client", "web1", 3000, False),  # no flow
        ("web1", "web2", 3000, False),  # no flow in one network either
        ("db1", "lb1", 3306, False),
        ("lb1", "web1", 80, False),  # another port
    ],
)
def test_admits(stack, source, target, port, admitted) -> None:
    topology = stack.parse()
    flow = topology.admits(topology.hosts[source], topology.hosts[target], port)
    assert bool(flow) is admitted


@pytest.mark.parametrize(
    ("endpoint", "networks"),
    [
        ("any", [None, "vpc-lb", "vpc-web", "vpc-db"]),
        ("vpc-web", ["vpc-web"]),
        ("servers", ["vpc-lb", "vpc-web", "vpc-db"]),
        ("clients", [None]),
        ("10.1.0.0/24", ["vpc-web"]),
        ("10.0.0.0/15", ["vpc-lb", "vpc-web"]),
        ("10.0.0.0/8", [None, "vpc-lb", "vpc-web", "vpc-db"]),
        ("203.0.113.0/24", [None]),
        ("nobody", []),
    ],
)
def test_networks_of_an_endpoint(stack, endpoint, networks) -> None:
    assert stack.parse().networks_of(endpoint) == networks


def test_host_whose_address_is_not_known_is_in_no_range(stack) -> None:
    stack.flow("0.0.0.0/0", "nginx_lb", 81)
    topology = stack.parse()
    unknown = Host("controller", None, "")
    assert topology.admits(unknown, topology.hosts["lb1"], 81) is None
    assert topology.admits(unknown, topology.hosts["lb1"], 80) is topology.flows[0]


@pytest.mark.parametrize(
    ("source", "target", "port", "entry"),
    [
        ("lb1", "web1", 22, "10.0.0.0/16 -> 22"),
        ("client", "web1", 22, "203.0.113.0/24 -> 22"),
        ("lb1", "web1", 2222, "10.0.0.0/8 -> 2222"),
        ("lb1", "web1", 23, "None"),
        ("web2", "web1", 22, "None"),
        ("web1", "db1", 2222, "None"),  # not peered
        ("unknown", "db1", 22, "None"),
    ],
)
def test_managed_by_range_port_and_peering(stack, source, target, port, entry) -> None:
    ranges = (("10.0.0.0/16", 22), ("203.0.113.0/24", 22), ("10.0.0.0/8", 2222))
    stack.topology["management"] = [{"from": text, "port": number} for text, number in ranges]
    stack.add("unknown", "laptop.example.com", "clients")
    topology = stack.parse()
    found = topology.managed(topology.hosts[source], topology.hosts[target], port)
    assert str(found) == entry
