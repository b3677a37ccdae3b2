# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

RANGES = "(vpc-lb 10.0.0.0/16, vpc-web 10.1.0.0/16, vpc-db 10.2.0.0/16)"
REMEDY = "list the host's addresses in peerlb_addresses"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (
            {"ansible_host": "10.9.0.2"},
            f"10.9.0.2 lies in none of the declared networks {RANGES}; {REMEDY}",
        ),
        (
            {"ansible_host": "web.example.com"},
            f"ansible_host web.example.com is not an IPv4 address; {REMEDY}",
        ),
        ({"ansible_host": "fd00::1"}, f"ansible_host fd00::1 is not an IPv4 address; {REMEDY}"),
        ({}, f"has no address; {REMEDY}"),
        ({"peerlb_addresses": []}, f"peerlb_addresses is empty; {REMEDY}"),
        (
            {"ansible_host": "10.1.0.2", "peerlb_addresses": []},
            f"peerlb_addresses is empty; {REMEDY}",
        ),
        (
            {"peerlb_addresses": "10.1.0.2"},
            "peerlb_addresses is '10.1.0.2', not a list of addresses",
        ),
        (
            {"peerlb_addresses": ["web"]},
            "peerlb_addresses: web is not an IPv4 address such as 10.0.0.2",
        ),
        (
            {"peerlb_addresses": ["fd00::1"]},
            "peerlb_addresses: fd00::1 is IPv6; write an IPv4 address such as 10.0.0.2",
        ),
        (
            {"peerlb_addresses": ["198.51.100.1"]},
            f"198.51.100.1 lies in none of the declared networks {RANGES}; {REMEDY}",
        ),
        (
            {"peerlb_addresses": ["10.1.0.2", "10.2.0.9"]},
            "has more than one address in the declared networks: 10.1.0.2 in vpc-web,"
            " 10.2.0.9 in vpc-db; list the one to use in peerlb_addresses",
        ),
        (
            {"peerlb_addresses": ["10.1.0.2", "10.1.0.9"]},
            "has more than one address in the declared networks: 10.1.0.2 in vpc-web,"
            " 10.1.0.9 in vpc-web; list the one to use in peerlb_addresses",
        ),
        (
            {"ansible_host": "10.1.0.2", "peerlb_public_address": "shop.example.com"},
            "peerlb_public_address: shop.example.com is not an IPv4 address such as 10.0.0.2",
        ),
        ({"ansible_host": "10.1.0.3"}, None),
    ],
)
def test_host_is_refused(stack, values, complaint) -> None:
    stack.hostvars["web1"] = values
    if complaint is None:
        expected = "host web2: has the address of web1, 10.1.0.3"
    else:
        expected = f"host web1: {complaint}"
    assert stack.problems() == [expected]


@pytest.mark.parametrize(
    ("name", "values", "address"),
    [
        ("web9", {"ansible_host": "10.1.0.9"}, "10.1.0.9"),
        ("10.1.0.9", {}, "10.1.0.9"),
        ("web9", {"ansible_host": "web9", "peerlb_addresses": ["10.1.0.9"]}, "10.1.0.9"),
        ("web9", {"peerlb_addresses": ["198.51.100.1", "172.17.0.1", "10.1.0.9"]}, "10.1.0.9"),
        ("web9", {"peerlb_addresses": ["10.1.0.9", "10.1.0.9"]}, "10.1.0.9"),
    ],
)
def test_address_is_the_one_in_the_declared_networks(stack, name, values, address) -> None:
    stack.add(name, None, "webapp")
    stack.hostvars[name] = values
    host = stack.parse().hosts[name]
    assert (host.network, host.address) == ("vpc-web", address)


def test_host_has_its_zone_and_its_groups(stack) -> None:
    host = stack.parse().hosts["web1"]
    assert (host.zone, host.groups) == ("a", ("servers", "webapp"))


def test_any_range_of_a_network_holds_its_hosts(stack) -> None:
    stack.topology["networks"][1]["cidrs"].append("192.168.7.0/24")
    stack.add("web3", "192.168.7.3", "webapp")
    assert stack.parse().hosts["web3"].network == "vpc-web"


def test_hosts_that_no_flow_names_may_lie_outside_every_network(stack) -> None:
    stack.add("elsewhere", "198.51.100.7", "monitoring")
    stack.add("controller", None)
    del stack.hostvars["controller"]
    hosts = stack.parse().hosts
    assert "elsewhere" not in hosts
    assert "controller" not in hosts


def test_host_in_two_networks_is_refused_though_no_flow_names_it(stack) -> None:
    stack.add("router", None, peerlb_addresses=["10.0.0.9", "10.1.0.9"])
    (problem,) = stack.problems()
    assert problem.startswith("host router: has more than one address in the declared networks")


def test_clients_may_lie_in_a_network_or_outside(stack) -> None:
    stack.add("visitor", "10.1.0.77", "clients")
    stack.add("unknown", "laptop.example.com", "clients")
    hosts = stack.parse().hosts
    assert hosts["client"].network is None
    assert hosts["client"].address == "203.0.113.10"
    assert hosts["visitor"].network == "vpc-web"
    assert hosts["unknown"].address == ""


def test_flow_from_clients_does_not_put_them_in_a_network(stack) -> None:
    stack.flow("clients", "nginx_lb", 8443)
    stack.flow("client", "nginx_lb", 8444)
    assert [host.name for host in stack.parse().members("clients")] == ["client"]


def test_client_that_is_also_a_web_server_needs_a_network(stack) -> None:
    stack.groups["webapp"].append("client")
    (problem,) = stack.problems()
    assert problem.startswith("host client: 203.0.113.10 lies in none of the declared networks")


def test_clients_outside_may_share_an_address(stack) -> None:
    stack.add("neighbour", "203.0.113.10", "clients")
    assert stack.parse().hosts["neighbour"].address == "203.0.113.10"
