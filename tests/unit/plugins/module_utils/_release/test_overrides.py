# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._release.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._release.overrides import read_changes

NOTE = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": ""}


def member(name: str) -> dict:
    return {"name": name, "address": f"10.1.0.{name[-1]}", "port": 3000}


@pytest.fixture
def inputs() -> Inputs:
    pools = [
        {"name": "webapp", "members": [member("web1"), member("web2")]},
        {"name": "shop", "members": [member("web2"), member("web3")]},
    ]
    return Inputs.parse({}, pools, [{"port": 80, "pool": "webapp"}], "1.30")


@pytest.mark.parametrize(
    "name, members, pool",
    [
        ("", ["web1"], "webapp"),
        ("", ["web2", "web3"], "shop"),
        ("shop", ["web2"], "shop"),
        ("shop", [], "shop"),
    ],
)
def test_the_pool_follows_from_its_members(inputs, name, members, pool) -> None:
    assert inputs.chosen_pool(name, members).name == pool


@pytest.mark.parametrize(
    "name, members, message",
    [
        ("", ["web2"], "the members are in several pools (webapp, shop): name one of them"),
        ("", ["web1", "web3"], "no one pool has all of web1, web3"),
        ("", ["web8", "web1", "web9"], "no member is named web8, web9; there are: webapp: web1"),
        ("shop", ["web1"], "no member is named web1; there are: shop: web2, web3"),
        ("cart", ["web1"], "no pool is named cart; there are: webapp, shop"),
    ],
)
def test_a_pool_that_is_not_clear_is_refused(inputs, name, members, message) -> None:
    with pytest.raises(PoolError) as error:
        inputs.chosen_pool(name, members)
    assert message in str(error.value)


def test_changes_are_read_from_what_a_command_line_gives() -> None:
    assert read_changes({"web1": "3", "web2": 0}, {"web2": "up"}) == {
        "web1": {"weight": 3},
        "web2": {"weight": 0, "state": "up"},
    }


@pytest.mark.parametrize(
    "weights, states",
    [({"web1": "3.5"}, {}), ({"web1": None}, {}), ({"web1": 1001}, {}), ({}, {"web1": "off"})],
)
def test_what_no_member_can_have_is_refused(weights, states) -> None:
    with pytest.raises(PoolError, match="member web1"):
        read_changes(weights, states)


def test_override_leaves_other_pools_alone(inputs) -> None:
    changed = inputs.with_changes("shop", {"web2": {"weight": 5}}, NOTE)
    assert changed.overrides == {"shop": {"web2": {"weight": 5, **NOTE}}}


def test_one_that_leaves_nobody_is_refused(inputs) -> None:
    drained = inputs.with_changes("", {"web1": {"state": "drain"}}, NOTE)
    with pytest.raises(PoolError, match="pool webapp: no member is left to serve"):
        drained.with_changes("webapp", {"web2": {"weight": 0}}, NOTE)


def test_reset_of_one_pool_or_all(inputs) -> None:
    both = inputs.with_changes("shop", {"web3": {"weight": 5}}, NOTE)
    both = both.with_changes("webapp", {"web1": {"weight": 5}}, NOTE)
    assert list(both.without_overrides("shop").overrides) == ["webapp"]
    assert both.without_overrides("").overrides == {}
    with pytest.raises(PoolError, match="no pool is named cart"):
        both.without_overrides("cart")
