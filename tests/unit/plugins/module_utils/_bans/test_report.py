# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._bans import report

NOW = 1767261600.0


def test_report_is_read_as_it_was_written(tmp_path) -> None:
    told = {"at": NOW, "bans": 3}
    report.write(told, tmp_path / "report.json")
    assert report.read(tmp_path / "report.json") == told


def test_report_that_is_missing_or_damaged_is_empty(tmp_path) -> None:
    path = tmp_path / "report.json"
    assert report.read(path) == {}
    for text in ("", "[]", "{"):
        path.write_text(text)
        assert report.read(path) == {}


def test_unit_is_alive_while_it_writes() -> None:
    assert report.is_alive({"at": NOW}, NOW + 4)
    assert not report.is_alive({"at": NOW}, NOW + 6)
    assert not report.is_alive({}, NOW)
