# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import (
    Host,
    TopologyError,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import (
    flow_address,
    grant_hosts,
    probe_targets,
    service_address,
    service_flow,
    service_port,
    service_ports,
    source_ranges,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK


def test_application_finds_mysql_at_the_load_balancer(stack) -> None:
    assert flow_address(stack.parse(), "webapp", protocol="mysql") == ("10.0.0.2", 3306)
    assert flow_address(stack.parse(), "nginx_lb", "webapp") == ("10.1.0.2", 3000)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        (("mysql",), "from mysql; none does"),
        (("webapp", "mysql"), "from webapp to mysql; none does"),
        (("webapp", "", "http"), "from webapp with the protocol http; none does"),
        (
            ("nginx_lb",),
            "from nginx_lb; 2 do: nginx_lb -> webapp:3000 (http), nginx_lb -> mysql:3306 (mysql)",
        ),
    ],
)
def test_flow_address_needs_exactly_one_flow(stack, asked, complaint) -> None:
    with pytest.raises(TopologyError) as caught:
        flow_address(stack.parse(), *asked)
    assert str(caught.value) == f"topology.flows: one flow has to lead {complaint}"


@pytest.mark.parametrize(
    ("flows", "granted"),
    [
        ([], ["10.0.0.2"]),
        ([("vpc-lb", 3307)], ["10.0.0.0/255.255.0.0"]),
        ([("10.0.7.0/24", 3307)], ["10.0.0.2", "10.0.7.0/255.255.255.0"]),
        ([("clients", 3307)], ["10.0.0.2", "203.0.113.10"]),
        ([("any", 3307)], ["%"]),
    ],
)
def test_grants_are_for_the_sources_that_mysql_sees(stack, flows, granted) -> None:
    for source, port in flows:
        stack.flow(source, "db1", port, "mysql")
    assert grant_hosts(stack.parse(), "mysql") == granted


def test_flows_with_other_protocols_grant_nothing(stack) -> None:
    stack.flow("clients", "mysql", 22)
    assert grant_hosts(stack.parse(), "mysql") == ["10.0.0.2"]


def test_each_load_balancer_is_granted_and_no_other_host_of_its_network(stack) -> None:
    stack.add("lb2", "10.0.0.9", "nginx_lb")
    stack.add("other", "10.0.0.77", "others")
    assert grant_hosts(stack.parse(), "mysql") == ["10.0.0.2", "10.0.0.9"]


def test_network_with_two_ranges_is_granted_both(stack) -> None:
    stack.topology["networks"][0]["cidrs"].append("192.168.0.0/20")
    stack.flow("vpc-lb", "mysql", 3307, "mysql")
    found = grant_hosts(stack.parse(), "mysql")
    assert found == ["10.0.0.0/255.255.0.0", "192.168.0.0/255.255.240.0"]


@pytest.mark.parametrize(
    ("target", "port", "complaint"),
    [
        ("webapp", 0, "no flow with protocol mysql leads to webapp"),
        ("mysql", 3307, "no flow with port 3307 leads to mysql"),
        ("nobody", 0, "no flow with protocol mysql leads to nobody"),
    ],
)
def test_grant_without_a_flow_is_an_error(stack, target, port, complaint) -> None:
    with pytest.raises(TopologyError, match=complaint):
        grant_hosts(stack.parse(), target, port)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lb1", {"web1:3000": "open", "web2:3000": "open", "db1:3306": "open"}),
        (
            "web1",
            {"lb1:80": "open", "lb1:3306": "open", "web2:3000": "closed", "db1:3306": "closed"},
        ),
        (
            "client",
            {
                "lb1:80": "open",
                "lb1:3306": "closed",
                "web1:3000": "closed",
                "web2:3000": "closed",
                "db1:3306": "closed",
            },
        ),
    ],
)
def test_probe_targets_of_a_host(stack, source, expected) -> None:
    topology = stack.parse()
    found = probe_targets(topology, topology.hosts[source])
    assert {each["name"].split(" -> ")[1]: each["expect"] for each in found} == expected


def test_probe_target_has_the_options_of_the_module(stack) -> None:
    topology = stack.parse()
    assert probe_targets(topology, topology.hosts["web1"])[1] == {
        "name": "web1 -> lb1:3306",
        "address": "10.0.0.2",
        "port": 3306,
        "protocol": "mysql",
        "expect": "open",
    }


def test_probe_target_asks_as_it_is_told(stack) -> None:
    topology = stack.parse()
    own = {"host": "shop.example", "statuses": [200]}
    found = probe_targets(topology, topology.hosts["lb1"], {("web1", 3000): own})
    asked = {each["name"]: each.get("host") for each in found}
    assert asked["lb1 -> web1:3000"] == "shop.example"
    assert asked["lb1 -> web2:3000"] is None


def test_port_is_closed_to_management_from_a_network_that_is_not_peered(stack) -> None:
    stack.flow("nginx_lb", "servers", 22)
    stack.topology["management"][0]["from"] = "10.0.0.0/8"
    topology = stack.parse()
    found = probe_targets(topology, topology.hosts["web1"])
    assert {p["name"]: p["expect"] for p in found if p["port"] == 22} == {
        "web1 -> db1:22": "closed"
    }


