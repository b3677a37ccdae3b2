# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import guard_status as status
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.guard_status import (
    all_changes,
    guard_status,
)
from ansible_collections.peerlb.stack.plugins.module_utils._bans import flags
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import Ban
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import Maintenance
from ansible_collections.peerlb.stack.plugins.module_utils._bans.truth import Truth

FILES = {"units/peerlb-guard.service"}


@pytest.fixture
def told(monkeypatch) -> dict:
    """Return the report of the unit, to be changed by a test."""
    report = {"at": time.time(), "errors": ["log: x"], "lists": {"/a": {"bans": 1, "errors": []}}}
    monkeypatch.setattr(status.report, "read", lambda: report)
    return report


def test_older_release_tells_nothing(tmp_path) -> None:
    assert guard_status(tmp_path, ()) == {}


def test_status_is_what_is_wanted_and_what_the_unit_says(tmp_path, told) -> None:
    bans = tuple(Ban(f"203.0.113.{n}/32", at=f"2026-01-01T10:00:{n:02}Z") for n in range(1, 13))
    truth = Truth(bans, {"webapp": Maintenance(by="ada")})
    truth.write_bans(tmp_path)
    truth.write_maintenance(tmp_path)
    flags.apply(tmp_path, truth.flags(0))
    found = guard_status(tmp_path, FILES)
    assert (found["alive"], found["errors"], found["banned"]) == (True, ["log: x"], 12)
    assert len(found["bans"]) == 10
    assert found["bans"][0].startswith("203.0.113.12 ")
    assert found["maintenance"][0].startswith("pool webapp is in maintenance")
    assert found["in_maintenance"] == ["webapp"]
    assert found["lists"] == told["lists"]
    (tmp_path / "live/bans/203.0.113.4").unlink()
    assert "nginx does not see 1 of the flags, such as bans/203.0.113.4" in str(
        guard_status(tmp_path, FILES)["errors"]
    )


def test_damaged_file_and_dead_unit_are_told_of(tmp_path, monkeypatch) -> None:
    (tmp_path / "bans.json").write_text("{")
    monkeypatch.setattr(status.report, "read", dict)
    found = guard_status(tmp_path, FILES)
    assert (found["alive"], found["seconds_ago"]) == (False, None)
    assert "bans.json is damaged" in found["errors"][0]
    assert all_changes(tmp_path, [{"at": "1"}]) == [{"at": "1"}]


def test_changes_are_sorted_by_time(tmp_path) -> None:
    truth = Truth(ban_changes=({"at": "2"}, {"at": "4"}), maintenance_changes=({"at": "3"},))
    truth.write_bans(tmp_path)
    truth.write_maintenance(tmp_path)
    assert [each["at"] for each in all_changes(tmp_path, [{"at": "1"}])] == ["1", "2", "3", "4"]
