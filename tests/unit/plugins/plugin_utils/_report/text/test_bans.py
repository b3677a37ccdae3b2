# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.bans import (
    guard_lines,
    guard_problems,
)

GUARD = {
    "alive": True,
    "seconds_ago": 0.4,
    "errors": [],
    "banned": 3,
    "bans": ["203.0.113.7 until 2026-01-01T10:00:00Z, set by ada"],
    "lists": {"/a.txt": {"bans": 2, "errors": ["line 3: x is no address"]}},
    "maintenance": ["pool webapp is in maintenance since 2026-01-01T10:00:00Z, set by ada"],
}


def test_older_release_has_no_lines() -> None:
    assert guard_lines({}) == guard_lines({"guard": {}}) == guard_problems({}) == []


def test_lines_tell_of_maintenance_bans_and_lists() -> None:
    assert guard_lines({"guard": GUARD}) == [
        "pool webapp is in maintenance since 2026-01-01T10:00:00Z, set by ada",
        "3 ranges are banned (2 by /a.txt)",
        "banned: 203.0.113.7 until 2026-01-01T10:00:00Z, set by ada",
        "list /a.txt: line 3: x is no address",
    ]
    quiet = {**GUARD, "banned": 0, "bans": [], "lists": {}, "maintenance": []}
    assert guard_lines({"guard": quiet}) == guard_problems({"guard": quiet}) == []
    assert guard_lines({"guard": {**quiet, "banned": 1}}) == ["1 range is banned"]


def test_maintenance_errors_and_a_dead_unit_are_problems_and_bans_are_not() -> None:
    assert guard_problems({"guard": GUARD}) == GUARD["maintenance"]
    dead = {**GUARD, "alive": False, "seconds_ago": 12.0, "errors": ["bans: x"]}
    problems = guard_problems({"guard": dead})
    assert problems[0].startswith("peerlb-guard.service IS DEAD since 12 s: bans stay")
    assert problems[-1] == "peerlb-guard.service has an error: bans: x"
    assert "HAS AN ERROR: bans: x" in str(guard_lines({"guard": dead}))
    never = {**dead, "seconds_ago": None}
    assert "IS DEAD: bans stay" in guard_problems({"guard": never})[0]
