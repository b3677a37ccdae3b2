# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.filter.report import FilterModule

FILTERS = FilterModule().filters()

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000, "state": "up", "backup": False}
INFO = {
    "release": "3f9a1c52be07",
    "serving": "3f9a1c52be07",
    "pools": [{"name": "webapp", "members": [{**MEMBER, "weight": 3}]}],
    "declared": [{"name": "webapp", "members": [{**MEMBER, "weight": 1}]}],
    "differences": ["pool webapp, member web1: weight is 3, the inventory says 1 (set by ada)"],
    "connections": {"10.1.0.2:3000": 4},
    "workers": {"serving": 2, "shutting_down": 1},
    "traffic": {
        "10.1.0.2:3000": {"requests": 30, "share_percent": 75.0, "errors": 2, "p95_ms": 4.2}
    },
    "history": [
        {"id": "0d44e1a97c31", "at": "2026-01-01T10:00:00Z", "by": "ansible", "reason": ""},
        {"id": "3f9a1c52be07", "at": "2026-01-02T10:00:00Z", "by": "ada", "reason": "canary"},
    ],
    "kept": ["3f9a1c52be07"],
}
PROBE = {
    "name": "web1 -> db1:3306",
    "protocol": "mysql",
    "expect": "closed",
    "state": "timeout",
    "latency_ms": 2000.0,
    "detail": "no answer",
    "ok": True,
}


def test_status_table_has_release_members_differences_and_history() -> None:
    text = FILTERS["status_table"](INFO)
    assert text[0] == "release 3f9a1c52be07 answers"
    assert text[1] == "2 workers serve, 1 of former releases still finish what they hold"
    row = [
        "webapp",
        "web1",
        "10.1.0.2:3000",
        "3",
        "1",
        "up",
        "30",
        "75.0%",
        "2",
        "4.2ms",
        "4",
    ]
    assert text[4].split() == row
    assert text[5] == INFO["differences"][0]
    assert text[-1] == "  3f9a1c52be07  2026-01-02T10:00:00Z  ada  canary"


def test_status_table_says_when_another_release_answers() -> None:
    text = FILTERS["status_table"]({**INFO, "serving": ""})
    assert text[0] == "release none answers, the disk says 3f9a1c52be07"


def test_status_table_names_the_nginx_that_runs() -> None:
    for note in ("", "nginx 1.30.2 has known holes."):
        text = FILTERS["status_table"]({**INFO, "nginx": {"version": "1.30.2", "note": note}})
        assert "nginx 1.30.2 runs" in text
        assert ("nginx 1.30.2 has known holes." in text) is bool(note)


def test_status_table_without_traffic() -> None:
    row = FILTERS["status_table"]({**INFO, "traffic": {}, "connections": {}})[4]
    assert row.split()[-4:] == ["0", "0%", "0", "0"]


def test_probes_make_a_table_and_sentences() -> None:
    lines = FILTERS["probe_table"]([PROBE])
    assert lines[0].split() == ["flow", "protocol", "expected", "found", "latency"]
    assert lines[2].split() == [*PROBE["name"].split(), "mysql", "closed", "timeout", "ok"]
    assert FILTERS["probe_sentence"](PROBE).endswith("expected closed, found timeout (no answer)")


@pytest.mark.parametrize("tolerance, problems", [("0", 1), ("5", 0)])
def test_sample_problems_takes_numbers_as_text(tolerance, problems) -> None:
    pool = INFO["pools"][0]
    sample = {"served_by": {"web1": 35}, "statuses": {"200": 35}, "failed_requests": 0}
    found = FILTERS["sample_problems"](sample, pool, requests="40", tolerance=tolerance)
    assert len(found) == problems


def test_sample_filters_know_other_names_and_methods() -> None:
    sample = {"served_by": {"blue": 30}, "statuses": {"200": 30}, "failed_requests": 0}
    pool = INFO["pools"][0]
    assert FILTERS["sample_problems"](sample, pool, names={"web1": "blue"}) == []
    assert FILTERS["sample_notes"](sample, pool) == []
    assert FILTERS["sample_notes"](sample, {**pool, "method": "hash"}) != []


def test_services_table_has_a_row_for_each_service_of_each_host() -> None:
    told = {"requested": "shop:1", "image": "", "running": {}, "differs": [], "history": []}
    web1 = [{**told, "release": "3f9a1c52be07", "__service": {"service": "webapp"}}]
    lines = FILTERS["services_table"]({"web1": web1})
    assert lines[2].split()[:4] == ["web1", "webapp", "3f9a1c52be07", "shop:1"]
