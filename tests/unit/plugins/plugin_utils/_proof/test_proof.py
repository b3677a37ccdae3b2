# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof import proof as _proof
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.proof import Proof, prove
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK

GROUPS = STACK


def proof(stack, members=None, pools=(), listeners=()) -> Proof:
    return prove(stack.parse(), GROUPS, members or {}, pools, listeners)


def test_stack_of_the_design_is_proven(stack) -> None:
    shown = proof(stack)
    assert shown.problems == []
    assert dict(shown.rows) == {
        "any -> nginx_lb:80 (http)": (
            "vpc-lb: from outside, within it, by peering with vpc-web, vpc-db"
        ),
        "webapp -> nginx_lb:3306 (mysql)": "vpc-lb: by peering with vpc-web",
        "nginx_lb -> webapp:3000 (http)": "vpc-web: by peering with vpc-lb",
        "nginx_lb -> mysql:3306 (mysql)": "vpc-db: by peering with vpc-lb",
        "listener 80": "admits any, leads to webapp (http)",
        "listener 3306": "admits webapp, leads to mysql (tcp)",
        "pool webapp": "web1, web2 at port 3000",
        "pool mysql": "db1 at port 3306",
        "webapp finds MySQL at": "10.0.0.2:3306 on lb1 in vpc-lb",
        "vpc-web -> vpc-db": "not peered, only through vpc-lb",
        "mysql sees": "10.0.0.2 (lb1), granted to 10.0.0.2",
    }


def test_members_that_one_client_can_take_out_are_named(stack) -> None:
    members = {"web2": {"max_fails": 2}, "web1": {"max_fails": 0}, "db1": {"max_fails": 3}}
    rows = dict(proof(stack, members).rows)
    assert [name for name in rows if name.startswith("warning")] == ["warning webapp"]
    assert rows["warning webapp"].startswith("web2: max_fails is above 0, so nginx leaves a member")
    tcp = proof(stack, members, listeners=[{"port": 80, "protocol": "tcp"}])
    assert "warning" not in str(tcp.rows)


def test_lines_have_two_columns(stack) -> None:
    lines = proof(stack).lines()
    assert lines[1] == "webapp -> nginx_lb:3306 (mysql)  vpc-lb: by peering with vpc-web"
    assert lines[4] == "listener 80                      admits any, leads to webapp (http)"


@pytest.mark.parametrize(
    ("source", "target", "path"),
    [
        ("web1", "web2", "vpc-web: within it"),
        ("clients", "web2", "vpc-web: from outside"),
        ("10.0.0.0/8", "db1", "vpc-db: from outside, within it, by peering with vpc-lb"),
        (
            "nginx_lb",
            "servers",
            "vpc-lb: within it; vpc-web: by peering with vpc-lb; vpc-db: by peering with vpc-lb",
        ),
        ("nginx_lb", "clients", "outside: from vpc-lb"),
        ("client", "client", "outside: from outside"),
    ],
)
def test_path_of_a_flow(stack, source, target, path) -> None:
    stack.flow(source, target, 9100)
    assert dict(proof(stack).rows)[f"{source} -> {target}:9100 (tcp)"] == path


def test_application_may_reach_mysql_itself(stack) -> None:
    stack.topology["peerings"].append(["vpc-web", "vpc-db"])
    stack.topology["flows"][1]["to"] = "mysql"
    shown = proof(stack)
    assert shown.problems == []
    rows = dict(shown.rows)
    assert rows["webapp finds MySQL at"] == "10.2.0.2:3306 on db1 in vpc-db"
    assert rows["mysql sees"] == (
        "10.1.0.2 (web1), 10.1.0.3 (web2), granted to 10.1.0.2, 10.1.0.3, 10.0.0.2"
    )
    assert "vpc-web -> vpc-db" not in rows


def without(number):
    return lambda stack: stack.topology["flows"].pop(number)


def change(number, **values):
    return lambda stack: stack.topology["flows"][number].update(values)


