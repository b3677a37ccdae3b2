# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.explain import explanations
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

TO_MYSQL = "lb1 -> db1:3306"
TO_RELAY = "web1 -> lb1:3306"
OPEN = {
    "protocol": "mysql",
    "state": "open",
    "connected": True,
    "latency_ms": 3.0,
    "detail": "MySQL 9.7.4 greeting, access denied as expected",
    "expect": "open",
    "ok": True,
}
BAD = {"connected": False, "ok": False}
TIMEOUT = {**BAD, "state": "timeout", "detail": "no answer to the connection in 2 s"}
REFUSED = {**BAD, "state": "refused", "detail": "Connection refused"}
NO_ROUTE = {**BAD, "state": "no_route", "detail": "No route to host"}
WRONG = {"ok": False, "state": "wrong_protocol", "detail": "not MySQL: b'SSH-2.0'"}
CUT = {
    "ok": False,
    "state": "wrong_protocol",
    "detail": "connection closed before the MySQL greeting: is the server behind the proxy up?",
}
SOCKET = {"address": "10.2.0.2", "hears": True, "process": "dockerd", "container": ""}
MYSQL = {
    "name": "peerlb-mysql",
    "state": "running",
    "health": "healthy",
    "exit_code": 0,
    "published": ["10.2.0.2"],
    "leads": True,
    "host_network": False,
    "inner_ports": [3306],
    "inside": ["[::]:3306"],
}
STOPPED = {**MYSQL, "state": "exited", "health": "unhealthy", "inside": []}
DROP = {"action": "drop", "rule": "table inet x, chain in: tcp dport 3306 drop", "doubts": []}


def working() -> dict:
    """Return the answers of all hosts if the connections from web1 to MySQL work."""
    nginx = {**MYSQL, "name": "peerlb-nginx", "published": [], "leads": False, "host_network": True}
    accept = {"action": "accept", "rule": "", "doubts": []}
    port_info = {"arrived": True, "answered": "accepted", "firewall": accept}
    nginx_socket = {**SOCKET, "address": "0.0.0.0", "process": "nginx", "container": "peerlb-nginx"}
    return_probe = {"name": "db1 -> lb1:9", **OPEN, **TIMEOUT, "expect": "closed", "ok": True}
    return {
        "web1": {
            "probes": [{"name": TO_RELAY, **OPEN}],
            "routes": {"10.0.0.2": "10.0.0.2 dev eth0"},
        },
        "lb1": {
            "probes": [{"name": TO_MYSQL, **OPEN}, {"name": "lb1 -> lb1:3306", **OPEN}],
            "routes": {"10.2.0.2": "10.2.0.2 gateway 10.0.0.1 dev eth0"},
            "doors": {TO_RELAY: {**port_info, "sockets": [nginx_socket], "containers": [nginx]}},
        },
        "db1": {
            "probes": [{"name": "db1 -> db1:3306", **OPEN}, return_probe],
            "routes": {"10.0.0.2": "nowhere"},
            "doors": {TO_MYSQL: {**port_info, "sockets": [SOCKET], "containers": [MYSQL]}},
        },
    }


def explain(stack, text: str, answers: dict) -> dict:
    topology = stack.parse()
    return explanations(topology, questions(topology, text, "nginx_lb"), answers)


