# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import (
    SLOW_FACTOR,
    next_change,
    shares,
)
from ansible_collections.peerlb.stack.plugins.module_utils._live.verdicts import (
    BAD,
    GOOD,
    UNKNOWN,
    Verdict,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from hypothesis import given
from hypothesis import strategies as st


def pool(*members: dict, **settings: t.Any) -> Pool:
    """Return a pool; members are named a, b, c, … and have what is given of each."""
    entries = [
        {"name": "abcdef"[number], "address": f"10.1.0.{number + 2}", "port": 3000, **each}
        for number, each in enumerate(members)
    ]
    return Pool.parse({"name": "webapp", "members": entries, **settings})


def serving(found) -> dict[str, int]:
    """Return the weights of who serves, by name."""
    return {share.name: share.weight for share in found.serving}


def verdicts(**states: str) -> dict[str, Verdict]:
    return {name: Verdict(state, 0.0) for name, state in states.items()}


@pytest.mark.parametrize(
    "members, states, served, panic",
    [
        ([{}, {}], {}, {"a": 1, "b": 1}, False),
        ([{}, {}], {"a": GOOD, "b": UNKNOWN}, {"a": 1, "b": 1}, False),
        ([{}, {}], {"b": BAD}, {"a": 1}, False),
        ([{}, {}], {"a": BAD, "b": BAD}, {"a": 1, "b": 1}, True),
        ([{}, {}, {}], {"a": BAD, "b": BAD}, {"a": 1, "b": 1, "c": 1}, True),
        ([{"weight": 3}, {}], {"b": BAD}, {"a": 3}, False),
        ([{"weight": 3}, {}], {"a": BAD}, {"a": 3, "b": 1}, True),
        # An operator's word comes first, in a panic as well.
        ([{}, {"state": "drain"}], {}, {"a": 1}, False),
        ([{}, {"state": "down"}], {"b": GOOD}, {"a": 1}, False),
        ([{}, {"weight": 0}], {"a": BAD}, {"a": 1}, True),
        ([{}, {"state": "drain"}], {"a": BAD, "b": GOOD}, {"a": 1}, True),
    ],
)
def test_who_serves(members, states, served, panic) -> None:
    found = shares(pool(*members), verdicts(**states), 10.0)
    assert (serving(found), found.panic) == (served, panic)


def test_backups_are_told_as_such() -> None:
    found = shares(pool({}, {"backup": True}), {}, 0.0)
    assert [share.backup for share in found.serving] == [False, True]


PRIMARY = {"type": "mysql", "writes": True}


@pytest.mark.parametrize(
    "states, former, served",
    [
        ({"a": GOOD, "b": BAD}, ["a"], ["a"]),
        ({"a": BAD, "b": GOOD}, ["a"], ["b"]),
        # Nobody may serve before it is known to take writes, and nobody by a panic.
        ({}, [], []),
        ({"a": UNKNOWN, "b": BAD}, ["a"], []),
        ({"a": BAD, "b": BAD}, ["a"], []),
        # Two that take writes: the one that served goes on; of two strangers none is right.
        ({"a": GOOD, "b": GOOD}, ["b"], ["b"]),
        ({"a": GOOD, "b": GOOD}, [], []),
    ],
)
def test_pool_with_roles_leads_to_the_one_primary(states, former, served) -> None:
    found = shares(pool({}, {}, health=PRIMARY), verdicts(**states), 0.0, former)
    assert (list(serving(found)), found.panic) == (served, False)


def test_member_that_comes_back_starts_slowly_by_choice() -> None:
    back = {"a": Verdict(GOOD, 100.0, changes=(90.0, 100.0)), "b": Verdict(GOOD, 1.0)}
    chosen = pool({"weight": 2}, {"weight": 2}, slow_start="10s")
    assert serving(shares(chosen, back, 104.0)) == {"a": 2, "b": 2 * SLOW_FACTOR}
    assert next_change(chosen, back, 104.0) == 6.0
    assert serving(shares(chosen, back, 110.0)) == {"a": 2 * SLOW_FACTOR, "b": 2 * SLOW_FACTOR}
    assert next_change(chosen, back, 110.0) == float("inf")
    assert serving(shares(pool({"weight": 2}, {}), back, 104.0)) == {"a": 2, "b": 1}


MEMBER = st.fixed_dictionaries(
    {"weight": st.integers(0, 9), "state": st.sampled_from(["up", "up", "drain", "down"])}
)
STATES = st.lists(st.sampled_from([GOOD, BAD, UNKNOWN]), min_size=6, max_size=6)


@given(st.lists(MEMBER, min_size=1, max_size=6), STATES)
def test_health_empties_no_pool_and_no_operator_is_overruled(members, states) -> None:
    if not any(each["weight"] and each["state"] == "up" for each in members):
        return
    wanted = pool(*members)
    told = dict(zip("abcdef", map(Verdict, states)))
    found = shares(wanted, told, 0.0)
    willing = {member.name: member.weight for member in wanted.members if member.serves}
    good = {name: weight for name, weight in willing.items() if told[name].state != BAD}
    assert found.serving
    assert serving(found) == (willing if found.panic else good)
    assert found.panic == (2 * sum(good.values()) < sum(willing.values()))


def test_clock_that_is_set_back_does_not_hold_up_a_slow_start() -> None:
    members = [
        {"name": name, "address": f"10.1.0.{each}", "port": 3000}
        for each, name in enumerate(("web1", "web2"), 2)
    ]
    pool = Pool.parse({"name": "webapp", "members": members, "slow_start": "30s"})
    verdicts = {"web2": Verdict(GOOD, 3600.0, changes=(3600.0,))}
    for now, weights in ((3601.0, [4, 1]), (0.0, [4, 4])):
        assert [each.weight for each in shares(pool, verdicts, now).serving] == weights
    assert next_change(pool, verdicts, 0.0) == float("inf")
