# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._derive import (
    flow_address,
    grant_hosts,
    probe_targets,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology_values import (
    Host,
    TopologyError,
)


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
def test_one_flow_is_needed_for_an_address(stack, asked, complaint) -> None:
    with pytest.raises(TopologyError) as caught:
        flow_address(stack.parse(), *asked)
    assert str(caught.value) == f"topology.flows: one flow has to lead {complaint}"


@pytest.mark.parametrize(
    ("flows", "granted"),
    [
        ([], ["10.0.0.0/255.255.0.0"]),
        ([("vpc-lb", 3307)], ["10.0.0.0/255.255.0.0"]),
        ([("10.0.7.0/24", 3307)], ["10.0.0.0/255.255.0.0", "10.0.7.0/255.255.255.0"]),
        ([("clients", 3307)], ["10.0.0.0/255.255.0.0", "203.0.113.10/255.255.255.255"]),
        ([("any", 3307)], ["%"]),
    ],
)
def test_mysql_lets_in_whom_it_sees(stack, flows, granted) -> None:
    for source, port in flows:
        stack.flow(source, "db1", port, "mysql")
    assert grant_hosts(stack.parse(), "mysql") == granted


def test_other_flows_to_the_mysql_server_grant_nothing(stack) -> None:
    stack.flow("clients", "mysql", 22)
    assert grant_hosts(stack.parse(), "mysql") == ["10.0.0.0/255.255.0.0"]


def test_network_with_two_ranges_is_granted_twice(stack) -> None:
    stack.topology["networks"][0]["cidrs"].append("192.168.0.0/20")
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
def test_nobody_to_grant_is_an_error(stack, target, port, complaint) -> None:
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
def test_probes_of_a_host(stack, source, expected) -> None:
    topology = stack.parse()
    found = probe_targets(topology, topology.hosts[source])
    assert {each["name"].split(" -> ")[1]: each["expect"] for each in found} == expected


def test_probe_has_what_the_module_takes(stack) -> None:
    topology = stack.parse()
    assert probe_targets(topology, topology.hosts["web1"])[1] == {
        "name": "web1 -> lb1:3306",
        "address": "10.0.0.2",
        "port": 3306,
        "protocol": "mysql",
        "expect": "open",
    }


def test_management_gets_in_nowhere_that_no_packet_passes(stack) -> None:
    stack.flow("nginx_lb", "servers", 22)
    stack.topology["management"][0]["from"] = "10.0.0.0/8"
    topology = stack.parse()
    found = probe_targets(topology, topology.hosts["web1"])
    assert {p["name"]: p["expect"] for p in found if p["port"] == 22} == {
        "web1 -> db1:22": "closed"
    }


def test_nothing_is_expected_where_nothing_is_declared(stack) -> None:
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