# What differs from a working connection in the probe, the self probe, the return probe and the port
# info; then the blame, and words of the evidence and of the remedy.
NOT_ARRIVED = {"arrived": False, "answered": "none"}
NOT_WATCHED = {"arrived": None, "answered": None}
NOTHING_LISTENS = {"sockets": [], "containers": [STOPPED], "answered": "refused"}
LOCAL_SOCKET = {**SOCKET, "address": "127.0.0.1", "hears": False}
LOCAL_CONTAINER = {**MYSQL, "published": ["127.0.0.1"], "leads": False}
OTHER_PROCESS = {**SOCKET, "process": "python3"}
BREAKS = {
    "peering removed": (
        *(NO_ROUTE, {}, {}, NOT_ARRIVED),
        *("route", "'No route to host'", "the peering of vpc-lb and vpc-db has to be active"),
    ),
    "no route of its own": (
        *({**NO_ROUTE, "detail": "Network is unreachable"}, {}, {}, NOT_WATCHED),
        *("route", "Network is unreachable", "active on both sides"),
    ),
    "own firewall": (
        *({**NO_ROUTE, "detail": "Operation not permitted"}, {}, {}, NOT_ARRIVED),
        *("route", "by itself", "let lb1's own firewall send tcp:3306"),
    ),
    "fabric rule removed": (
        *(TIMEOUT, {}, {}, NOT_ARRIVED),
        *("rule", "no packet reaches db1", "tcp:3306 from 10.0.0.2 (lb1) to 10.2.0.2 (db1)"),
    ),
    "fabric rule removed, and nobody watched": (
        *(TIMEOUT, {}, {}, NOT_WATCHED),
        *("rule", "all is well at db1", "for flow nginx_lb -> mysql:3306 (mysql)"),
    ),
    "something on the way drops and nothing listens": (
        *(TIMEOUT, REFUSED, {}, {**NOTHING_LISTENS, **NOT_ARRIVED}),
        *("rule", "no packet reaches db1", "a firewall rule has to admit"),
    ),
    "host firewall drops": (
        *(TIMEOUT, {}, {}, {"answered": "none", "firewall": DROP}),
        *("host firewall", "tcp dport 3306 drop", "the firewall of db1 has to admit tcp:3306"),
    ),
    "host firewall drops, and nobody watched": (
        *(TIMEOUT, {}, {}, {**NOT_WATCHED, "firewall": DROP}),
        *("host firewall", "tcp dport 3306 drop", "has to admit"),
    ),
    "host firewall rejects": (
        *(REFUSED, {}, {}, {"answered": "refused", "firewall": {**DROP, "action": "reject"}}),
        *("host firewall", "tcp dport 3306 drop", "has to admit"),
    ),
    "host firewall prohibits": (
        *(NO_ROUTE, {}, {}, {**NOT_ARRIVED, "firewall": {**DROP, "action": "reject"}}),
        *("host firewall", "tcp dport 3306 drop", "has to admit"),
    ),
    "host firewall that nft does not show": (
        *(TIMEOUT, {}, {}, {"answered": "none", "firewall": None}),
        *(
            "host firewall",
            "packets come in, db1 listens and answers itself, but says none",
            "admit",
        ),
    ),
    "container stopped": (
        *(REFUSED, REFUSED, {}, NOTHING_LISTENS),
        *("container", "peerlb-mysql is exited with code 0", "peerlb-mysql has to run"),
    ),
    "container stopped, and the refusal was missed": (
        *(REFUSED, REFUSED, {}, {**NOTHING_LISTENS, **NOT_ARRIVED}),
        *("container", "publishes 10.2.0.2", "peerlb-mysql has to run"),
    ),
    "container unhealthy": (
        *(
            {**TIMEOUT, "connected": True},
            WRONG,
            {},
            {"containers": [{**MYSQL, "health": "unhealthy"}]},
        ),
        *("container", "is running (unhealthy)", "has to be healthy"),
    ),
    "nothing there at all": (
        *(REFUSED, REFUSED, {}, {"sockets": [], "containers": []}),
        *("listener", "nothing listens on port 3306", "listen on 10.2.0.2:3306"),
    ),
    "bound to the wrong address": (
        *(REFUSED, REFUSED, {}, {"sockets": [LOCAL_SOCKET], "containers": [LOCAL_CONTAINER]}),
        *("listener", "127.0.0.1:3306 by dockerd only, not on 10.2.0.2", "listen on 10.2.0.2:3306"),
    ),
    "closed inside the container": (
        *(REFUSED, REFUSED, {}, {"containers": [{**MYSQL, "inside": ["127.0.0.1:3306"]}]}),
        *("listener", "in peerlb-mysql 127.0.0.1:3306 listens", "0.0.0.0:3306 in peerlb-mysql"),
    ),
    "way back missing": (
        *(TIMEOUT, {}, NO_ROUTE, {"answered": "accepted"}),
        *("way back", "db1 is told 'No route to host'", "the peering of vpc-lb and vpc-db"),
    ),
    "target has no route to the source": (
        *(TIMEOUT, {}, {**NO_ROUTE, "detail": "Network is unreachable"}, {"answered": "none"}),
        *(
            "way back",
            "no way db1 -> lb1; db1 is told 'Network is unreachable'; db1: nowhere",
            "active on both sides",
        ),
    ),
    "wrong service": (
        *(WRONG, WRONG, {}, {"sockets": [OTHER_PROCESS], "containers": [STOPPED]}),
        *("greeting", "10.2.0.2:3306 by python3", "MySQL has to answer on 10.2.0.2:3306"),
    ),
    "blocked by MySQL": (
        *({**WRONG, "state": "blocked", "detail": "MySQL error 1129"}, {}, {}, {}),
        *("greeting", "MySQL error 1129", "flush-hosts"),
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_blame_of_each_break(stack, broken: str) -> None:
    probe, self_probe, return_probe, port_info, blame, evidence, remedy = BREAKS[broken]
    answers = working()
    answers["lb1"]["probes"][0].update(probe)
    answers["db1"]["probes"][0].update(self_probe)
    answers["db1"]["probes"][1].update(return_probe)
    answers["db1"]["doors"][TO_MYSQL].update(port_info)
    explained = explain(stack, TO_MYSQL, answers)[TO_MYSQL]
    assert explained["blame"] == blame
    assert evidence in explained["evidence"]
    assert remedy in explained["remedy"]
    assert explained["sentence"].startswith(f"{TO_MYSQL} (mysql) fails at {blame}: ")
    assert [hop["state"] for hop in explained["hops"]].count("failed") >= 1
    # No hop before the blame fails.
    states = {hop["hop"]: hop["state"] for hop in explained["hops"]}
    assert "failed" not in list(states.values())[: list(states).index(blame)]


def test_working_connection_has_no_blame(stack) -> None:
    explained = explain(stack, TO_RELAY, working())
    assert list(explained) == [TO_RELAY, TO_MYSQL]
    for each in explained.values():
        assert (each["blame"], each["remedy"]) == ("", "")
        assert {hop["state"] for hop in each["hops"]} == {"ok"}
    assert explained[TO_MYSQL]["sentence"] == f"{TO_MYSQL} (mysql) works"
    assert [hop["hop"] for hop in explained[TO_RELAY]["hops"]] == [
        *("declared", "route", "rule", "host firewall", "container", "listener"),
        *("way back", "tcp", "behind", "greeting"),
    ]


def test_load_balancer_without_a_working_member_is_blamed_for_what_is_behind(stack) -> None:
    answers = working()
    answers["web1"]["probes"][0].update(CUT)
    answers["lb1"]["probes"][0].update(REFUSED)
    answers["lb1"]["probes"][1].update(CUT)
    answers["db1"]["probes"][0].update(REFUSED)
    answers["db1"]["doors"][TO_MYSQL].update(NOTHING_LISTENS)
    explained = explain(stack, TO_RELAY, answers)
    assert explained[TO_RELAY]["blame"] == "behind"
    evidence, remedy = explained[TO_RELAY]["evidence"], explained[TO_RELAY]["remedy"]
    assert evidence.startswith(f"{TO_MYSQL} fails at container: peerlb-mysql is exited")
    assert remedy == explained[TO_MYSQL]["remedy"] == "peerlb-mysql has to run"


def test_pool_with_one_working_member_is_not_blamed(stack) -> None:
    answers = working()
    for name in ("web1", "web2"):
        answers["lb1"]["probes"].append({"name": f"lb1 -> {name}:3000", **OPEN, "protocol": "http"})
    answers["client"] = {"probes": [{"name": "client -> lb1:80", **OPEN, "detail": "HTTP/1.1 502"}]}
    answers["lb1"]["probes"][-1].update(REFUSED)
    explained = explain(stack, "any -> lb1:80", answers)["client -> lb1:80"]
    assert explained["blame"] == ""
    assert any("not all of the pool works" in line for line in explained["lines"])
    answers["lb1"]["probes"][-2].update(REFUSED)
    assert explain(stack, "any -> lb1:80", answers)["client -> lb1:80"]["blame"] == "behind"


def test_undeclared_connection_names_the_relay_to_use(stack) -> None:
    answers = {"web1": {"probes": [{"name": "web1 -> db1:3306", **OPEN, **NO_ROUTE, "ok": True}]}}
    explained = explain(stack, "web1 -> db1:3306", answers)["web1 -> db1:3306"]
    assert explained["blame"] == "declared"
    assert "vpc-web and vpc-db are not peered" in explained["evidence"]
    assert "it is closed (no_route), as it has to be" in explained["evidence"]
    assert explained["remedy"] == "go through nginx_lb:3306, which is peered with both"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("web1 -> web2:3000", "declare it in topology.flows if web1 -> web2:3000 is wanted"),
        (
            "db1 -> web1:3000",
            "declare a flow through a host in vpc-lb if db1 -> web1:3000 is wanted",
        ),
    ],
)
def test_undeclared_connection_says_what_to_declare(stack, text, remedy) -> None:
    stack.flow("vpc-db", "web2", 3009)
    stack.topology["flows"].pop()
    # The source may use no port of a relay, so only the declaration can be changed.
    stack.topology["flows"][0]["from"] = "clients"
    assert explain(stack, text, {})[text]["remedy"] == remedy


