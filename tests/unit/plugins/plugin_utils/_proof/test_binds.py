# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.proof import prove
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK


def problems(stack, listeners=(), **variables) -> list[str]:
    by_host = {name: variables for name in stack.hostvars}
    return prove(stack.parse(), STACK, {}, (), listeners, by_host).problems


@pytest.mark.parametrize(
    ("port", "variables", "owner"),
    [
        (22, {}, "SSH or other management"),
        (8081, {}, "nginx's status"),
        (2222, {"ansible_port": 2222}, "SSH or other management"),
        (2222, {"ansible_ssh_port": "2222"}, "SSH or other management"),
        (9000, {"nginx_lb_status_port": 9000}, "nginx's status"),
    ],
)
def test_a_listener_takes_no_port_that_the_host_has(stack, port, variables, owner) -> None:
    stack.flow("any", "nginx_lb", port, "http")
    (problem,) = problems(stack, **variables)
    begin = f"host lb1: port {port} is bound by {owner} and by nginx's listener {port}; give"
    assert problem.startswith(begin)


@pytest.mark.parametrize(
    ("port", "owner"),
    [
        (8081, "nginx's status"),
        (8053, "the unit peerlb-pools"),
        (22, "SSH or other management"),
        (3306, "nginx's listener 3306"),
    ],
)
def test_the_firewall_takes_no_port_that_the_host_has(stack, port, owner) -> None:
    own = {"peerlb_waf": {"paranoia": 1}, "nginx_lb_waf_ports": {"waf": port}}
    found = [each for each in problems(stack, **own) if each.startswith("host ")]
    assert len(found) == 1 and f"port {port} is bound by " in found[0]
    assert owner in found[0] and "the web application firewall" in found[0]
    assert "nginx_lb_waf_ports" in found[0]
    assert problems(stack, nginx_lb_waf_ports={"waf": port}) == []


def test_other_ports_are_allowed(stack) -> None:
    stack.flow("any", "nginx_lb", 8081, "http")
    assert problems(stack, nginx_lb_status_port=8082) == []
    assert problems(stack, listeners=[{"port": 8081, "address": "10.0.0.2"}]) == []


def test_a_host_of_two_groups_needs_different_ports(stack) -> None:
    stack.groups["webapp"].append("lb1")
    assert problems(stack) == []
    stack.groups["mysql"].append("lb1")
    assert any(
        problem.startswith(
            "host lb1: port 3306 is bound by nginx's listener 3306 and by MySQL; give a flow"
        )
        for problem in problems(stack)
    )


def test_the_application_and_mysql_need_different_ports(stack) -> None:
    stack.topology["flows"][2]["port"] = 3306
    stack.groups["mysql"].append("web1")
    found = problems(stack)
    assert any("port 3306 is bound by the application and by MySQL" in each for each in found)


def test_one_vm_for_everything_gets_a_way_out(bare) -> None:
    bare.add("vm1", "10.0.0.2", "nginx_lb", "webapp", "mysql")
    for flow in (("any", "nginx_lb", 80, "http"), ("webapp", "nginx_lb", 3307, "mysql")):
        bare.flow(*flow)
    for flow in (("nginx_lb", "webapp", 3000, "http"), ("nginx_lb", "mysql", 3306, "mysql")):
        bare.flow(*flow)
    assert any(
        each.startswith("host vm1: stands alone in two groups") and "a host of its own" in each
        for each in problems(bare)
    )


@pytest.mark.parametrize("value", ["x", 0, True, 1.5, [], 70000])
def test_a_port_that_is_none_is_named(stack, value) -> None:
    found = problems(stack, nginx_lb_status_port=value)
    assert found[0].startswith("host lb1: nginx_lb_status_port is ")


def test_networks_of_docker_that_overlap_are_named_with_their_owner(stack) -> None:
    stack.topology["networks"][1]["cidrs"].append("172.17.0.0/20")
    proof = prove(stack.parse(), STACK, {}, (), (), {})
    assert proof.problems == []
    assert dict(proof.rows)["Docker's networks"].startswith("lie in 172.19.0.0/16, 172.20.0.0/16")
    config = {"bip": "172.17.0.1/24"}
    assert (
        "host web1: docker_daemon_config: bip: 172.17.0.0/24 overlaps 172.17.0.0/20 of network"
        " vpc-web; write a range that nothing declared uses, or leave the setting out"
    ) in problems(stack, docker_daemon_config=config)


@pytest.mark.parametrize("port", [22, 8081])
def test_a_flow_that_leads_to_no_pool_is_named_with_its_port_too(stack, port) -> None:
    stack.flow("any", "nginx_lb", port, "tcp")
    assert any(f"host lb1: port {port} is bound by" in each for each in problems(stack))


def test_networks_of_docker_keep_off_a_registry(stack) -> None:
    config = {"default-address-pools": [{"base": "10.128.0.0/9", "size": 24}]}
    found = problems(stack, docker_daemon_config=config, mysql_image="10.200.0.9:5000/mysql:9.7")
    assert any("overlaps 10.200.0.9/32 of mysql_image" in each for each in found)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1", "listener 80: at 127.0.0.1 nobody but the host reaches it"),
        ("10.1.0.2", "listener 80: 10.1.0.2 is the address of web1, which is no load balancer"),
        ("10.0.0.2", ""),
        ("203.0.113.9", ""),  # a floating address, which no host has for itself
    ],
)
def test_a_listener_is_at_an_address_of_a_load_balancer(stack, address, told) -> None:
    found = problems(stack, listeners=[{"port": 80, "address": address}])
    assert found == ([told] if told else [])
