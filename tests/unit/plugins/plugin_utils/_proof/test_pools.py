# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.proof import prove
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK

GROUPS = STACK


def problems(stack, members=None, pools=(), listeners=()) -> list[str]:
    return prove(stack.parse(), GROUPS, members or {}, pools, listeners).problems


@pytest.mark.parametrize("target", ["lb1", "vpc-lb"])
@pytest.mark.parametrize(
    ("number", "source", "port", "protocol", "served"),
    [(0, "any", 80, "http", "webapp"), (1, "webapp", 3306, "mysql", "mysql")],
)
def test_flow_to_one_load_balancer_or_its_network_makes_no_listener(
    stack, target, number, source, port, protocol, served
) -> None:
    stack.topology["flows"][number]["to"] = target
    complaint = (
        f"flow {source} -> {target}:{port} ({protocol}): makes no listener, and none leads to"
        f" {served}; write to: nginx_lb"
    )
    assert complaint in problems(stack)


@pytest.mark.parametrize("target", ["lb1", "vpc-lb", "servers"])
@pytest.mark.parametrize("protocol", ["http", "tcp", "mysql"])
def test_flow_to_an_exporter_of_a_load_balancer_is_no_problem(stack, target, protocol) -> None:
    """Such as an exporter, which speaks HTTP, while the stack has its listeners."""
    stack.flow("vpc-lb", target, 9113, protocol)
    assert problems(stack) == []


def test_flow_is_no_problem_if_no_pool_serves_the_application_in_its_protocol(stack) -> None:
    """The application is served as tcp, and the balancer fetches something by HTTP."""
    stack.topology["flows"][0].update(port=443, protocol="tcp")
    stack.topology["flows"][2]["protocol"] = "tcp"
    stack.add("registry1", "10.1.0.50", "registry")
    stack.flow("nginx_lb", "registry", 5000, "http")
    stack.flow("vpc-db", "lb1", 9100, "http")
    assert problems(stack) == []


def test_flow_is_no_problem_if_a_listener_has_its_protocol(stack) -> None:
    """To a tier in between, which lines of nginx's own join with the application."""
    stack.add("front1", "10.1.0.50", "front")
    stack.flow("nginx_lb", "front", 8000, "http")
    stack.flow("vpc-db", "lb1", 9100, "http")
    assert problems(stack, listeners=[{"port": 80, "pool": "front"}]) == []


def test_flow_is_no_problem_if_a_tcp_listener_leads_to_the_application(stack) -> None:
    stack.topology["flows"][0].update(port=443, protocol="tcp")
    stack.flow("vpc-db", "lb1", 9100, "http")
    assert problems(stack, listeners=[{"port": 443, "pool": "webapp"}]) == []


def test_flow_is_no_problem_if_mysql_is_on_the_load_balancer(stack) -> None:
    stack.groups["mysql"] = ["lb1"]
    stack.topology["flows"][1].update(to="mysql", port=3307)
    stack.topology["flows"][3].update({"from": "db1", "port": 3307})
    stack.flow("nginx_lb", "servers", 3309, "mysql")
    assert [each for each in problems(stack) if "listener" in each] == []


SCATTERED = (
    "pool mysql: db1, db2 would take turns, and nothing replicates between them, so that data would"
    " scatter; leave one of them to serve, with peerlb_member {state: down} or {backup: true} for"
    " the others, or, if you replicate them yourself, write the pool's method in peerlb_pools"
)


@pytest.mark.parametrize(
    ("members", "pools", "complaints"),
    [
        ({}, [], [SCATTERED]),
        ({"db2": {"weight": 9}}, [{"name": "mysql", "idle_timeout": "2h"}], [SCATTERED]),
        ({}, [{"name": "webapp", "method": "least_conn"}], [SCATTERED]),
        ({"db2": {"state": "down"}}, [], []),
        ({"db2": {"state": "drain"}}, [], []),
        ({"db1": {"weight": 0}}, [], []),
        ({"db2": {"backup": True}}, [], []),
        ({}, [{"name": "mysql", "method": "round_robin"}], []),
    ],
)
def test_databases_take_turns_only_if_the_method_of_their_pool_is_declared(
    stack, members, pools, complaints
) -> None:
    stack.add("db2", "10.2.0.3", "mysql")
    assert problems(stack, members, pools) == complaints


def test_databases_without_a_listener_take_no_turns(stack) -> None:
    stack.topology["peerings"].append(["vpc-web", "vpc-db"])
    stack.topology["flows"][1]["to"] = "mysql"
    stack.add("db2", "10.2.0.3", "mysql")
    assert problems(stack) == []


@pytest.mark.parametrize("method", ["sticky", "ip_hash"])
def test_a_method_that_needs_http_is_refused_for_mysql(stack, method) -> None:
    (problem,) = problems(stack, pools=[{"name": "mysql", "method": method}])
    assert problem.startswith(f"pool mysql: method {method} needs protocol http")
    assert problems(stack, pools=[{"name": "webapp", "method": method}]) == []
