# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.explain import explanations
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

WAY = "lb1 -> db1:3306"
RELAYED = "web1 -> lb1:3306"
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


def evidence() -> dict:
    """Return what is found where all is well, on the ways from web1 to MySQL."""
    nginx = {**MYSQL, "name": "peerlb-nginx", "published": [], "leads": False, "host_network": True}
    accept = {"action": "accept", "rule": "", "doubts": []}
    door = {"arrived": True, "answered": "accepted", "firewall": accept}
    heard = {"address": "0.0.0.0", "hears": True, "process": "nginx", "container": "peerlb-nginx"}
    away = {"name": "db1 -> lb1:9", **OPEN, **TIMEOUT, "expect": "closed", "ok": True}
    return {
        "web1": {
            "probes": [{"name": RELAYED, **OPEN}],
            "routes": {"10.0.0.2": "10.0.0.2 dev eth0"},
        },
        "lb1": {
            "probes": [{"name": WAY, **OPEN}, {"name": "lb1 -> lb1:3306", **OPEN}],
            "routes": {"10.2.0.2": "10.2.0.2 gateway 10.0.0.1 dev eth0"},
            "doors": {RELAYED: {**door, "sockets": [heard], "containers": [nginx]}},
        },
        "db1": {
            "probes": [{"name": "db1 -> db1:3306", **OPEN}, away],
            "routes": {"10.0.0.2": "nowhere"},
            "doors": {WAY: {**door, "sockets": [SOCKET], "containers": [MYSQL]}},
        },
    }


def explain(stack, text: str, found: dict) -> dict:
    topology = stack.parse()
    return explanations(topology, questions(topology, text, "nginx_lb"), found)


