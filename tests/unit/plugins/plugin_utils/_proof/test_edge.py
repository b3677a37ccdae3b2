# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.proof import Proof, prove
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK

SHOP = ({"name": "shop", "names": ["shop.example", "localhost"], "source": "own_ca"},)


def proof(edge, pools=(), listeners=(), certificates=SHOP) -> Proof:
    variables = {"lb1": {"peerlb_certificates": certificates}}
    return prove(edge.parse(), STACK, {}, pools, listeners, variables)


def test_edge_is_proven(edge) -> None:
    shown = proof(edge)
    assert shown.problems == []
    rows = dict(shown.rows)
    assert rows["listener 443"] == "admits any, leads to webapp (https)"
    assert rows["listener 80"] == "admits any, leads to webapp (http)"
    assert rows["listener 6379"] == "admits webapp, leads to valkey (tcp)"
    assert rows["lb1 has certificates"] == "for shop.example, localhost"
    assert rows["pool valkey"] == "kv1 at port 6379"
    assert rows["webapp finds Valkey at"] == "10.0.0.2:6379 on lb1 in vpc-lb"
    assert rows["valkey admits"] == "10.0.0.2/32"


@pytest.mark.parametrize("certificates", [None, [], [{"name": "shop", "names": []}]])
def test_listener_of_tls_needs_a_certificate(edge, certificates) -> None:
    assert proof(edge, certificates=certificates).problems == [
        "listener 443: is https, and lb1 has no certificate; declare one in peerlb_certificates,"
        " such as {name: shop, names: [shop.example], source: own_ca}"
    ]


def test_a_ca_finds_port_80(edge) -> None:
    acme = [{**SHOP[0], "names": ["shop.example"], "source": "acme"}]
    shown = proof(edge, certificates=acme)
    assert shown.problems == [] and not [row for row in shown.rows if "warning" in row[0]]
    (flow,) = (flow for flow in edge.topology["flows"] if flow["port"] == 80)
    flow["from"] = "192.0.2.0/24"
    shown = proof(edge, certificates=acme)
    assert shown.problems == []
    assert dict(shown.rows)["warning peerlb_certificates"] == (
        "source acme: the CA has to come by 192.0.2.0/24, as http admits nobody else"
    )
    flow["port"] = 8080
    assert proof(edge, certificates=acme).problems == []
    flow["from"] = "any"
    (problem,) = proof(edge, certificates=acme).problems
    assert problem.startswith("peerlb_certificates: a CA asks at port 80 for certificates of sour")
    assert "have 8080" in problem
    assert proof(edge).problems == []


def test_nobody_needs_a_certificate_without_a_listener_of_tls(stack) -> None:
    assert proof(stack, certificates=None).problems == []


def test_two_servers_of_valkey_would_scatter_data(edge) -> None:
    edge.add("kv2", "10.2.0.6", "valkey")
    (problem,) = proof(edge).problems
    assert problem.startswith("pool valkey: kv1, kv2 would take turns, and nothing replicates")
    assert proof(edge, [{"name": "valkey", "health": {"writes": True}}]).problems == []
    assert proof(edge, [{"name": "valkey", "method": "least_conn"}]).problems == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"webapp": None},
            "topology.flows: one flow has to lead from webapp with the protocol redis; none does",
        ),
        (
            {"nginx_lb": None},
            "listener 6379: no flow is redis from nginx_lb: declare one, or name the pool in",
        ),
        (
            {"nginx_lb": {"to": "mysql", "protocol": "redis"}},
            "topology.flows: no flow with protocol redis leads to valkey",
        ),
    ],
)
def test_way_to_valkey_is_missing(edge, changed: dict, problem: str) -> None:
    flows = edge.topology["flows"]
    edge.topology["flows"] = [
        {**flow, **(changed.get(flow["from"], {}) or {})} if flow["port"] == 6379 else flow
        for flow in flows
        if flow["port"] != 6379 or changed.get(flow["from"], {}) is not None
    ]
    assert any(each.startswith(problem) for each in proof(edge).problems)