def only(source):
    def keep(stack) -> None:
        flows = stack.topology["flows"]
        flows[:] = [flow for flow in flows if flow["from"] == source]

    return keep


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (
            without(1),
            "topology.flows: one flow has to lead from webapp with the protocol mysql; none does",
        ),
        (
            without(2),
            "listener 80: no flow is http from nginx_lb: declare one, or name the pool in"
            " peerlb_listeners",
        ),
        (
            without(3),
            "listener 3306: no flow is mysql from nginx_lb: declare one, or name the pool in"
            " peerlb_listeners",
        ),
        (without(3), "topology.flows: no flow with protocol mysql leads to mysql"),
        (only("any"), "topology.flows: none leads from nginx_lb to a pool"),
        (only("nginx_lb"), "topology.flows: none leads to nginx_lb: it has no listener"),
        (
            change(1, to="lb1"),
            "flow webapp -> lb1:3306 (mysql): nginx_lb leads to nothing at this port, not to mysql",
        ),
        (
            lambda stack: stack.flow("web1", "lb1", 80, "http"),
            "flow web1 -> lb1:80 (http): can never match: any -> nginx_lb:80 (http) admits all of"
            " it; remove one",
        ),
        (
            lambda stack: stack.flow("nginx_lb", "lb1", 81),
            "flow nginx_lb -> lb1:81 (tcp): can never match: it leads from a host to itself",
        ),
    ],
)
def test_what_cannot_work_is_a_problem(stack, spoil, complaint) -> None:
    spoil(stack)
    assert complaint in proof(stack).problems


@pytest.mark.parametrize("group", ["nginx_lb", "webapp", "mysql"])
def test_stack_needs_a_host_in_each_group(stack, group) -> None:
    flows = stack.topology["flows"]
    flows[:] = [flow for flow in flows if group not in (flow["from"], flow["to"])]
    for flow in flows:
        flow["from"] = "any"
    stack.groups.pop(group)
    assert proof(stack).problems == [f"group {group}: has no host; the stack needs one"]


def test_all_settings_at_fault_are_problems(stack) -> None:
    shown = proof(
        stack,
        {"web1": {"wieght": 1}, "db1": {"state": "off"}},
        [{"name": "webap"}],
        [{"port": 81}],
    )
    assert [problem.split(":")[0] for problem in shown.problems] == [
        "listener 81",
        "pool webap",
        "host web1",
        "pool mysql, member db1",
    ]


def test_listener_for_mysql_that_leads_elsewhere_is_a_problem(stack) -> None:
    stack.add("other1", "10.2.0.9", "other")
    stack.flow("nginx_lb", "other", 3306, "mysql")
    shown = proof(stack, listeners=[{"port": 3306, "pool": "other"}])
    assert shown.problems == [
        "flow webapp -> nginx_lb:3306 (mysql): nginx_lb leads to other at this port, not to mysql"
    ]


def test_each_relay_has_to_reach_mysql(stack) -> None:
    stack.add("relay1", "10.0.0.7", "relay")
    stack.add("relay2", "10.0.9.7", "relay")
    stack.topology["flows"][1]["to"] = "relay"
    stack.topology["flows"][3]["from"] = "10.0.0.0/24"
    assert proof(stack).problems == ["relay2 cannot reach mysql: no flow admits it"]


@pytest.mark.parametrize(
    ("granted", "covered"),
    [
        (["10.0.0.0/255.255.0.0"], True),
        (["%"], True),
        (["10.1.0.0/255.255.0.0", "10.0.0.2/255.255.255.255"], True),
        (["10.1.0.0/255.255.0.0"], False),  # the application's network, which MySQL never sees
    ],
)
def test_grant_has_to_cover_what_mysql_will_see(stack, monkeypatch, granted, covered) -> None:
    """Proven apart from what derives it."""
    monkeypatch.setattr(_proof, "grant_hosts", lambda *_asked: granted)
    complaint = (
        "mysql will see 10.0.0.2 (lb1), which its grant for 10.1.0.0/255.255.0.0 does not cover"
    )
    assert proof(stack).problems == ([] if covered else [complaint])


def test_flow_that_makes_a_pool_or_leads_to_mysql_is_never_dead(stack) -> None:
    stack.flow("vpc-lb", "webapp", 3000, "http")
    stack.flow("any", "nginx_lb", 3306, "mysql")
    assert proof(stack).problems == []
