# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of who can reach whom in the lab, derived from its routes and rules as the kernel does."""

from __future__ import annotations

import ipaddress
import itertools
import re

import pytest
from ansible_collections.peerlb.stack.lab.links import link_name
from ansible_collections.peerlb.stack.lab.names import NOWHERE
from ansible_collections.peerlb.stack.lab.plan import MAIN, PlanError

from .conftest import DECLARATION, HOSTS

FLOW = re.compile(
    r'iifname "(\S+)" oifname "(\S+)" ip saddr (\S+) ip daddr (\S+) tcp dport (\d+) ct state new'
)


def way(plan, source: str, address: str) -> str:
    """Return the interface to which the fabric sends a packet: a host's, "uplink" or NOWHERE."""
    wanted = ipaddress.ip_address(address)
    table = next(link.table for link in plan.links if link.name == source)
    best = (-1, "nowhere")
    for route in plan.tables[table]:
        words = route.split()
        cidr = ipaddress.ip_network(words[0].replace("default", "0.0.0.0/0"))
        if wanted in cidr and cidr.prefixlen > best[0]:
            end = NOWHERE if route.startswith(NOWHERE) else words[words.index("dev") + 1]
            best = (cidr.prefixlen, end)
    return best[1]


def chain(plan, name: str) -> str:
    """Return the rules of one chain as text."""
    return plan.ruleset.split(f"chain {name} {{")[1].split("\n  }")[0]


def opened(plan) -> set[tuple[str, str, int]]:
    """Return the connections that the rules admit between hosts: source, target, port."""
    return {(m[1], m[2], int(m[5])) for m in FLOW.finditer(chain(plan, "flows"))}


def reached(plan) -> set[tuple[str, str, int]]:
    """Return the connections that the rules admit and that have routes in both directions."""
    address = {link.name: link.address for link in plan.links}
    return {
        (source, target, port)
        for source, target, port in opened(plan)
        if way(plan, source, address[target]) == target
        and way(plan, target, address[source]) == source
    }


EXPECTED = {
    ("client", "lb1", 80),
    ("web1", "lb1", 80),
    ("web2", "lb1", 80),
    ("db1", "lb1", 80),
    ("web1", "lb1", 3306),
    ("web2", "lb1", 3306),
    ("lb1", "web1", 3000),
    ("lb1", "web2", 3000),
    ("lb1", "db1", 3306),
}


def test_only_declared_flows_pass(plan_of):
    assert reached(plan_of()) == opened(plan_of()) == EXPECTED


def test_inventory_of_the_lab_gives_the_expected_connections(lab_plan, plan_of):
    wanted = plan_of()
    by_tls = {(source, "lb1", 443) for source in ("client", "web1", "web2", "db1")}
    assert reached(lab_plan) == EXPECTED | by_tls
    assert {link.name: link.address for link in lab_plan.hosts} == {
        link.name: link.address for link in wanted.hosts
    }


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("web1", "db1"),
        ("db1", "web1"),
        ("db1", "web2"),
        ("client", "web1"),
        ("client", "db1"),
        ("web1", "client"),
        ("db1", "client"),
    ],
)
def test_networks_without_a_peering_have_no_route(plan_of, source, target):
    plan = plan_of()
    assert way(plan, source, plan.host(target).address) == NOWHERE


def test_removed_peering_removes_the_route(plan_of):
    flows = [flow for flow in DECLARATION["flows"] if flow["to"] != "mysql"]
    plan = plan_of(peerings=[["vpc-nginx-lb", "vpc-webapp"]], flows=flows)
    assert way(plan, "lb1", "10.2.0.2") == NOWHERE
    assert way(plan, "lb1", "10.1.0.2") == "web1"


def test_removed_flow_removes_the_rule_but_not_the_route(plan_of):
    flows = [flow for flow in DECLARATION["flows"] if flow["to"] != "mysql"]
    plan = plan_of(flows=flows)
    assert ("lb1", "db1", 3306) not in opened(plan)
    assert way(plan, "lb1", "10.2.0.2") == "db1"


def test_hosts_of_one_network_pass_the_rules_too(plan_of):
    plan = plan_of()
    assert way(plan, "web1", "10.1.0.3") == "web2"
    assert not [entry for entry in opened(plan) if set(entry[:2]) == {"web1", "web2"}]


@pytest.mark.parametrize("host", ["lb1", "web1", "db1", "client"])
@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.77",
        "10.1.99.9",
        "10.255.255.53",
        "172.16.5.4",
        "192.168.1.1",
        "100.64.3.2",
        "169.254.169.254",
        "198.18.0.9",
        "35.235.241.7",
    ],
)
def test_private_addresses_do_not_leave_by_the_uplink(plan_of, host, address):
    assert way(plan_of(), host, address) == NOWHERE