# What the source finds; what the target finds when it asks itself, and on its way back; what
# differs at the door; the blame, and words of the evidence and of what would be right.
SILENT = {"arrived": False, "answered": "none"}
UNSEEN = {"arrived": None, "answered": None}
DEAF = {"sockets": [], "containers": [STOPPED], "answered": "refused"}
ELSEWHERE = {**SOCKET, "address": "127.0.0.1", "hears": False}
LOCAL = {**MYSQL, "published": ["127.0.0.1"], "leads": False}
PYTHON = {**SOCKET, "process": "python3"}
BREAKS = {
    "peering removed": (
        *(NO_ROUTE, {}, {}, SILENT),
        *("route", "'No route to host'", "the peering of vpc-lb and vpc-db has to be active"),
    ),
    "no route of its own": (
        *({**NO_ROUTE, "detail": "Network is unreachable"}, {}, {}, UNSEEN),
        *("route", "Network is unreachable", "active on both sides"),
    ),
    "own firewall": (
        *({**NO_ROUTE, "detail": "Operation not permitted"}, {}, {}, SILENT),
        *("route", "by itself", "let lb1's own firewall send tcp:3306"),
    ),
    "fabric rule removed": (
        *(TIMEOUT, {}, {}, SILENT),
        *("rule", "no packet reaches db1", "tcp:3306 from 10.0.0.2 (lb1) to 10.2.0.2 (db1)"),
    ),
    "fabric rule removed, and nobody watched": (
        *(TIMEOUT, {}, {}, UNSEEN),
        *("rule", "all is well at db1", "for flow nginx_lb -> mysql:3306 (mysql)"),
    ),
    "something on the way drops and nothing listens": (
        *(TIMEOUT, REFUSED, {}, {**DEAF, **SILENT}),
        *("rule", "no packet reaches db1", "a firewall rule has to admit"),
    ),
    "host firewall drops": (
        *(TIMEOUT, {}, {}, {"answered": "none", "firewall": DROP}),
        *("host firewall", "tcp dport 3306 drop", "the firewall of db1 has to admit tcp:3306"),
    ),
    "host firewall drops, and nobody watched": (
        *(TIMEOUT, {}, {}, {**UNSEEN, "firewall": DROP}),
        *("host firewall", "tcp dport 3306 drop", "has to admit"),
    ),
    "host firewall rejects": (
        *(REFUSED, {}, {}, {"answered": "refused", "firewall": {**DROP, "action": "reject"}}),
        *("host firewall", "tcp dport 3306 drop", "has to admit"),
    ),
    "host firewall prohibits": (
        *(NO_ROUTE, {}, {}, {**SILENT, "firewall": {**DROP, "action": "reject"}}),
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
        *(REFUSED, REFUSED, {}, DEAF),
        *("container", "peerlb-mysql is exited with code 0", "peerlb-mysql has to run"),
    ),
    "container stopped, and the refusal was missed": (
        *(REFUSED, REFUSED, {}, {**DEAF, **SILENT}),
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
        *(REFUSED, REFUSED, {}, {"sockets": [ELSEWHERE], "containers": [LOCAL]}),
        *("listener", "127.0.0.1:3306 by dockerd only, not on 10.2.0.2", "listen on 10.2.0.2:3306"),
    ),
    "deaf inside the container": (
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
        *(WRONG, WRONG, {}, {"sockets": [PYTHON], "containers": [STOPPED]}),
        *("greeting", "10.2.0.2:3306 by python3", "MySQL has to answer on 10.2.0.2:3306"),
    ),
    "blocked by MySQL": (
        *({**WRONG, "state": "blocked", "detail": "MySQL error 1129"}, {}, {}, {}),
        *("greeting", "MySQL error 1129", "flush-hosts"),
    ),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_the_blame_of_each_break(stack, broken: str) -> None:
    probe, own, back, door, blame, shown, right = BREAKS[broken]
    found = evidence()
    found["lb1"]["probes"][0].update(probe)
    found["db1"]["probes"][0].update(own)
    found["db1"]["probes"][1].update(back)
    found["db1"]["doors"][WAY].update(door)
    told = explain(stack, WAY, found)[WAY]
    assert told["blame"] == blame
    assert shown in told["evidence"]
    assert right in told["remedy"]
    assert told["sentence"].startswith(f"{WAY} (mysql) fails at {blame}: ")
    assert [hop["state"] for hop in told["hops"]].count("failed") >= 1
    # What comes before the blame does not fail.
    states = {hop["hop"]: hop["state"] for hop in told["hops"]}
    assert "failed" not in list(states.values())[: list(states).index(blame)]


def test_nothing_is_blamed_where_all_is_well(stack) -> None:
    told = explain(stack, RELAYED, evidence())
    assert list(told) == [RELAYED, WAY]
    for each in told.values():
        assert (each["blame"], each["remedy"]) == ("", "")
        assert {hop["state"] for hop in each["hops"]} == {"ok"}
    assert told[WAY]["sentence"] == f"{WAY} (mysql) works"
    assert [hop["hop"] for hop in told[RELAYED]["hops"]] == [
        *("declared", "route", "rule", "host firewall", "container", "listener"),
        *("way back", "tcp", "behind", "greeting"),
    ]


def test_a_relay_with_nobody_behind_it(stack) -> None:
    found = evidence()
    found["web1"]["probes"][0].update(CUT)
    found["lb1"]["probes"][0].update(REFUSED)
    found["lb1"]["probes"][1].update(CUT)
    found["db1"]["probes"][0].update(REFUSED)
    found["db1"]["doors"][WAY].update(DEAF)
    told = explain(stack, RELAYED, found)
    assert told[RELAYED]["blame"] == "behind"
    assert told[RELAYED]["evidence"].startswith(f"{WAY} fails at container: peerlb-mysql is exited")
    assert told[RELAYED]["remedy"] == told[WAY]["remedy"] == "peerlb-mysql has to run"


def test_a_pool_is_at_fault_only_if_all_of_it_is(stack) -> None:
    found = evidence()
    for name in ("web1", "web2"):
        found["lb1"]["probes"].append({"name": f"lb1 -> {name}:3000", **OPEN, "protocol": "http"})
    found["client"] = {"probes": [{"name": "client -> lb1:80", **OPEN, "detail": "HTTP/1.1 502"}]}
    found["lb1"]["probes"][-1].update(REFUSED)
    told = explain(stack, "any -> lb1:80", found)["client -> lb1:80"]
    assert told["blame"] == ""
    assert any("not all of the pool works" in line for line in told["lines"])
    found["lb1"]["probes"][-2].update(REFUSED)
    assert explain(stack, "any -> lb1:80", found)["client -> lb1:80"]["blame"] == "behind"


def test_what_is_not_declared_is_told_with_the_way_round(stack) -> None:
    found = {"web1": {"probes": [{"name": "web1 -> db1:3306", **OPEN, **NO_ROUTE, "ok": True}]}}
    told = explain(stack, "web1 -> db1:3306", found)["web1 -> db1:3306"]
    assert told["blame"] == "declared"
    assert "vpc-web and vpc-db are not peered" in told["evidence"]
    assert "it is closed (no_route), as it has to be" in told["evidence"]
    assert told["remedy"] == "go through nginx_lb:3306, which is peered with both"


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
def test_what_is_not_declared_may_be(stack, text, remedy) -> None:
    stack.flow("vpc-db", "web2", 3009)
    stack.topology["flows"].pop()
    # Without a door of its own that the source may use, there is only the declaration to change.
    stack.topology["flows"][0]["from"] = "clients"
    assert explain(stack, text, {})[text]["remedy"] == remedy


def test_networks_that_nothing_joins_are_to_be_peered(stack) -> None:
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
def test_what_is_open_though_nothing_declares_it(stack, text, blame, evidence, remedy) -> None:
    probe = {"name": text, **OPEN, "expect": "closed", "ok": False}
    told = explain(stack, text, {"web1": {"probes": [probe]}})[text]
    assert told["blame"] == blame
    assert evidence in told["evidence"] and remedy in told["remedy"]


def test_other_flows_tell_a_rule_from_a_peering(stack) -> None:
    found = evidence()
    found["web1"]["probes"][0].update(TIMEOUT)
    found["lb1"]["doors"][RELAYED].update(SILENT)
    told = explain(stack, RELAYED, found)[RELAYED]
    assert "or else the peering of vpc-web and vpc-lb" in told["remedy"]
    found["web1"]["probes"].append({"name": "web1 -> lb1:80", **OPEN})
    told = explain(stack, RELAYED, found)[RELAYED]
    assert told["blame"] == "rule"
    assert "others get through: web1 -> lb1:80" in told["evidence"]
    assert "peering" not in told["remedy"]


def test_doubts_are_told_as_such(stack) -> None:
    found = evidence()
    found["lb1"]["probes"][0].update(TIMEOUT)
    doubts = {"action": "accept", "rule": "", "doubts": ["table ip f, chain in: limit drop"]}
    found["db1"]["doors"][WAY].update(answered="none", firewall=doubts)
    told = explain(stack, WAY, found)[WAY]
    assert told["blame"] == "host firewall"
    assert "it may be: table ip f, chain in: limit drop" in told["evidence"]


@pytest.mark.parametrize("missing", ["lb1", "db1"])
def test_a_host_that_did_not_answer_leaves_hops_unknown(stack, missing) -> None:
    found = copy.deepcopy(evidence())
    del found[missing]
    told = explain(stack, WAY, found)[WAY]
    states = {hop["hop"]: hop["state"] for hop in told["hops"]}
    assert told["blame"] == ""
    if missing == "lb1":
        assert states["tcp"] == "unknown"
        assert told["sentence"] == f"{WAY} (mysql) cannot be judged: lb1 did not probe"
    else:
        assert states["container"] == "unknown"
        assert told["sentence"] == f"{WAY} (mysql) works"


SSH = "lb1 -> web1:22"


def managed(stack, text: str, probe: dict, *allowed: str) -> dict:
    """Explain a way to SSH, which management may use from these ranges."""
    stack.topology["management"] = [{"from": each, "port": 22} for each in allowed]
    own = {"name": text, **OPEN, **probe}
    return explain(stack, text, {text.split()[0]: {"probes": [own]}})[text]


def test_management_is_open_as_it_has_to_be(stack) -> None:
    told = managed(stack, SSH, {}, "10.0.0.0/16")
    assert told["sentence"] == f"{SSH} (tcp) works"
    way = "management 10.0.0.0/16 -> 22 admits it, from vpc-lb to vpc-web"
    assert told["hops"][0]["evidence"] == way


def test_management_that_does_not_get_in_is_explained_as_a_flow_is(stack) -> None:
    stack.topology["management"] = [{"from": "10.0.0.0/16", "port": 22}]
    door = {"arrived": False, "answered": "none", "sockets": [], "containers": []}
    found = {
        "lb1": {"probes": [{"name": SSH, **OPEN, **TIMEOUT}]},
        "web1": {"doors": {SSH: door}},
    }
    told = explain(stack, SSH, found)[SSH]
    assert told["blame"] == "rule"
    assert told["remedy"].startswith(
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
def test_closing_a_port_does_not_lock_management_out(stack, allowed, remedy) -> None:
    told = managed(stack, "web2 -> web1:22", {}, *allowed)
    assert told["blame"] == "rule"
    assert remedy in told["remedy"]


@pytest.mark.parametrize(("probe", "state"), [({}, "ok"), (REFUSED, "unknown")])
def test_what_is_not_decided_is_not_blamed(stack, probe, state) -> None:
    told = managed(stack, "localhost -> web1:22", probe, "203.0.113.0/24", "10.0.0.0/16")
    assert told["blame"] == ""
    assert told["sentence"] == (
        "localhost -> web1:22 (tcp) is not decided: localhost's address is not known, and web1:22"
        " is open to 203.0.113.0/24, 10.0.0.0/16"
    )
    states = {hop["hop"]: hop["state"] for hop in told["hops"]}
    assert (states["declared"], states["tcp"]) == ("unknown", state)