def test_networks_without_a_relay_are_to_be_peered(stack) -> None:
    stack.topology["peerings"] = [["vpc-lb", "vpc-db"]]
    stack.topology["flows"] = [{"from": "nginx_lb", "to": "mysql", "port": 3306}]
    remedy = explain(stack, "web1 -> db1:3306", {})["web1 -> db1:3306"]["remedy"]
    assert remedy == "peer them if web1 -> db1:3306 is wanted"


@pytest.mark.parametrize(
    ("text", "blame", "evidence", "remedy"),
    [
        ("web1 -> db1:3306", "route", "packets pass from vpc-web to vpc-db", "remove the peering"),
        (
            "web1 -> web2:3000",
            "rule",
            "a firewall rule lets web1 through",
            "to admit nginx_lb only",
        ),
    ],
)
def test_undeclared_connection_that_works_is_blamed(stack, text, blame, evidence, remedy) -> None:
    probe = {"name": text, **OPEN, "expect": "closed", "ok": False}
    explained = explain(stack, text, {"web1": {"probes": [probe]}})[text]
    assert explained["blame"] == blame
    assert evidence in explained["evidence"] and remedy in explained["remedy"]


def test_working_neighbour_rules_the_peering_out(stack) -> None:
    answers = working()
    answers["web1"]["probes"][0].update(TIMEOUT)
    answers["lb1"]["doors"][TO_RELAY].update(NOT_ARRIVED)
    explained = explain(stack, TO_RELAY, answers)[TO_RELAY]
    assert "or else the peering of vpc-web and vpc-lb" in explained["remedy"]
    answers["web1"]["probes"].append({"name": "web1 -> lb1:80", **OPEN})
    explained = explain(stack, TO_RELAY, answers)[TO_RELAY]
    assert explained["blame"] == "rule"
    assert "others get through: web1 -> lb1:80" in explained["evidence"]
    assert "peering" not in explained["remedy"]


