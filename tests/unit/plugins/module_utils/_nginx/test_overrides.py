# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.overrides import (
    apply_overrides,
    change_entries,
    describe_differences,
    keep_known,
    read_changes,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool

ADA = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": "canary"}
BOB = {"by": "bob", "at": "2026-01-02T10:00:00Z", "reason": ""}
WEBAPP = Pool.parse(
    {
        "name": "webapp",
        "members": [
            {"name": "web1", "address": "10.1.0.2", "port": 3000},
            {"name": "web2", "address": "10.1.0.3", "port": 3000},
        ],
    }
)


def test_changes_are_read_from_what_a_command_line_gives() -> None:
    assert read_changes({"web1": "3", "web2": 0}, {"web2": "up"}) == {
        "web1": {"weight": 3},
        "web2": {"weight": 0, "state": "up"},
    }


@pytest.mark.parametrize(
    "weights, states",
    [({"web1": "3.5"}, {}), ({"web1": None}, {}), ({"web1": 1001}, {}), ({}, {"web1": "off"})],
)
def test_wrong_weight_or_state_is_refused(weights, states) -> None:
    with pytest.raises(PoolError, match="member web1"):
        read_changes(weights, states)


@pytest.mark.parametrize(
    "changes, entries",
    [
        ({"web1": {"weight": 3}}, {"web1": {"weight": 3, **ADA}}),
        ({"web1": {"weight": 4}}, {"web1": {"weight": 4, **BOB}}),
        ({"web1": {"state": "drain"}}, {"web1": {"weight": 3, "state": "drain", **BOB}}),
        ({"web1": {"weight": 1}}, {}),
        ({"web2": {"weight": 1}}, {"web1": {"weight": 3, **ADA}}),
    ],
)
def test_only_a_changed_override_is_signed_anew(changes, entries) -> None:
    assert change_entries({"web1": {"weight": 3, **ADA}}, WEBAPP, changes, BOB) == entries


def test_overrides_of_unknown_pools_and_members_are_dropped() -> None:
    entry = {"weight": 3, **ADA}
    overrides = {"webapp": {"web1": entry, "web9": entry}, "shop": {"web1": entry}}
    assert keep_known(overrides, [WEBAPP]) == {"webapp": {"web1": entry}}
    assert keep_known({"webapp": {"web9": entry}}, [WEBAPP]) == {}


def test_overrides_win_over_the_inventory() -> None:
    (pool,) = apply_overrides({"webapp": {"web1": {"weight": 3, **ADA}}}, [WEBAPP])
    assert [member.weight for member in pool.members] == [3, 1]
    assert apply_overrides({}, [WEBAPP]) == (WEBAPP,)


def test_difference_names_both_values_and_who_made_it() -> None:
    overrides = {"webapp": {"web1": {"weight": 3, **ADA}, "web2": {"weight": 1, **BOB}}}
    assert describe_differences(overrides, [WEBAPP]) == [
        "pool webapp, member web1: weight is 3, the inventory says 1"
        " (set by ada at 2026-01-01T10:00:00Z, because: canary)"
    ]
