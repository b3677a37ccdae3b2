# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

TRANSITIVE = "vpc-web and vpc-db are not peered, and peering is not transitive; "


def test_flow_without_a_route_names_the_relay_that_is_there(stack) -> None:
    stack.flow("webapp", "mysql", 3306, "mysql")
    assert stack.problems() == [
        f"flow webapp -> mysql:3306 (mysql): {TRANSITIVE}"
        "go through nginx_lb:3306 in vpc-lb, which is peered with both"
    ]


def test_relay_is_a_group_of_the_network_between(stack) -> None:
    """A group with hosts elsewhere is no relay; a group that flows name comes before others."""
    stack.groups["edge"] = ["lb1"]
    stack.topology["flows"] = [flow for flow in stack.topology["flows"] if flow["port"] != 3306]
    stack.flow("servers", "nginx_lb", 9100)
    stack.flow("webapp", "mysql", 3306, "mysql")
    (problem,) = stack.problems()
    assert "go through nginx_lb:3306 in vpc-lb" in problem


def test_flow_for_which_there_is_no_relay_yet(stack) -> None:
    stack.topology["networks"] += [
        {"name": "vpc-a", "cidrs": ["10.8.0.0/16"]},
        {"name": "vpc-b", "cidrs": ["10.9.0.0/16"]},
    ]
    stack.add("a", "10.8.0.2")
    stack.flow("a", "webapp", 3001)
    assert stack.problems() == [
        "flow a -> webapp:3001 (tcp): vpc-a and vpc-web are not peered, and peering is not"
        " transitive; no network is peered with both: peer them, or add a relay between them"
    ]
    stack.topology["peerings"] += [["vpc-a", "vpc-b"], ["vpc-b", "vpc-web"]]
    (problem,) = stack.problems()
    assert problem.endswith("go through a host in vpc-b, which is peered with both")


@pytest.mark.parametrize(
    ("source", "pairs"),
    [
        ("webapp", 1),
        ("web1", 1),
        ("vpc-web", 1),
        ("10.1.0.0/24", 1),
        ("servers", 1),
        ("10.0.0.0/15", 1),  # vpc-lb and vpc-web
        ("10.0.0.0/14", 0),  # wider than the declared networks: includes hosts outside
        ("any", 0),
        ("203.0.113.0/24", 0),
        ("clients", 0),
        ("nginx_lb", 0),
    ],
)
def test_every_kind_of_source_is_judged_by_its_networks(stack, source, pairs) -> None:
    stack.flow(source, "mysql", 3307)
    expected = f"flow {source} -> mysql:3307 (tcp): {TRANSITIVE}"
    problems = stack.problems() if pairs else stack.parse() and []
    assert [problem[: len(expected)] for problem in problems] == [expected] * pairs


def test_flow_between_groups_in_many_networks_is_named_once(stack) -> None:
    stack.flow("servers", "servers", 9100)
    assert stack.problems() == [
        f"flow servers -> servers:9100 (tcp): {TRANSITIVE}go through nginx_lb:9100 in vpc-lb,"
        " which is peered with both (and 1 more of its pairs of networks)"
    ]


def test_target_without_hosts_is_named(stack) -> None:
    stack.topology["networks"].append({"name": "vpc-new", "cidrs": ["10.9.0.0/16"]})
    stack.flow("any", "vpc-new", 80)
    assert stack.problems() == [
        "flow any -> vpc-new:80 (tcp): no host of the inventory stands in vpc-new"
    ]


def test_target_without_an_address_is_named(stack) -> None:
    stack.hostvars["client"] = {"ansible_host": "laptop.example.com"}
    stack.flow("nginx_lb", "clients", 9000)
    assert stack.problems() == [
        "flow nginx_lb -> clients:9000 (tcp): host client has no IPv4 address;"
        " list one in peerlb_addresses"
    ]


def test_one_port_speaks_one_protocol(stack) -> None:
    stack.flow("web1", "lb1", 80, "mysql")
    assert stack.problems() == [
        "flow web1 -> lb1:80 (mysql) contradicts any -> nginx_lb:80 (http):"
        " lb1:80 speaks one protocol"
    ]
