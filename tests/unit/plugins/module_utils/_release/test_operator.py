# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._release.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._release.operator import (
    chosen_pool,
    former_release,
    override,
    read_changes,
    reset,
)

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
    assert chosen_pool(inputs, name, members).name == pool


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
        chosen_pool(inputs, name, members)
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
    changed = override(inputs, "shop", {"web2": {"weight": 5}}, NOTE)
    assert changed.overrides == {"shop": {"web2": {"weight": 5, **NOTE}}}


def test_one_that_leaves_nobody_is_refused(inputs) -> None:
    drained = override(inputs, "", {"web1": {"state": "drain"}}, NOTE)
    with pytest.raises(PoolError, match="pool webapp: no member is left to serve"):
        override(drained, "webapp", {"web2": {"weight": 0}}, NOTE)


def test_reset_of_one_pool_or_all(inputs) -> None:
    both = override(inputs, "shop", {"web3": {"weight": 5}}, NOTE)
    both = override(both, "webapp", {"web1": {"weight": 5}}, NOTE)
    assert list(reset(both, "shop").overrides) == ["webapp"]
    assert reset(both, "").overrides == {}
    with pytest.raises(PoolError, match="no pool is named cart"):
        reset(both, "cart")


HISTORY = [{"id": "aaa1"}, {"id": "aaa2"}, {"id": "bbb3"}, {"id": "aaa2"}]


@pytest.mark.parametrize(
    "wanted, kept, found",
    [
        ("", ["aaa1", "aaa2", "bbb3"], "bbb3"),
        ("", ["aaa1", "aaa2"], "aaa1"),
        ("b", ["aaa1", "aaa2", "bbb3"], "bbb3"),
    ],
)
def test_the_release_to_go_back_to(wanted, kept, found) -> None:
    assert former_release(wanted, "aaa2", HISTORY, kept) == found


@pytest.mark.parametrize(
    "wanted, kept, message",
    [
        ("a", ["aaa1", "aaa2"], "2 releases begin with a; kept are aaa1, aaa2"),
        ("c", [], "0 releases begin with c; kept are none"),
        ("", ["aaa2"], "there is no release to go back to"),
    ],
)
def test_no_release_to_go_back_to(wanted, kept, message) -> None:
    with pytest.raises(PoolError) as error:
        former_release(wanted, "aaa2", HISTORY, kept)
    assert message in str(error.value)