def test_public_addresses_of_a_network_do_not_leave_by_the_uplink(plan_of):
    hosts = {**HOSTS, "mysql": {"db1": "8.8.4.4"}}
    networks = [*DECLARATION["networks"][:2], {"name": "vpc-db", "cidrs": ["8.8.4.0/24"]}]
    plan = plan_of(hosts, networks=networks)
    assert way(plan, "web1", "8.8.4.4") == way(plan, "client", "8.8.4.9") == NOWHERE
    assert way(plan, "lb1", "8.8.4.4") == "db1"


def test_hosts_but_not_management_reach_the_internet_by_the_uplink(plan_of):
    plan = plan_of()
    for link in plan.hosts:
        assert way(plan, link.name, "8.8.8.8") == "uplink"
        assert way(plan, link.name, "198.18.77.1") == "uplink"
    assert way(plan, "mgmt", "8.8.8.8") == NOWHERE


def test_management_reaches_only_port_22_of_every_host(plan_of):
    plan = plan_of()
    rules = FLOW.findall(chain(plan, "management"))
    assert [(rule[0], rule[1], rule[4]) for rule in rules] == [
        ("mgmt", link.link, "22") for link in plan.hosts
    ]
    assert ipaddress.ip_address(plan.management.address) in ipaddress.ip_network("35.235.240.0/20")
    assert not [rule for rule in opened(plan) if "22" in rule or "mgmt" in rule]
    for link in plan.hosts:
        assert way(plan, "mgmt", link.address) == link.name
        assert way(plan, link.name, plan.management.address) == "mgmt"


def test_packets_without_a_rule_and_from_other_addresses_are_dropped(plan_of):
    plan = plan_of()
    forward = chain(plan, "forward")
    assert "hook forward priority filter; policy drop;" in forward
    for link in plan.links:
        assert f'iifname "{link.link}" ip saddr != {link.address} drop' in forward
    refusal = f'oifname "{NOWHERE}" reject with icmp type host-unreachable'
    assert forward.index("ip saddr !=") < forward.index(refusal) < forward.index("established")


def test_hosts_of_networks_reach_the_mirror_and_nothing_else_in_the_fabric(plan_of):
    rules = chain(plan_of(), "input")
    assert "policy drop" in rules
    found = re.findall(r'iifname "(\S+)" ip daddr 198.18.77.2 tcp dport 5000 accept', rules)
    assert found == ["lb1", "web1", "web2", "db1"]
    assert rules.count("accept") == len(found) + 2  # answers, and ICMP


def test_new_host_changes_nothing_for_the_others(plan_of):
    before = plan_of()
    hosts = {**HOSTS, "webapp": {**HOSTS["webapp"], "web3": "10.1.0.4"}}
    after = plan_of(hosts)
    assert set(before.links) < set(after.links)
    for table, routes in before.tables.items():
        assert set(routes) <= set(after.tables[table])
    more = {("web3", "lb1", 80), ("web3", "lb1", 3306), ("lb1", "web3", 3000)}
    assert reached(after) == EXPECTED | more


def test_flow_from_a_range_admits_only_clients_in_the_range(plan_of):
    hosts = {**HOSTS, "clients": {"client": "203.0.113.10", "other": "198.51.100.7"}}
    flows = [{"from": "203.0.113.0/24", "to": "nginx_lb", "port": 80}]
    plan = plan_of(hosts, flows=flows)
    assert way(plan, "client", "10.0.0.2") == "lb1"
    assert way(plan, "other", "10.0.0.2") == NOWHERE
    assert opened(plan) == {("client", "lb1", 80)}
    assert way(plan, "client", "198.51.100.7") == NOWHERE


def test_main_table_has_every_link_and_no_default_route(plan_of):
    plan = plan_of()
    assert len(plan.tables[MAIN]) == len(plan.links)
    assert not [route for route in plan.tables[MAIN] if "uplink" in route or "default" in route]


@pytest.mark.parametrize(
    ("hosts", "changed", "word"),
    [
        ({"clients": {"bad name": "203.0.113.1"}}, {}, "bad name"),
        ({"clients": {"mgmt": "203.0.113.1"}}, {}, "itself uses this name"),
        ({"clients": {"c1": "203.0.113.1", "c2": "203.0.113.1"}}, {}, "c1 and c2 share"),
        ({"clients": {"c1": "a.name"}}, {}, "no IPv4 address"),
        ({}, {"management": []}, "no way to the lab's hosts"),
        ({}, {"management": [{"from": "1.2.3.0/24", "port": 2222}]}, "port 22"),
    ],
)
def test_inventory_that_cannot_be_a_lab_is_an_error(plan_of, hosts, changed, word):
    with pytest.raises(PlanError, match=re.escape(word)):
        plan_of({**HOSTS, **hosts}, **changed)


def test_error_about_an_unknown_host_lists_the_known_ones(plan_of):
    with pytest.raises(PlanError, match="no host web9; there are lb1, web1, web2, db1, client"):
        plan_of().host("web9")


def test_long_host_names_get_short_and_different_link_names():
    names = [f"a-host-with-a-long-name-{number}" for number in range(50)]
    links = [link_name(name) for name in names]
    assert max(map(len, links)) <= 15
    assert all(a != b for a, b in itertools.combinations(links, 2))
    assert link_name("web1") == "web1"
