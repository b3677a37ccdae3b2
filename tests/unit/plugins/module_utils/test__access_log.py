# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._access_log import newest_lines


def test_no_log_has_no_lines(tmp_path) -> None:
    assert newest_lines(str(tmp_path)) == []


def test_both_logs_and_the_ones_before_are_read(tmp_path) -> None:
    for name in ("access.log", "access.log.1", "access.log.2.gz", "sessions.log"):
        (tmp_path / name).write_text(f"{name} a\n{name} b\n")
    assert newest_lines(str(tmp_path)) == [
        f"{name} {each}" for name in ("access.log.1", "access.log", "sessions.log") for each in "ab"
    ]


def test_only_whole_lines_of_the_end_are_read(tmp_path) -> None:
    (tmp_path / "access.log.1").write_text("older\n")
    (tmp_path / "access.log").write_text("first\nsecond\nthird\n")
    assert newest_lines(str(tmp_path), most=15) == ["second", "third"]
    assert newest_lines(str(tmp_path), most=100) == ["older", "first", "second", "third"]
