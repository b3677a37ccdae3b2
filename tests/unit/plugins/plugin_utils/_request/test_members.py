# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Balancer
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.members import member_shares


def told(*members: dict, health: dict | None = None, overrides: dict | None = None) -> list[str]:
    """Return what is told of members web1, web2, … of a pool."""
    named = [{"name": f"web{number}", **each} for number, each in enumerate(members, 1)]
    pools = {"webapp": {"name": "webapp", "members": named}}
    balancer = Balancer(
        "lb1",
        pools=pools,
        health={"webapp": {"members": health or {}}},
        overrides={"webapp": overrides or {}},
    )
    return [each.told() for each in member_shares(balancer, "webapp")]


BAD = {"state": "bad", "serves": False, "since": "10:00", "why": "answers 503"}
GOOD = {"state": "good", "serves": True}


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        ([{"weight": 3}, {"weight": 1}], ["web1 75 % (weight 3)", "web2 25 % (weight 1)"]),
        ([{}, {}, {}], [f"web{each} 33.33 % (weight 1)" for each in (1, 2, 3)]),
        ([{"weight": 0}, {}], ["web1 0 % (weight 0)", "web2 100 % (weight 1)"]),
        ([{"state": "drain"}, {}], ["web1 0 % (weight 1, drain)", "web2 100 % (weight 1)"]),
        ([{}, {"backup": True}], ["web1 100 % (weight 1)", "web2 0 % (weight 1, backup)"]),
        (
            [{"state": "down"}, {"backup": True}],
            ["web1 0 % (weight 1, down)", "web2 100 % (weight 1, backup)"],
        ),
        ([{"state": "down"}], ["web1 0 % (weight 1, down)"]),
    ],
)
def test_shares_are_those_of_weights_and_states(members, wanted) -> None:
    assert told(*members) == wanted


def test_member_that_is_bad_has_no_share_and_the_reason_is_told() -> None:
    assert told({}, {}, health={"web1": BAD, "web2": GOOD}) == [
        "web1 0 % (weight 1, bad since 10:00: answers 503)",
        "web2 100 % (weight 1, good)",
    ]


def test_who_has_set_a_weight_is_told() -> None:
    override = {"weight": 1, "by": "ada", "at": "10:00", "reason": "canary"}
    assert told({}, overrides={"web1": override}) == [
        "web1 100 % (weight 1, set by ada at 10:00: canary)"
    ]
    assert told({}, overrides={"web1": {"by": "ada", "at": "10:00"}}) == [
        "web1 100 % (weight 1, set by ada at 10:00)"
    ]