def test_rules_that_may_drop_are_named_as_doubts(stack) -> None:
    answers = working()
    answers["lb1"]["probes"][0].update(TIMEOUT)
    doubts = {"action": "accept", "rule": "", "doubts": ["table ip f, chain in: limit drop"]}
    answers["db1"]["doors"][TO_MYSQL].update(answered="none", firewall=doubts)
    explained = explain(stack, TO_MYSQL, answers)[TO_MYSQL]
    assert explained["blame"] == "host firewall"
    assert "it may be: table ip f, chain in: limit drop" in explained["evidence"]


@pytest.mark.parametrize("missing", ["lb1", "db1"])
def test_hops_are_unknown_if_a_host_did_not_answer(stack, missing) -> None:
    answers = copy.deepcopy(working())
    del answers[missing]
    explained = explain(stack, TO_MYSQL, answers)[TO_MYSQL]
    states = {hop["hop"]: hop["state"] for hop in explained["hops"]}
    assert explained["blame"] == ""
    if missing == "lb1":
        assert states["tcp"] == "unknown"
        assert explained["sentence"] == f"{TO_MYSQL} (mysql) cannot be judged: lb1 did not probe"
    else:
        assert states["container"] == "unknown"
        assert explained["sentence"] == f"{TO_MYSQL} (mysql) works"


