# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone

from ansible_collections.peerlb.stack.plugins.module_utils._traffic.rules import count_rules

NOON = "2026-01-01T12:00:00+00:00"
PREVIEW = "throttle:slow:60:10:client"


def line(rule: str = "default", action: str = "allow", **fields: t.Any) -> str:
    return json.dumps(
        {"time": NOON, "client": "192.0.2.7", "rule": rule, "action": action, **fields}
    )


def test_actions_and_previews_are_counted_by_rule() -> None:
    counts = count_rules([line("bad", "deny"), line("bad", "deny"), line(would="deny:worse")])
    assert counts["bad"]["actions"] == {"deny": 2}
    assert counts["worse"]["would"] == {"deny": 1}
    assert counts["default"]["actions"] == {"allow": 1}


def test_clients_are_those_that_were_refused() -> None:
    lines = [line("bad", "deny", client=f"192.0.2.{n}") for n in (1, 2, 2, 3, 4, 5, 6)]
    counts = count_rules([*lines, line()])
    assert counts["bad"]["clients"][0] == {"client": "192.0.2.2", "requests": 2}
    assert [each["client"] for each in counts["bad"]["clients"]] == [
        f"192.0.2.{n}" for n in (2, 1, 3, 4, 5)
    ]
    assert counts["default"]["clients"] == []


def test_older_lines_and_other_formats_are_passed_over() -> None:
    after = datetime(2026, 1, 1, 12, 0, 1, tzinfo=timezone.utc)
    assert count_rules([line()], after) == {}
    others = ["", "{", '{"rule":1}', '{"client":"192.0.2.7","status":200}', "plain text"]
    assert count_rules(others) == {}


def test_a_request_that_no_rule_judged_is_not_counted() -> None:
    assert count_rules([line(rule="", action="")]) == {}


def test_a_previewed_rate_is_counted_as_nginx_counts() -> None:
    burst = [line(would=PREVIEW, msec=100.0, seconds=0.0) for _each in range(20)]
    assert count_rules(burst)["slow"]["would"] == {"throttled": 9}
    later = line(would=PREVIEW, msec=102.0, seconds=0.0)
    assert count_rules([*burst, later, later])["slow"]["would"] == {"throttled": 9}


def test_a_previewed_rate_goes_by_when_requests_began() -> None:
    slow = line(would="throttle:slow:60:0:client", msec=109.0, seconds=9.0)  # began at 100
    quick = line(would="throttle:slow:60:0:client", msec=101.5, seconds=0.0)
    assert count_rules([quick, slow]).get("slow") is None


def test_each_client_has_a_rate_of_its_own_unless_all_are_counted() -> None:
    def told(key: str) -> dict[str, int]:
        would = f"throttle:slow:60:0:{key}"
        lines = [line(would=would, msec=1.0, seconds=0, client=f"192.0.2.{n}") for n in (1, 2)]
        return count_rules(lines).get("slow", {}).get("would", {})

    assert told("client") == {}
    assert told("all") == {"throttled": 1}