def test_valkey_of_another_pool_is_not_the_store(edge) -> None:
    edge.add("cache1", "10.2.0.9", "cache")
    edge.flow("nginx_lb", "cache", 6380, "redis")
    problems = proof(edge, listeners=[{"port": 6379, "pool": "cache"}]).problems
    assert (
        "flow webapp -> nginx_lb:6379 (redis): nginx_lb leads to cache at this port, not to valkey"
    ) in problems


def test_application_may_reach_valkey_itself(edge) -> None:
    edge.topology["peerings"].append(["vpc-web", "vpc-db"])
    edge.topology["flows"][-2]["to"] = "valkey"
    shown = proof(edge)
    assert shown.problems == []
    assert dict(shown.rows)["webapp finds Valkey at"] == "10.2.0.5:6379 on kv1 in vpc-db"


def test_host_alone_in_two_groups_is_refused(edge) -> None:
    edge.groups["valkey"] = ["db1"]
    problem = "host db1: stands alone in two groups of the stack, and what is between them passes"
    assert any(each.startswith(problem) for each in proof(edge).problems)


def test_port_of_valkey_is_bound(edge) -> None:
    edge.topology["management"].append({"from": "10.0.0.0/8", "port": 6379})
    assert any("Valkey" in each and "6379" in each for each in proof(edge).problems)


def declared(edge, **parts) -> Proof:
    """Return the proof with parts of the edge, such as url_map."""
    own = {f"peerlb_{name}": value for name, value in parts.items()}
    variables = {"lb1": {"peerlb_certificates": SHOP, **own}}
    return prove(edge.parse(), STACK, {}, variables=variables)


def test_url_map_and_gatekeeper_are_proven(edge) -> None:
    test = {"url": "https://shop.example/x", "expect": {"pool": "webapp", "path": "/x"}}
    rule = {"name": "office", "priority": 10, "match": {"paths": ["/x"]}, "action": "deny"}
    url_map = {"hosts": [{"default": "webapp"}], "tests": [test]}
    shown = declared(edge, url_map=url_map, gatekeeper={"rules": [rule]})
    assert shown.problems == []
    rows = dict(shown.rows)
    assert rows["lb1 has a URL map"] == "with 1 stored tests"
    assert rows["lb1 has a gatekeeper"] == "with office"


def test_firewall_is_proven(edge) -> None:
    url_map = {"hosts": [{"default": {"pool": "webapp", "waf": True}}]}
    shown = declared(edge, url_map=url_map, waf={"paranoia": 1})
    assert shown.problems == []
    assert dict(shown.rows)["lb1 has a web application firewall"] == "for 1 rule, fails open"
    (problem,) = declared(edge, url_map=url_map).problems
    assert "waf is true, and peerlb_waf is not declared" in problem


def test_stored_test_that_fails_is_a_problem(edge) -> None:
    test = {"url": "https://shop.example/x", "expect": {"status": 404}}
    shown = declared(edge, url_map={"hosts": [{"default": "webapp"}], "tests": [test]})
    (problem,) = shown.problems
    assert problem.startswith("peerlb_url_map.tests[0] GET https://shop.example/x: expected ")
    assert "actual" in problem and problem.endswith("by hosts[0].default")


def test_each_part_of_the_edge_is_judged(edge) -> None:
    shown = declared(
        edge,
        url_map={"hosts": [{"default": "shop"}]},
        gatekeeper={"rules": [{"name": "a", "priority": 1, "action": "drop"}]},
        tls={"profile": "old"},
    )
    places = [problem.partition(":")[0] for problem in shown.problems]
    assert {place.partition(".")[0].partition("[")[0] for place in places} == {
        "peerlb_url_map",
        "peerlb_gatekeeper",
        "peerlb_tls",
    }
