# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("declaration", "complaint"),
    [
        (None, "topology: is not declared"),
        ("networks", "topology: is not a mapping with networks, peerings and flows"),
        ([], "topology: is not a mapping with networks, peerings and flows"),
        ({}, "topology.networks: declares no network"),
        ({"networks": None}, "topology.networks: declares no network"),
        ({"networks": "vpc"}, "topology.networks: is 'vpc', not a list"),
        ({"networks": {"name": "vpc"}}, "topology.networks: is {'name': 'vpc'}, not a list"),
    ],
)
def test_declaration_is_refused(bare, declaration, complaint) -> None:
    bare.topology = declaration
    assert bare.problems() == [complaint]


@pytest.mark.parametrize("section", ["peerings", "flows", "management"])
@pytest.mark.parametrize("value", ["text", {}, 0, False])
def test_section_is_refused(bare, section, value) -> None:
    bare.topology[section] = value
    assert bare.problems() == [f"topology.{section}: is {value!r}, not a list"]


def test_unknown_section_is_named(bare) -> None:
    bare.topology["flow"] = []
    expected = (
        "topology: unknown key flow; known: networks, peerings, flows, management; is flows meant?"
    )
    assert bare.problems() == [expected]


def test_sections_but_the_networks_may_be_left_out(bare) -> None:
    bare.topology = {"networks": bare.topology["networks"], "peerings": None}
    assert bare.parse().flows == ()


NETWORK = {"name": "vpc", "cidrs": ["10.9.0.0/16"]}


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (None, ": is None, not a mapping with name, cidrs"),
        ("vpc", ": is 'vpc', not a mapping with name, cidrs"),
        ({"name": "vpc"}, " vpc: cidrs is missing"),
        ({"name": "vpc", "cidrs": []}, " vpc: cidrs is missing"),
        ({"cidrs": ["10.9.0.0/16"]}, ": name is missing"),
        (
            {**NETWORK, "cidr": "10.8.0.0/16"},
            " vpc: unknown key cidr; known: name, cidrs; is cidrs meant?",
        ),
        ({**NETWORK, "cidrs": "10.9.0.0/16"}, " vpc: cidrs is '10.9.0.0/16', not a list of ranges"),
        (
            {**NETWORK, "cidrs": ["10.9.0.1/16"]},
            " vpc: 10.9.0.1/16 has host bits set; write 10.9.0.0/16",
        ),
        (
            {**NETWORK, "cidrs": ["fd00::/8"]},
            " vpc: fd00::/8 is IPv6; write an IPv4 range such as 10.0.0.0/16",
        ),
        (
            {**NETWORK, "cidrs": ["0.0.0.0/0"]},
            " vpc: 0.0.0.0/0 holds 0.0.0.0/8, which is reserved; write a smaller range",
        ),
        ({**NETWORK, "cidrs": [None]}, " vpc: None is not an IPv4 range such as 10.0.0.0/16"),
        ({**NETWORK, "name": "vpc-lb"}, " vpc-lb: this name is declared twice"),
        ({**NETWORK, "name": "any"}, " any: this name also means anybody; take another"),
        (
            {**NETWORK, "name": "webapp"},
            " webapp: this name also means a group or a host of the inventory; take another",
        ),
        (
            {**NETWORK, "name": "web1"},
            " web1: this name also means a group or a host of the inventory; take another",
        ),
        ({**NETWORK, "name": "a/b"}, " a/b: name a/b is not letters, digits, '_', '.' or '-'"),
    ],
)
def test_network_is_refused(stack, entry, complaint) -> None:
    stack.topology["networks"].append(entry)
    assert stack.problems() == [f"topology.networks[3]{complaint}"]


@pytest.mark.parametrize(
    ("cidrs", "complaint"),
    [
        (["10.1.128.0/17"], "vpc-2: 10.1.128.0/17 overlaps 10.1.0.0/16 of vpc-web"),
        (["10.1.0.0/16"], "vpc-2: 10.1.0.0/16 overlaps 10.1.0.0/16 of vpc-web"),
        (["10.9.0.0/16", "10.9.9.0/24"], "vpc-2: 10.9.9.0/24 overlaps 10.9.0.0/16 of vpc-2"),
    ],
)
def test_overlapping_ranges_are_named(stack, cidrs, complaint) -> None:
    stack.topology["networks"].append({"name": "vpc-2", "cidrs": cidrs})
    assert stack.problems() == [
        f"topology.networks {complaint}; an address must lie in one range only"
    ]