def test_undecided_ports_are_left_out(stack) -> None:
    """A range may hold the controller, whose address is not known; management may get in."""
    stack.flow("203.0.113.0/24", "nginx_lb", 8443)
    stack.flow("nginx_lb", "web1", 22)
    stack.topology["management"][0]["from"] = "203.0.113.0/24"
    topology = stack.parse()

    def ports(host: Host, expect: str) -> set[int]:
        return {p["port"] for p in probe_targets(topology, host) if p["expect"] == expect}

    controller = Host("controller", None, "")
    assert ports(controller, "open") == {80}
    assert ports(controller, "closed") == {3306, 3000}
    assert ports(topology.hosts["client"], "open") == {80, 8443}
    assert ports(topology.hosts["client"], "closed") == {3306, 3000}
    assert ports(topology.hosts["lb1"], "open") == {3000, 3306, 22}


def test_hosts_outside_probe_the_public_address(stack) -> None:
    stack.hostvars["lb1"]["peerlb_public_address"] = "203.0.113.80"
    topology = stack.parse()

    def addresses(source: str) -> dict[str, str]:
        found = probe_targets(topology, topology.host(source))
        return {each["name"].split(" -> ")[1]: each["address"] for each in found}

    assert addresses("localhost")["lb1:80"] == addresses("client")["lb1:3306"] == "203.0.113.80"
    assert addresses("localhost")["db1:3306"] == "10.2.0.2"
    assert addresses("web1")["lb1:3306"] == "10.0.0.2"


@pytest.mark.parametrize(
    ("source", "flow", "address"),
    [
        ("client", {"port": 8080}, "203.0.113.80:8080"),
        ("client", {"protocol": "tcp"}, "203.0.113.80:80"),
        ("web1", {}, "10.0.0.2:80"),
        ("client", {"to": "lb1"}, None),
        ("client", {"from": "vpc-web"}, None),
    ],
)
def test_service_address(stack, source, flow, address) -> None:
    stack.hostvars["lb1"]["peerlb_public_address"] = "203.0.113.80"
    stack.topology["flows"][0].update(flow)
    topology = stack.parse()
    if address:
        assert service_address(topology, "nginx_lb", topology.host(source)) == address
    else:
        with pytest.raises(TopologyError, match=f"none admits {source} to nginx_lb"):
            service_address(topology, "nginx_lb", topology.host(source))


@pytest.mark.parametrize(
    ("more", "target", "port"),
    [
        ((), "webapp", 3000),
        ([("nginx_lb", "webapp", 9100)], "webapp", 3000),
        ([("any", "webapp", 9100, "http")], "webapp", 3000),
        ([("any", "web1", 9100, "http")], "webapp", 3000),
        ([("any", "mysql", 33060, "mysql")], "mysql", 3306),
    ],
)
def test_service_port(stack, more, target, port) -> None:
    flows = stack.topology["flows"]
    stack.topology["flows"] = []
    for flow in more:
        stack.flow(*flow)
    stack.topology["flows"] += flows
    protocol = {"webapp": "http", "mysql": "mysql"}[target]
    assert service_port(stack.parse(), target, protocol, "nginx_lb") == port


def test_group_without_a_flow_to_all_its_hosts_has_no_service_port(stack) -> None:
    stack.topology["flows"][2]["to"] = "web1"
    with pytest.raises(TopologyError, match="none leads to webapp, which needs a port to serve"):
        service_port(stack.parse(), "webapp", "http", "nginx_lb")


@pytest.mark.parametrize(
    ("prefers_tls", "protocols", "address"),
    [
        (False, ("http", "https"), "10.0.0.2:80"),
        (True, ("http", "https"), "10.0.0.2:443"),
        (True, ("http", "tcp"), "10.0.0.2:80"),
        (False, ("tcp", "https"), "10.0.0.2:443"),
        (False, ("redis", "tcp"), "10.0.0.2:443"),
    ],
)
def test_client_asks_by_http_or_by_tls(edge, prefers_tls, protocols, address) -> None:
    edge.topology["flows"][0]["protocol"], edge.topology["flows"][4]["protocol"] = protocols
    topology = edge.parse()
    host, flow = service_flow(topology, "nginx_lb", topology.hosts["client"], prefers_tls)
    assert f"{host.address}:{flow.port}" == address


def test_ports_of_services(edge) -> None:
    assert service_ports(edge.parse(), STACK) == {"webapp": 3000, "mysql": 3306, "valkey": 6379}


def test_ranges_that_valkey_sees(edge) -> None:
    found = source_ranges(edge.parse(), "valkey", "redis") or []
    assert [str(cidr) for cidr in found] == ["10.0.0.2/32"]
    edge.flow("any", "valkey", 6379, "redis")
    assert source_ranges(edge.parse(), "valkey", "redis") is None
