# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.health import (
    health,
    is_unwell,
    unit,
    with_changes,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._live.engine import RELOAD, Engine

NOW = 1767261600.0
WEB1 = {"state": "bad", "since": NOW - 60, "why": "answers 503", "changes": [NOW - 60]}
POOLS = [
    {
        "name": "webapp",
        "members": [
            {"name": "web1", "address": "10.1.0.2", "port": 3000},
            {"name": "web2", "address": "10.1.0.3", "port": 3000, "state": "down"},
        ],
    }
]
REPORT = {
    **{"at": NOW - 0.44, "errors": ["a port is taken"]},
    "pools": {
        "webapp": {
            "panic": True,
            "taken": {"http": NOW - 1.26},
            "members": {"web1": {**WEB1, "serves": False, "flaps": True}},
        }
    },
}
BAD = {"state": "bad", "since": "2026-01-01T09:59:00Z", "why": "answers 503", "flaps": True}
UNKNOWN = {"state": "unknown", "serves": False, "since": "", "why": "", "flaps": False}


def inputs(version: str, engine: Engine) -> Inputs:
    return Inputs.parse({}, POOLS, [{"port": 80, "pool": "webapp"}], version, engine)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (REPORT, {"alive": True, "errors": ["a port is taken"], "seconds_ago": 0.4}),
        ({"at": NOW - 60}, {"alive": False, "errors": [], "seconds_ago": 60.0}),
        ({}, {"alive": False, "errors": [], "seconds_ago": None}),
    ],
)
def test_unit_tells_how_it_does(report, told) -> None:
    assert unit(report, NOW) == told


@pytest.mark.parametrize(
    ("version", "engine", "name", "serves"),
    [
        ("1.30", Engine("dns"), "dns", False),
        ("1.26", Engine("dns"), "reload", True),
        ("1.30", RELOAD, "reload", True),
    ],
)
def test_health_of_a_pool(version, engine, name, serves) -> None:
    told = health(inputs(version, engine), REPORT, NOW)["webapp"]
    assert (told["engine"], told["panic"]) == (name, True)
    assert bool(told["why_reload"]) == (version == "1.26")
    assert told["asked_seconds_ago"] == {"http": 1.3}
    assert told["members"] == {"web1": {**BAD, "serves": serves}, "web2": UNKNOWN}


def test_pool_that_the_unit_does_not_know_is_unknown() -> None:
    told = health(inputs("1.30", Engine("dns")), {}, NOW)["webapp"]
    assert told["members"] == {"web1": UNKNOWN, "web2": UNKNOWN}
    assert (told["panic"], told["asked_seconds_ago"]) == (False, {})


def line(at: int, **more: str) -> dict:
    return {"at": f"2026-01-01T10:00:0{at}Z", **more}


@pytest.mark.parametrize(
    ("history", "changes", "merged"),
    [
        ([], [], []),
        ([line(1, id="a")], [], ["a"]),
        (
            [line(1, id="a"), line(5, id="b")],
            [line(0, change="0"), line(1, change="1"), line(7, change="7")],
            ["0", "a", "a1", "b", "b7"],
        ),
    ],
)
def test_changes_stand_in_the_history_by_time(history, changes, merged) -> None:
    found = [each["id"] + each.get("change", "") for each in with_changes(history, changes)]
    assert found == merged


@pytest.mark.parametrize(
    ("states", "writes", "unwell"),
    [
        ({"web1": "good", "web2": "good"}, False, False),
        ({"web1": "good", "web2": "bad"}, False, True),
        ({"web1": "unknown"}, False, False),
        ({"web1": "good", "web2": "bad"}, True, False),
        ({"web1": "bad", "web2": "bad"}, True, True),
        # An operator has taken web3 out.
        ({"web1": "good", "web3": "bad"}, False, False),
        ({}, False, False),
    ],
)
def test_pool_is_unwell_if_a_member_that_should_serve_is_bad(states, writes, unwell) -> None:
    check = {"type": "redis", "writes": True} if writes else {}
    members = [
        {"name": f"web{n}", "address": f"10.1.0.{n}", "port": 3000, "state": state}
        for n, state in ((1, "up"), (2, "up"), (3, "drain"))
    ]
    pools = [{"name": "webapp", "members": members, "health": check}]
    found = Inputs.parse({}, pools, [{"port": 80, "pool": "webapp"}], "1.30", RELOAD)
    told = {name: {"state": state} for name, state in states.items()}
    assert is_unwell(found, {"pools": {"webapp": {"members": told}}}) is unwell
