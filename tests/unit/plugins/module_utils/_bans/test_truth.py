# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import Ban
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import Maintenance
from ansible_collections.peerlb.stack.plugins.module_utils._bans.truth import (
    Busy,
    Truth,
    locked,
)

NOW = 1767261600.0


def test_what_is_wanted_is_read_as_it_was_written(tmp_path) -> None:
    bans = (Ban("203.0.113.7/32", NOW, "scans", "ada"), Ban("198.51.100.0/24"))
    truth = Truth(bans, {"webapp": Maintenance(60)}, {}, ({"change": "a"},), ({"change": "b"},))
    truth.write_bans(tmp_path)
    truth.write_maintenance(tmp_path)
    assert Truth.read(tmp_path) == truth
    for name in ("bans.json", "maintenance.json"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_nothing_is_wanted_where_nothing_was_written(tmp_path) -> None:
    assert Truth.read(tmp_path) == Truth()


@pytest.mark.parametrize("name", ["bans.json", "maintenance.json"])
@pytest.mark.parametrize("text", ["", "[]", '{"bans": [', '"x"'])
def test_damaged_file_is_named(tmp_path, name, text) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} is damaged.*: move it away"):
        Truth.read(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 1}', '{"a": {"x": {}}}', '{"a": {"1.2.3.4": 1}}']
)
def test_damaged_lists_are_made_anew_by_the_unit(tmp_path, text) -> None:
    (tmp_path / "lists.json").write_text(text)
    assert Truth.read(tmp_path).lists == {}


def test_only_the_latest_changes_are_kept(tmp_path) -> None:
    Truth(ban_changes=tuple({"change": str(each)} for each in range(500))).write_bans(tmp_path)
    changes = Truth.read(tmp_path).ban_changes
    assert (len(changes), changes[-1]) == (200, {"change": "499"})


def test_bans_of_lists_count_until_their_end() -> None:
    listed = {
        "/list": {
            "192.0.2.1/32": {"until": NOW + 5},
            "192.0.2.2/32": {"until": None},
            "192.0.2.3/32": {"until": NOW},
        }
    }
    truth = Truth((Ban("203.0.113.7/32", NOW + 9), Ban("203.0.113.8/32", NOW)), {}, listed)
    shown = [str(each) for each in truth.networks(NOW)]
    assert shown == ["203.0.113.7/32", "192.0.2.1/32", "192.0.2.2/32"]
    assert truth.next_end(NOW) == NOW + 5
    assert truth.next_end(NOW + 5) == NOW + 9
    assert truth.next_end(NOW + 9) == float("inf")
    assert [each.shown for each in truth.at(NOW).bans] == ["203.0.113.7"]
    assert set(truth.flags(NOW)["bans"]) == {"203.0.113.7", "192.0.2.1", "192.0.2.2"}


def test_one_at_a_time_may_change_it(tmp_path) -> None:
    message = "another one is changing bans"
    with locked(tmp_path, 0), pytest.raises(Busy, match=message), locked(tmp_path, 0.1):
        pass
    with locked(tmp_path, 0):
        pass