SSH = "lb1 -> web1:22"


def managed(stack, text: str, probe: dict, *allowed: str) -> dict:
    """Return the explanation of a connection to SSH that management may use from these ranges."""
    stack.topology["management"] = [{"from": each, "port": 22} for each in allowed]
    own = {"name": text, **OPEN, **probe}
    return explain(stack, text, {text.split()[0]: {"probes": [own]}})[text]


def test_management_that_works(stack) -> None:
    explained = managed(stack, SSH, {}, "10.0.0.0/16")
    assert explained["sentence"] == f"{SSH} (tcp) works"
    evidence = "management 10.0.0.0/16 -> 22 admits it, from vpc-lb to vpc-web"
    assert explained["hops"][0]["evidence"] == evidence


def test_management_that_fails_is_explained_like_a_flow(stack) -> None:
    stack.topology["management"] = [{"from": "10.0.0.0/16", "port": 22}]
    port_info = {"arrived": False, "answered": "none", "sockets": [], "containers": []}
    answers = {
        "lb1": {"probes": [{"name": SSH, **OPEN, **TIMEOUT}]},
        "web1": {"doors": {SSH: port_info}},
    }
    explained = explain(stack, SSH, answers)[SSH]
    assert explained["blame"] == "rule"
    assert explained["remedy"].startswith(
        "a firewall rule has to admit tcp:22 from 10.0.0.2 (lb1) to 10.1.0.2 (web1),"
        " for management 10.0.0.0/16 -> 22"
    )


@pytest.mark.parametrize(
    ("allowed", "remedy"),
    [
        (["10.0.0.0/16"], "have to admit management 10.0.0.0/16 -> 22 only; or declare a flow"),
        ([], "have to admit nobody; or declare a flow"),
    ],
)
def test_remedy_for_an_open_port_keeps_management(stack, allowed, remedy) -> None:
    explained = managed(stack, "web2 -> web1:22", {}, *allowed)
    assert explained["blame"] == "rule"
    assert remedy in explained["remedy"]


@pytest.mark.parametrize(("probe", "state"), [({}, "ok"), (REFUSED, "unknown")])
def test_undecided_connection_is_not_blamed(stack, probe, state) -> None:
    explained = managed(stack, "localhost -> web1:22", probe, "203.0.113.0/24", "10.0.0.0/16")
    assert explained["blame"] == ""
    assert explained["sentence"] == (
        "localhost -> web1:22 (tcp) is not decided: localhost's address is not known, and web1:22"
        " is open to 203.0.113.0/24, 10.0.0.0/16"
    )
    states = {hop["hop"]: hop["state"] for hop in explained["hops"]}
    assert (states["declared"], states["tcp"]) == ("unknown", state)


def test_application_that_gives_no_good_answer_is_at_fault(stack) -> None:
    detail = "HTTP/1.1 503, good would be 200"
    probe = {**OPEN, "protocol": "http", "state": "wrong_status", "ok": False, "detail": detail}
    name = "lb1 -> web1:3000"
    answers = {"lb1": {"probes": [{"name": name, **probe}], "routes": {}}, "web1": {}}
    found = explain(stack, name, answers)[name]
    assert (found["blame"], found["evidence"]) == ("greeting", detail)
    assert (
        found["remedy"]
        == "the application has to give a good answer; its log tells why it does not"
    )
