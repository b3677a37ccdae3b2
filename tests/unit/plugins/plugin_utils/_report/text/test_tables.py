# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text import tables
from support import ROOT

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
    lines = tables.table(("flow", ""), [tables.probe_row(PROBE)[:2], ("b", "c")])
    assert lines == [
        "flow",
        "-" * 23,
        "web1 -> db1:3306  mysql",
        "b                 c",
    ]


def test_probe_sentence() -> None:
    assert tables.probe_sentence(PROBE) == (
        "web1 -> db1:3306 (mysql): expected closed, found open (MySQL 9.7)"
    )


def member(name: str, address: str, port: int, weight: int = 1) -> dict:
    values = {"name": name, "address": address, "port": port, "weight": weight}
    return {**values, "state": "up", "backup": False}


def answered(requests: int, share: float, p95: float) -> dict:
    return {"requests": requests, "share_percent": share, "errors": 0, "p95_ms": p95}


def test_status_is_as_the_document_shows_it() -> None:
    web2, db1 = member("web2", "10.1.0.3", 3000), member("db1", "10.2.0.2", 3306)

    def pools(weight: int) -> list[dict]:
        webapp = [member("web1", "10.1.0.2", 3000, weight), web2]
        return [{"name": "webapp", "members": webapp}, {"name": "mysql", "members": [db1]}]

    info = {"pools": pools(3), "declared": pools(1)}
    info["connections"] = {"10.1.0.2:3000": 4, "10.1.0.3:3000": 1, "10.2.0.2:3306": 2}
    info["traffic"] = {
        "10.1.0.2:3000": answered(30, 75.0, 4.2),
        "10.1.0.3:3000": answered(10, 25.0, 4.6),
        "10.2.0.2:3306": answered(8, 100.0, 45),
    }
    lines = tables.table(tables.STATUS_HEADS, tables.status_rows(info))
    document = (ROOT / "docs/operate.md").read_text()
    assert "\n".join(lines) in document
