# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text import (
    sample as sample_module,
)

EXACT = ("round_robin", "least_conn", "sticky")
ONE = ("ip_hash", "hash")  # the client's address leads to one member
OTHERS = ("random", *ONE)


def member(name: str, **settings) -> dict:
    return {"name": name, "weight": 1, "state": "up", "backup": False, **settings}


def sample(served_by: dict, **settings) -> dict:
    total = sum(served_by.values())
    values = {"served_by": served_by, "statuses": {"200": total}, "failed_requests": 0}
    return {**values, "errors": [], **settings}


def problems(served_by, *members, tolerance=0, method="", hash_key="", **more) -> list:
    pool = {"members": members or (member("a"), member("b")), "hash_key": hash_key}
    pool |= {"method": method} if method else {}
    return sample_module.sample_problems(sample(served_by), pool, 40, tolerance, **more)


@pytest.mark.parametrize(
    ("members", "served_by"),
    [
        ([member("a"), member("b")], {"a": 20, "b": 20}),
        ([member("a", weight=3), member("b")], {"a": 30, "b": 10}),
        ([member("a"), member("b", weight=0)], {"a": 40}),
        ([member("a"), member("b", state="drain")], {"a": 40}),
        ([member("a"), member("b", state="down")], {"a": 40}),
        ([member("a"), member("b", backup=True)], {"a": 40}),
        ([member("a"), member("b"), member("c")], {"a": 13, "b": 13, "c": 14}),
        # No other member can serve.
        ([member("a", state="drain"), member("b", backup=True)], {"b": 40}),
        ([member("a", weight=1000), member("b")], {"a": 40}),
    ],
)
@pytest.mark.parametrize("method", ["", *EXACT])
def test_answers_by_weight_are_no_problem(members, served_by, method) -> None:
    assert problems(served_by, *members, method=method) == []


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (sample({"a": 21, "b": 19}), "a answered 21 of 40, due 20"),
        (sample({"a": 20, "c": 20}), "c answered 20 of 40, due 0"),
        (sample({"a": 19, "b": 19, "(unnamed)": 2}), "(unnamed) answered 2 of 40, due 0"),
        (sample({"a": 20, "b": 20}, statuses={"200": 39, "502": 1}), "'502': 1"),
        (sample({"(unnamed)": 40}, statuses={"502": 40}), "'502': 40"),
        (
            sample({"a": 20, "b": 20}, failed_requests=2, errors=["reset"]),
            "2 of 40 requests got no answer: reset",
        ),
        (sample({}, failed_requests=40, errors=["reset"]), "a answered 0 of 40, due 20"),
    ],
)
def test_wrong_shares_and_statuses_are_named(answers, message) -> None:
    pool = {"members": [member("a"), member("b")]}
    assert any(message in each for each in sample_module.sample_problems(answers, pool, 40, 0))


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize(
    ("served_by", "members", "found"),
    [
        ({"a": 30, "b": 10}, [], []),
        ({"a": 31, "b": 9}, [], ["a answered 31 of 40, due 20", "b answered 9 of 40, due 20"]),
        # Other clients cannot explain these.
        ({"a": 40}, [member("a", weight=7), member("b")], ["b answered 0 of 40, due 5"]),
        ({"a": 40}, [member("a", weight=9), member("b")], []),
        (
            {"a": 39, "b": 1},
            [member("a"), member("b", state="drain")],
            ["b answered 1 of 40, due 0"],
        ),
        ({"a": 39, "c": 1}, [member("a")], ["c answered 1 of 40, due 0"]),
    ],
)
def test_tolerance_allows_for_other_clients_and_no_more(method, served_by, members, found) -> None:
    assert problems(served_by, *members, tolerance=10, method=method) == found


@pytest.mark.parametrize("method", ONE)
@pytest.mark.parametrize(
    ("served_by", "found"),
    [
        ({"a": 40}, []),
        ({"b": 40}, []),
        ({"a": 3, "b": 37}, ["a, b answered one client, and METHOD leads it to one"]),
        (
            {"a": 39, "c": 1},
            [
                "c answered 1 of 40, due 0",
                "a, c answered one client, and METHOD leads it to one",
            ],
        ),
    ],
)
def test_method_that_knows_the_client_leads_it_to_one_member(method, served_by, found) -> None:
    expected = [line.replace("METHOD", method) for line in found]
    assert problems(served_by, method=method, hash_key="$remote_addr") == expected


