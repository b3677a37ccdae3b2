# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone

from ansible_collections.peerlb.stack.plugins.module_utils._traffic.firewall import (
    count_matches,
    count_verdicts,
)

NOON = "2026-01-01T12:00:00+00:00"
SQL = ("942100", "SQL Injection")
SCORE = ("949110", "Inbound Anomaly Score Exceeded")


def line(verdict: str, route: str = "shop /a", **fields: t.Any) -> str:
    told = {"time": NOON, "route": route, "waf": verdict, **fields}
    return json.dumps(told, separators=(",", ":"))


def audit(*messages: tuple[str, str], interrupted: bool = False) -> str:
    told = [{"message": text, "details": {"ruleId": rule}} for rule, text in messages]
    transaction = {"client_ip": "192.0.2.7", "is_interrupted": interrupted, "messages": told}
    return json.dumps({"transaction": transaction}, separators=(",", ":"))


def test_verdicts_are_counted_by_route() -> None:
    lines = [line("passed"), line("passed"), line("refused"), line("refused", "shop /b"), line("")]
    counts = {"shop /a": {"passed": 2, "refused": 1}, "shop /b": {"refused": 1}}
    assert count_verdicts(lines) == counts


def test_older_lines_and_other_formats_are_passed_over() -> None:
    after = datetime(2026, 1, 1, 12, 0, 1, tzinfo=timezone.utc)
    assert count_verdicts([line("passed")], after) == {}
    assert count_verdicts(["x", '{"waf":"passed"', '{"waf":"', "{}", line("passed")]) == {
        "shop /a": {"passed": 1}
    }


def test_rules_are_counted_once_a_request() -> None:
    told = count_matches([audit(SQL, SQL, SCORE, interrupted=True), audit(SQL)])
    assert told == {
        "refused": 1,
        "would_refuse": 0,
        "rules": [{"rule": "942100", "requests": 2, "message": "SQL Injection"}],
    }


def test_preview_counts_what_would_be_refused() -> None:
    told = count_matches([audit(SQL, SCORE), audit(SQL)])
    assert (told["refused"], told["would_refuse"]) == (0, 1)


def test_rules_that_matched_most_come_first() -> None:
    lines = [audit((f"9{n:05}", "x")) for n in range(20)] + [audit(SQL)] * 2
    rules = count_matches(lines)["rules"]
    assert len(rules) == 10
    assert rules[0]["rule"] == "942100"


def test_lines_that_are_none_of_the_log_are_passed_over() -> None:
    broken = ['{"transaction', '{"transaction":1}', '{"transaction":{"messages":[1,{}]}}', "nginx"]
    assert count_matches(broken) == {"refused": 0, "would_refuse": 0, "rules": []}
