# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.access_log import (
    newest_lines,
    parse_since,
    summarize,
)

WEB1, WEB2 = "10.1.0.2:3000", "10.1.0.3:3000"


def line(upstream: str = WEB1, status: str = "200", seconds: str = "0.010", **more) -> str:
    entry = {"upstream": upstream, "upstream_status": status, "upstream_seconds": seconds}
    return json.dumps({**entry, **more})


def test_shares_and_times_by_member() -> None:
    lines = [line(seconds=f"0.{number:03}") for number in range(1, 31)]
    other = [line("10.2.0.2:3306")] * 60
    found = summarize([*lines, *[line(WEB2)] * 10, *other], [[WEB1, WEB2], ["10.2.0.2:3306"]])
    assert found[WEB1] == {"requests": 30, "share_percent": 75.0, "errors": 0, "p95_ms": 29.0}
    assert (found[WEB2]["requests"], found[WEB2]["share_percent"]) == (10, 25.0)
    assert found["10.2.0.2:3306"]["share_percent"] == 100.0


def test_retried_request_is_an_error_of_the_first_and_a_request_of_the_last() -> None:
    found = summarize([line(f"{WEB1}, {WEB2}", "502, 200", "0.001, 0.020")])
    assert (found[WEB1]["requests"], found[WEB1]["errors"]) == (0, 1)
    assert (found[WEB2]["requests"], found[WEB2]["errors"]) == (1, 0)
    assert (found[WEB1]["p95_ms"], found[WEB2]["p95_ms"]) == (None, 20.0)


def test_lines_before_since_do_not_count() -> None:
    since = datetime(2026, 1, 1, 10, tzinfo=timezone.utc)
    early, late = line(time="2026-01-01T10:59:59+01:00"), line(time="2026-01-01T10:00:00+00:00")
    assert summarize([early, late, line()], since=since)[WEB1]["requests"] == 1


@pytest.mark.parametrize(
    "text, seconds", [("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400), ("0s", 0)]
)
def test_since_is_read(text, seconds) -> None:
    assert parse_since(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["15", "m", "1h30m", "-5m", "5 m"])
def test_since_of_another_form_is_refused(text) -> None:
    with pytest.raises(ValueError, match="such as 15m"):
        parse_since(text)


def test_answers_of_500_and_above_are_errors() -> None:
    found = summarize([line(status="503"), line(status="404"), line(status="200")])
    assert (found[WEB1]["requests"], found[WEB1]["errors"]) == (3, 1)


def test_tcp_sessions_count_by_their_own_status() -> None:
    session = {"protocol": "TCP", "upstream": WEB1, "status": 502, "seconds": "1.5"}
    assert summarize([json.dumps(session)])[WEB1]["errors"] == 1
    assert summarize([json.dumps({**session, "status": 200})])[WEB1]["p95_ms"] == 1500.0


def test_other_lines_are_passed_over() -> None:
    assert summarize(["", "2026 [notice] start", "{broken", "{}", line(""), "[1]"]) == {}


def test_answer_without_a_time_counts_as_0_ms() -> None:
    assert summarize([line(seconds="-")])[WEB1]["p95_ms"] == 0.0


def test_missing_log_has_no_lines(tmp_path) -> None:
    assert newest_lines(str(tmp_path)) == []


def test_both_logs_and_their_newest_rotated_files_are_read(tmp_path) -> None:
    for name in ("access.log", "access.log.1", "access.log.2.gz", "sessions.log"):
        (tmp_path / name).write_text(f"{name} a\n{name} b\n")
    assert newest_lines(str(tmp_path)) == [
        f"{name} {each}" for name in ("access.log.1", "access.log", "sessions.log") for each in "ab"
    ]


def test_only_whole_lines_of_the_end_are_read(tmp_path) -> None:
    (tmp_path / "access.log.1").write_text("older\n")
    (tmp_path / "access.log").write_text("first\nsecond\nthird\n")
    assert newest_lines(str(tmp_path), max_bytes=15) == ["second", "third"]
    assert newest_lines(str(tmp_path), max_bytes=100) == ["older", "first", "second", "third"]