def test_hash_of_what_differs_is_judged_by_who_answers() -> None:
    asked = {"method": "hash", "hash_key": "$remote_addr$request_id"}
    assert problems({"a": 3, "b": 37}, **asked) == []
    assert problems({"a": 39, "c": 1}, **asked) == ["c answered 1 of 40, due 0"]


@pytest.mark.parametrize(
    ("weights", "served_by", "tolerance", "wrong"),
    [
        ((3, 1), {"a": 30, "b": 10}, 0, False),
        ((3, 1), {"a": 22, "b": 18}, 0, False),
        # What `random two least_conn` makes of 3:1; no other client explains it.
        ((3, 1), {"a": 10, "b": 30}, 10, True),
        ((1, 1), {"a": 13, "b": 27}, 0, False),
        ((1, 1), {"a": 3, "b": 37}, 0, True),
        ((1, 1), {"a": 3, "b": 37}, 10, False),
        ((1, 1), {"b": 40}, 10, True),
        ((1000, 1), {"a": 40}, 0, False),
        ((1, 0), {"a": 39, "b": 1}, 10, True),
    ],
)
def test_random_may_differ_as_far_as_chance_allows(weights, served_by, tolerance, wrong) -> None:
    members = [member("a", weight=weights[0]), member("b", weight=weights[1])]
    found = problems(served_by, *members, tolerance=tolerance, method="random")
    assert bool(found) is wrong


def test_member_that_does_not_serve_must_not_answer_by_any_method() -> None:
    members = member("a"), member("b", state="drain")
    for method in (*EXACT, *OTHERS):
        found = problems({"a": 39, "b": 1}, *members, tolerance=10, method=method)
        assert found[0] == "b answered 1 of 40, due 0"


@pytest.mark.parametrize(
    ("served_by", "statuses", "found"),
    [
        ({"(unnamed)": 40}, {"302": 40}, []),
        ({"(unnamed)": 40}, {"200": 10, "308": 10, "401": 10, "499": 10}, []),
        (
            {"(unnamed)": 40},
            {"302": 39, "500": 1},
            ["answers by status {'302': 39, '500': 1}, expected none from 500 on"],
        ),
        # The names of containers are not those of members.
        ({"5c1f": 20, "77ab": 20}, {"200": 40}, []),
        ({"a": 20, "(unnamed)": 20}, {"200": 40}, []),
        (
            {"a": 40},
            {"401": 40},
            ["a answered 40 of 40, due 20", "b answered 0 of 40, due 20"],
        ),
    ],
)
def test_application_of_the_user_answers_as_it_likes(served_by, statuses, found) -> None:
    answers, pool = sample(served_by, statuses=statuses), {"members": [member("a"), member("b")]}
    asked = {"own_application": True}
    assert sample_module.sample_problems(answers, pool, 40, 0, **asked) == found
    noted = sample_module.sample_notes(answers, pool, **asked)
    assert len(noted) == ("a" not in served_by or "(unnamed)" in served_by)
    if "5c1f" in served_by:
        assert "X-Served-By something else than the names of the members" in noted[0]
        assert sample_module.sample_notes(answers, pool) == []


def test_members_can_name_themselves_and_share_a_name() -> None:
    assert problems({"blue": 20, "b": 20}, names={"a": "blue", "b": ""}) == []
    assert problems({"shop": 40}, names={"a": "shop", "b": "shop"}) == []
    assert len(problems({"blue": 20, "b": 20})) == 2


@pytest.mark.parametrize(
    ("served_by", "method", "words"),
    [
        ({"a": 20, "b": 20}, "round_robin", []),
        ({"a": 20, "(unnamed)": 20}, "sticky", []),
        ({}, "least_conn", []),
        ({"(unnamed)": 40}, "round_robin", ["as no answer says in X-Served-By whose it is"]),
        ({"(unnamed)": 40}, "random", ["as no answer says in X-Served-By whose it is"]),
        ({"a": 40}, "ip_hash", []),
        ({"a": 20, "b": 20}, "random", []),
        ({"a": 20, "b": 20}, "hash", ["as the method hash of $request_id gives no exact ones"]),
    ],
)
def test_shares_that_cannot_be_judged_are_noted(served_by, method, words) -> None:
    pool = {"members": [member("a"), member("b")], "method": method, "hash_key": "$request_id"}
    notes = sample_module.sample_notes(sample(served_by), pool)
    assert notes == [f"not judged: the shares of the members, {each}" for each in words]
    if words:
        assert problems(served_by, method=method, hash_key="$request_id") == []
