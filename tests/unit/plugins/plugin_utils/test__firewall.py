# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.text import parse_ruleset
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.walk import judge
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._firewall import firewall_rules

OUTSIDE = "203.0.113.10"
MANAGER = "35.235.240.9"


@pytest.fixture
def declared(bare):
    bare.topology["management"] = [{"from": "35.235.240.0/20", "port": 22}]
    bare.add("lb1", "10.0.0.2", "nginx_lb")
    bare.add("lb2", "10.0.0.3", "nginx_lb")
    bare.add("web1", "10.1.0.2", "webapp")
    bare.add("web2", "10.1.0.3", "webapp")
    bare.add("spare", "10.1.0.9")
    bare.add("db1", "10.2.0.2", "mysql")
    bare.add("client", OUTSIDE, "clients")
    bare.flow("any", "nginx_lb", 80, "http")
    bare.flow("webapp", "nginx_lb", 3306, "mysql")
    bare.flow("nginx_lb", "webapp", 3000, "http")
    bare.flow("nginx_lb", "mysql", 3306, "mysql")
    bare.flow("vpc-lb", "web2", 9100)
    bare.flow("10.1.0.0/29", "lb2", 9101)
    bare.flow("any", "spare", 8080)
    return bare


def packet(source: str, target: str, port: int, **others: object) -> dict:
    return {
        "saddr": source,
        "daddr": target,
        "dport": port,
        "original_daddr": target,
        "original_dport": port,
        "iifname": "eth0",
        "status": "",
        **others,
    }


def forwarded(source: str, target: str, port: int, **others: object) -> dict:
    """Return a packet to a port that a container publishes, as Docker has translated it."""
    inside = {"daddr": "172.18.0.2", "dport": 9, "oifname": "br-1a2b", "status": "dnat"}
    return {**packet(source, target, port), **inside, **others}


def action(text: str, seen: dict, hook: str) -> str:
    # The walk knows matches of three words at most; this is nft's older word for the same.
    rules = parse_ruleset(text)
    verdict = judge(rules, seen, [hook])
    assert verdict.doubts == []
    return verdict.action


def test_agrees_with_the_declaration(declared) -> None:
    """From every host to every port of every other, on the host itself and in a container."""
    topology = declared.parse()
    ports = {flow.port for flow in topology.flows} | {22, 5000}
    admitted = 0
    for target in topology.hosts.values():
        if target.network is None:
            continue
        text = firewall_rules(topology, target.name)
        for source in topology.hosts.values():
            for port in ports if source != target else ():
                wanted = "accept" if topology.admits(source, target, port) else "drop"
                way = (source.address, target.address, port)
                assert action(text, packet(*way), "input") == wanted, (source, target, port)
                assert action(text, forwarded(*way), "forward") == wanted, (source, target, port)
                admitted += wanted == "accept"
    assert admitted > 25


@pytest.mark.parametrize(
    ("seen", "hook", "wanted"),
    [
        (packet(MANAGER, "10.2.0.2", 22), "input", "accept"),
        (packet(MANAGER, "192.0.2.7", 22), "input", "accept"),
        (packet(MANAGER, "10.2.0.2", 3306), "input", "drop"),
        (packet(OUTSIDE, "10.2.0.2", 22), "input", "drop"),
        (packet("10.0.0.2", "192.0.2.7", 3306), "input", "drop"),
        (packet("172.18.0.2", "10.2.0.2", 53, iifname="br-1a2b"), "input", "accept"),
        (packet("127.0.0.1", "10.2.0.2", 3306, iifname="lo"), "input", "accept"),
        (packet(OUTSIDE, "10.2.0.2", 9, state="established"), "input", "accept"),
        # A container goes out; what does not pass Docker's translation does not come in.
        (
            packet("172.18.0.2", OUTSIDE, 443, iifname="docker0", oifname="eth0"),
            "forward",
            "accept",
        ),
        (packet("10.0.0.2", "172.18.0.2", 3306, oifname="br-1a2b"), "forward", "drop"),
        (packet(OUTSIDE, "10.9.0.1", 443, oifname="eth1"), "forward", "accept"),
        (forwarded(MANAGER, "10.2.0.2", 22), "forward", "drop"),
    ],
)
def test_what_the_flows_do_not_say(declared, seen, hook, wanted) -> None:
    assert action(firewall_rules(declared.parse(), "db1"), seen, hook) == wanted


def test_from_outside_any_address_of_the_host_will_do(declared) -> None:
    text = firewall_rules(declared.parse(), "lb1")
    assert action(text, packet(OUTSIDE, "198.51.100.7", 80), "input") == "accept"


def test_a_network_that_is_not_peered_stays_out_where_any_is_admitted(declared) -> None:
    text = firewall_rules(declared.parse(), "spare")
    assert action(text, packet("10.2.0.77", "10.1.0.9", 8080), "input") == "drop"
    assert action(text, packet("10.0.0.77", "10.1.0.9", 8080), "input") == "accept"


def test_no_management_is_no_way_in(declared) -> None:
    declared.topology["management"] = []
    text = firewall_rules(declared.parse(), "db1")
    assert action(text, packet(MANAGER, "10.2.0.2", 22), "input") == "drop"


def test_only_its_own_table_is_replaced(declared) -> None:
    lines = firewall_rules(declared.parse(), "db1").splitlines()
    named = [line for line in lines if "table" in line and not line.startswith("#")]
    assert named == ["table inet peerlb", "delete table inet peerlb", "table inet peerlb {"]
    assert "flush" not in " ".join(lines)


@pytest.mark.parametrize("trusted", ["", "*", 'a" drop', "eth 0", "x" * 16])
def test_interfaces_that_can_not_be(declared, trusted) -> None:
    with pytest.raises(TopologyError, match="names no interface"):
        firewall_rules(declared.parse(), "db1", [trusted])


@pytest.mark.parametrize("trusted", ["docker0", {"docker0": {}}, None])
def test_what_is_no_list_of_interfaces(declared, trusted) -> None:
    """The letters of a text would pass as names."""
    with pytest.raises(TopologyError) as caught:
        firewall_rules(declared.parse(), "db1", trusted)
    assert str(caught.value) == f"firewall_trusted_interfaces is {trusted!r}, not a list"


@pytest.mark.parametrize("name", ["client", "nobody"])
def test_a_host_outside_has_no_rules(declared, name) -> None:
    with pytest.raises(TopologyError, match=f"^host {name}: stands in no declared network"):
        firewall_rules(declared.parse(), name)
