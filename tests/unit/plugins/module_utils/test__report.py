# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
