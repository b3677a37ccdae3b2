# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.text import parse_ruleset
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.walk import judge
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._firewall import firewall_rules

OUTSIDE = "203.0.113.10"
MANAGER = "35.235.240.9"


@pytest.fixture
def inventory(bare):
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


def action(text: str, sent: dict, hook: str) -> str:
    rules = parse_ruleset(text)
    verdict = judge(rules, sent, [hook])
    assert verdict.doubts == []
    return verdict.action


def test_rules_admit_what_the_declaration_admits(inventory) -> None:
    """From every host to every port of every other, on the host itself and in a container."""
    topology = inventory.parse()
    ports = {flow.port for flow in topology.flows} | {22, 5000}
    admitted = 0
    for target in topology.hosts.values():
        if target.network is None:
            continue
        text = firewall_rules(topology, target.name)
        for source in topology.hosts.values():
            for port in ports if source != target else ():
                expected = "accept" if topology.admits(source, target, port) else "drop"
                ends = (source.address, target.address, port)
                assert action(text, packet(*ends), "input") == expected, (source, target, port)
                assert action(text, forwarded(*ends), "forward") == expected, (source, target, port)
                admitted += expected == "accept"
    assert admitted > 25


@pytest.mark.parametrize(
    ("sent", "hook", "expected"),
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
def test_packets_that_no_flow_is_about(inventory, sent, hook, expected) -> None:
    assert action(firewall_rules(inventory.parse(), "db1"), sent, hook) == expected


def test_flow_from_any_admits_packets_to_every_address_of_the_host(inventory) -> None:
    text = firewall_rules(inventory.parse(), "lb1")
    assert action(text, packet(OUTSIDE, "198.51.100.7", 80), "input") == "accept"


def test_flow_from_any_does_not_admit_a_network_that_is_not_peered(inventory) -> None:
    text = firewall_rules(inventory.parse(), "spare")
    assert action(text, packet("10.2.0.77", "10.1.0.9", 8080), "input") == "drop"
    assert action(text, packet("10.0.0.77", "10.1.0.9", 8080), "input") == "accept"


def test_without_management_nobody_reaches_ssh(inventory) -> None:
    inventory.topology["management"] = []
    text = firewall_rules(inventory.parse(), "db1")
    assert action(text, packet(MANAGER, "10.2.0.2", 22), "input") == "drop"


def test_rules_replace_only_their_own_table(inventory) -> None:
    lines = firewall_rules(inventory.parse(), "db1").splitlines()
    named = [line for line in lines if "table" in line and not line.startswith("#")]
    assert named == ["table inet peerlb", "delete table inet peerlb", "table inet peerlb {"]
    assert "flush" not in " ".join(lines)


@pytest.mark.parametrize("trusted", ["", "*", 'a" drop', "eth 0", "x" * 16])
def test_names_that_no_interface_can_have_are_refused(inventory, trusted) -> None:
    with pytest.raises(TopologyError, match="names no interface"):
        firewall_rules(inventory.parse(), "db1", [trusted])


@pytest.mark.parametrize("trusted", ["docker0", {"docker0": {}}, None])
def test_interfaces_have_to_be_a_list(inventory, trusted) -> None:
    """The letters of a text would pass as names."""
    with pytest.raises(TopologyError) as caught:
        firewall_rules(inventory.parse(), "db1", trusted)
    assert str(caught.value) == f"firewall_trusted_interfaces is {trusted!r}, not a list"


@pytest.mark.parametrize("name", ["client", "nobody"])
def test_host_outside_of_the_networks_has_no_rules(inventory, name) -> None:
    with pytest.raises(TopologyError, match=f"^host {name}: stands in no declared network"):
        firewall_rules(inventory.parse(), name)


OWN = [
    {"protocol": "vrrp", "from": "10.0.0.0/24"},
    {"protocol": "udp", "port": 51820, "comment": 'Wire"Guard\n}'},
    {"protocol": "tcp", "port": "6000-6010", "from": "2001:db8::/32"},
    "ip saddr 10.9.0.0/24 udp dport { 161, 162 } accept",
]


def test_rules_of_ones_own_come_before_the_declared_ones(inventory) -> None:
    text = firewall_rules(inventory.parse(), "lb1", extra=OWN)
    chain = text.partition("chain own {\n")[2].partition("\n  }")[0]
    assert [line.strip() for line in chain.splitlines()] == [
        'ip saddr 10.0.0.0/24 meta l4proto 112 accept comment "vrrp"',
        'meta l4proto udp ct original proto-dst 51820 accept comment "Wire Guard  "',
        "ip6 saddr 2001:db8::/32 meta l4proto tcp ct original proto-dst 6000-6010 accept"
        ' comment "tcp"',
        "ip saddr 10.9.0.0/24 udp dport { 161, 162 } accept",
    ]
    own = firewall_rules(inventory.parse(), "lb1", extra=["tcp dport 9100 accept"])
    assert action(own, packet(OUTSIDE, "10.0.0.2", 9100), "input") == "accept"
    plain = firewall_rules(inventory.parse(), "lb1")
    assert action(plain, packet(OUTSIDE, "10.0.0.2", 9100), "input") == "drop"


@pytest.mark.skipif(shutil.which("nft") is None, reason="this machine has no nft")
def test_nft_accepts_rules_of_ones_own(inventory, tmp_path) -> None:
    file = tmp_path / "rules.nft"
    file.write_text(firewall_rules(inventory.parse(), "lb1", extra=OWN))
    command = ["unshare", "-rn", "nft", "--check", "--file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("ip protocol vrrp accept", "not a list"),
        ([""], "right is one rule"),
        (["accept\n } table x {"], "right is one rule"),
        (["accept; flush ruleset"], "right is one rule"),
        (["} accept {"], "right is one rule"),
        (['comment "x'], "right is one rule"),
        ([7], "right is a mapping"),
        ([{"protocol": "tcp", "ports": 1}], "right is a mapping"),
        ([{"protocol": "tcp"}], "port: right is"),
        ([{"protocol": "udp", "port": 0}], "port: right is"),
        ([{"protocol": "udp", "port": 70000}], "port: right is"),
        ([{"protocol": "udp", "port": "20-10"}], "port: right is"),
        ([{"protocol": "vrrp", "port": 1}], "protocol: right is"),
        ([{"protocol": "http", "port": 80}], "protocol: right is"),
        ([{"protocol": "tcp", "port": 22, "from": "bastion.example"}], "look up a name only once"),
    ],
)
def test_wrong_rules_of_ones_own_are_named(inventory, extra, words) -> None:
    with pytest.raises(TopologyError, match=words) as caught:
        firewall_rules(inventory.parse(), "lb1", extra=extra)
    assert "firewall_extra_rules" in str(caught.value)