def test_every_network_in_a_wide_range_is_named(bare) -> None:
    """Each network is named, not only the first: the ranges of peers are often wrong together."""
    bare.topology["networks"].append({"name": "wide", "cidrs": ["10.0.0.0/14"]})
    assert [problem.split(";")[0] for problem in bare.problems()] == [
        "topology.networks vpc-lb: 10.0.0.0/16 overlaps 10.0.0.0/14 of wide",
        "topology.networks vpc-web: 10.1.0.0/16 overlaps 10.0.0.0/14 of wide",
        "topology.networks vpc-db: 10.2.0.0/16 overlaps 10.0.0.0/14 of wide",
    ]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("vpc-lb", "is 'vpc-lb', not a pair of networks"),
        (["vpc-lb"], "is ['vpc-lb'], not a pair of networks"),
        ({"vpc-lb": "vpc-web"}, "is {'vpc-lb': 'vpc-web'}, not a pair of networks"),
        (
            ["vpc-lb", "vpc-wbe"],
            "vpc-lb with vpc-wbe: no network is named vpc-wbe; is vpc-web meant?",
        ),
        (
            ["vpc-lb", None],
            "vpc-lb with None: no network is named None; known: vpc-lb, vpc-web, vpc-db",
        ),
        (["vpc-lb", "vpc-lb"], "vpc-lb cannot be peered with itself; name two networks"),
        (["vpc-web", "vpc-lb"], "vpc-web with vpc-lb is declared twice; remove one"),
    ],
)
def test_peering_is_refused(stack, entry, complaint) -> None:
    stack.topology["peerings"].append(entry)
    assert stack.problems() == [f"topology.peerings[2]: {complaint}"]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("10.0.0.0/8", "is '10.0.0.0/8', not a mapping with from, port"),
        ({"from": "10.0.0.0/8"}, "port is missing"),
        ({"from": "bastion", "port": 22}, "bastion is not an IPv4 range such as 10.0.0.0/16"),
        ({"from": "10.0.0.0/8", "port": 0}, "port is 0, not a whole number from 1 to 65535"),
        (
            {"from": "35.235.240.0/20", "port": "22"},
            "35.235.240.0/20 to 22 is declared twice; remove one",
        ),
    ],
)
def test_management_is_refused(stack, entry, complaint) -> None:
    stack.topology["management"].append(entry)
    assert stack.problems() == [f"topology.management[1]: {complaint}"]


@pytest.mark.parametrize(
    ("ends", "complaint"),
    [
        (("webap", "nginx_lb", 81), "from webap is no group, host or network; is webapp meant?"),
        (
            ("webapp", "nginx_bl", 81),
            "to nginx_bl is no group, host or network; is nginx_lb meant?",
        ),
        (
            ("web1.example.com", "nginx_lb", 81),
            "from web1.example.com is no group, host or network; known: vpc-lb, ",
        ),
        (("empty", "nginx_lb", 81), "group empty has no hosts"),
        (("webapp", "empty", 81), "group empty has no hosts"),
        (
            ("localhost", "nginx_lb", 81),
            "from localhost is no group, host or network; known: vpc-lb, ",
        ),
        (("all", "nginx_lb", 81), "from all: name a group, a host or a network, or from any"),
        (("any", "any", 81), "to any: a flow leads to a group, a host or a network"),
        (
            ("any", "10.0.0.0/16", 81),
            "to 10.0.0.0/16: a flow leads to a group, a host or a network",
        ),
        (
            ("10.1.0.2", "nginx_lb", 81),
            "10.1.0.2 has no prefix length; write 10.1.0.2/32 for one address",
        ),
        (("10.1.0.2/16", "nginx_lb", 81), "10.1.0.2/16 has host bits set; write 10.1.0.0/16"),
        (("fd00::1", "nginx_lb", 81), "fd00::1 is IPv6; write an IPv4 range such as 10.0.0.0/16"),
        (
            ("127.0.0.0/8", "nginx_lb", 81),
            "127.0.0.0/8 is reserved: no host of a network has an address in it",
        ),
        (("webapp", "nginx_lb", 70000), "port is 70000, not a whole number from 1 to 65535"),
        (("webapp", "nginx_lb", "http"), "port is 'http', not a whole number from 1 to 65535"),
        (
            ("webapp", "nginx_lb", 81, "udp"),
            "protocol is 'udp', not one of tcp, http, https, mysql, redis",
        ),
        (
            ("webapp", "nginx_lb", 81, []),
            "protocol is [], not one of tcp, http, https, mysql, redis",
        ),
    ],
)
def test_flow_is_refused(stack, ends, complaint) -> None:
    stack.groups["empty"] = []
    stack.flow(*ends)
    source, target, port = ends[:3]
    (problem,) = stack.problems()
    assert problem.startswith(f"topology.flows[4]: {source} -> {target}:{port}: {complaint}")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("any -> lb", "is 'any -> lb', not a mapping with from, to, port"),
        ({"from": "any", "to": "nginx_lb"}, "port is missing"),
        ({"to": "nginx_lb", "port": 80}, "from is missing"),
        (
            {"from": "any", "to": "nginx_lb", "ports": 80},
            "unknown key ports; known: from, to, port, protocol; is port meant?",
        ),
        (
            {"from": "any", "to": "nginx_lb", "port": "80", "protocol": "http"},
            "any -> nginx_lb:80 (http) is declared twice; remove one",
        ),
        (
            {"from": "any", "to": "nginx_lb", "port": 80},
            "any -> nginx_lb:80 (tcp) contradicts any -> nginx_lb:80 (http); remove one",
        ),
    ],
)
def test_flow_entry_is_refused(stack, entry, complaint) -> None:
    stack.topology["flows"].append(entry)
    assert stack.problems() == [f"topology.flows[4]: {complaint}"]


def test_every_entry_at_fault_is_named_and_no_other(stack) -> None:
    """A peering or a flow that names a network at fault is not at fault itself."""
    stack.topology["networks"][0]["cidrs"] = ["10.0.0.1/16"]
    stack.topology["peerings"].append(["vpc-lb", "vpc-x"])
    stack.flow("vpc-lb", "webapp", 70000)
    stack.topology["management"].append(None)
    assert [problem.split(":")[0] for problem in stack.problems()] == [
        "topology.networks[0] vpc-lb",
        "topology.peerings[2]",
        "topology.flows[4]",
        "topology.management[1]",
    ]


def test_host_named_by_its_address_may_be_named_in_a_flow(stack) -> None:
    stack.add("10.1.0.9", None)
    stack.flow("10.1.0.9", "nginx_lb", 81)
    assert stack.parse().flows[-1].source == "10.1.0.9"
