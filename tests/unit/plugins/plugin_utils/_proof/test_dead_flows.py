# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.dead_flows import dead_flows
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("source", "target", "port", "by"),
    [
        ("webapp", "nginx_lb", 80, "any -> nginx_lb:80 (http)"),
        ("203.0.113.0/24", "nginx_lb", 80, "any -> nginx_lb:80 (http)"),
        ("0.0.0.0/0", "lb1", 80, "any -> nginx_lb:80 (http)"),
        ("clients", "lb1", 80, "any -> nginx_lb:80 (http)"),
        ("nginx_lb", "web1", 3000, "nginx_lb -> webapp:3000 (http)"),
        ("lb1", "webapp", 3000, "nginx_lb -> webapp:3000 (http)"),
        ("10.0.0.2/32", "webapp", 3000, "nginx_lb -> webapp:3000 (http)"),
    ],
)
def test_flow_that_another_includes_is_dead(stack, source, target, port, by) -> None:
    stack.flow(source, target, port, "http")
    assert dead_flows(stack.parse()) == [
        f"flow {source} -> {target}:{port} (http): can never match: {by} admits all of it;"
        " remove one"
    ]


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("any", "nginx_lb", 81),
        ("10.0.0.0/24", "web1", 3000),  # more hosts, fewer targets
        ("web1", "web2", 3000),
        ("203.0.113.0/24", "webapp", 3000),
    ],
)
def test_flow_that_admits_more_is_not_dead(stack, source, target, port) -> None:
    stack.flow(source, target, port, "http")
    assert dead_flows(stack.parse()) == []


def test_narrower_flow_is_dead_even_if_it_comes_first(stack) -> None:
    stack.flow("10.0.0.0/16", "webapp", 3000, "http")
    (problem,) = dead_flows(stack.parse())
    assert problem.startswith("flow nginx_lb -> webapp:3000 (http): can never match: 10.0.0.0/16")


def test_used_flow_is_not_dead(stack) -> None:
    stack.flow("10.0.0.0/16", "webapp", 3000, "http")
    topology = stack.parse()
    assert dead_flows(topology, [topology.flows[2]]) == []


def test_flow_from_a_host_to_itself_is_dead(stack) -> None:
    stack.flow("nginx_lb", "lb1", 9113)
    stack.flow("webapp", "web1", 9113)
    assert dead_flows(stack.parse()) == [
        "flow nginx_lb -> lb1:9113 (tcp): can never match: it leads from a host to itself"
    ]


@given(data=st.data())
def test_topology_without_its_dead_flows_admits_the_same(random_topologies, data) -> None:
    topology = data.draw(random_topologies)
    flows = [flow for flow in topology.flows if topology.members(flow.target)]
    topology = replace(topology, flows=tuple(flows))
    named = " ".join(dead_flows(topology))
    living = [flow for flow in flows if f"flow {flow}: can never match" not in named]
    cleaned = replace(topology, flows=tuple(living))
    strangers = [Host(f"s{n}", net, f"{ip}.9") for n, (net, ip) in enumerate(STRANGERS)]
    for source in (*topology.hosts.values(), *strangers):
        for target in topology.hosts.values():
            for port in (80, 443):
                before = topology.admits(source, target, port)
                after = cleaned.admits(source, target, port)
                assert source == target or bool(before) is bool(after)


# Hosts that the inventory does not know: a range or a network admits them as well.
STRANGERS = [("vpc-a", "10.0.0"), ("vpc-b", "10.0.1"), ("vpc-b", "10.1.0"), (None, "203.0.113")]
