# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils import _report

PROBE = {
    "name": "web1 -> db1:3306",
    "protocol": "mysql",
    "expect": "closed",
    "state": "open",
    "latency_ms": 1.234,
    "detail": "MySQL 9.7",
    "ok": False,
}


def member(name: str, **settings) -> dict:
    return {"name": name, "weight": 1, "state": "up", "backup": False, **settings}


def sample(served_by: dict, **settings) -> dict:
    total = sum(served_by.values())
    values = {"served_by": served_by, "statuses": {"200": total}, "failed_requests": 0}
    return {**values, "errors": [], **settings}


def test_table_has_a_line_a_probe() -> None:
    lines = _report.table(("flow", ""), [_report.probe_row(PROBE)[:2], ("b", "c")])
    assert lines == [
        "flow",
        "-" * 23,
        "web1 -> db1:3306  mysql",
        "b                 c",
    ]


def test_probe_sentence() -> None:
    assert _report.probe_sentence(PROBE) == (
        "web1 -> db1:3306 (mysql): expected closed, found open (MySQL 9.7)"
    )


@pytest.mark.parametrize(
    "members, served_by",
    [
        ([member("a"), member("b")], {"a": 20, "b": 20}),
        ([member("a", weight=3), member("b")], {"a": 30, "b": 10}),
        ([member("a"), member("b", weight=0)], {"a": 40}),
        ([member("a"), member("b", state="drain")], {"a": 40}),
        ([member("a"), member("b", backup=True)], {"a": 40}),
        ([member("a"), member("b"), member("c")], {"a": 13, "b": 13, "c": 14}),
    ],
)
def test_due_shares_are_no_problem(members, served_by) -> None:
    assert _report.sample_problems(sample(served_by), {"members": members}, 40, 0) == []


@pytest.mark.parametrize(
    "answers, message",
    [
        (sample({"a": 21, "b": 19}), "a answered 21 of 40, due 20"),
        (sample({"a": 20, "c": 20}), "c answered 20 of 40, due 0"),
        (sample({"a": 20, "b": 20}, statuses={"200": 39, "502": 1}), "'502': 1"),
        (
            sample({"a": 20, "b": 20}, failed_requests=2, errors=["reset"]),
            "2 of 40 requests got no",
        ),
    ],
)
def test_other_shares_are_named(answers, message) -> None:
    problems = _report.sample_problems(answers, {"members": [member("a"), member("b")]}, 40, 0)
    assert any(message in problem for problem in problems)


def test_tolerance_allows_for_other_traffic() -> None:
    members = [member("a"), member("b")]
    assert _report.sample_problems(sample({"a": 22, "b": 18}), {"members": members}, 40, 2) == []
