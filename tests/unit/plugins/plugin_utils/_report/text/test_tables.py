# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text import tables
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.health import health_lines
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
    good = {"state": "good", "serves": True, "since": "", "why": "", "flaps": False}
    bad = {**good, "state": "bad", "since": "2026-01-01T10:02:11Z", "why": "answers 503"}
    followed = {"engine": "dns", "why_reload": "", "panic": False}
    reloaded = {**followed, "engine": "reload", "why_reload": "the pool has one member"}
    info["unit"] = {"alive": True, "errors": [], "seconds_ago": 0.4}
    info["health"] = {
        "webapp": {
            **{**followed, "asked_seconds_ago": {"http": 0.4}},
            "members": {"web1": good, "web2": bad},
        },
        "mysql": {**reloaded, "asked_seconds_ago": {}, "members": {"db1": good}},
    }
    protocols = {"webapp": "http", "mysql": "tcp"}
    info["listeners"] = [{"pool": pool, "protocol": each} for pool, each in protocols.items()]
    lines = tables.table(tables.STATUS_HEADS, tables.status_rows(info)) + health_lines(info)
    document = (ROOT / "docs/operate.md").read_text()
    assert "\n".join(lines) in document


def test_services_table_tells_changes_and_keeps_who_made_the_release() -> None:
    service = copy.deepcopy(SERVICES["lb1"][0])
    change = {"at": "2026-01-01T11:00:00Z", "by": "bob", "reason": "", "id": "8c52d1f0a9be"}
    words = "pool webapp, member web1: weight 3"
    service["history"] += [
        {**change, "change": words},
        {**change, "change": "pool webapp, member web1: state drain", "passing": True},
    ]
    lines = tables.services_lines({"lb1": [service]})
    assert lines[2].split()[-1] == "ada"
    assert lines[-1].split("  ")[-2:] == ["bob", words]


def test_status_tells_changes_apart_from_releases() -> None:
    note = {"id": "8c52d1f0a9be", "by": "ada", "reason": ""}
    words = "pool webapp, member web1: weight 3"
    info = {
        **{"release": "8c52d1f0a9be", "serving": "8c52d1f0a9be", "kept": ["8c52d1f0a9be"]},
        **{"pools": [], "declared": [], "differences": []},
        "workers": {"serving": 2, "shutting_down": 0},
        "history": [
            {**note, "at": "2026-01-01T10:00:00Z", "reason": "first"},
            {**note, "at": "2026-01-01T11:00:00Z", "reason": "canary", "change": words},
        ],
    }
    assert tables.status_lines(info)[-4:] == [
        "releases kept, newest last:",
        "  8c52d1f0a9be  2026-01-01T10:00:00Z  ada  first",
        "changes without a reload, newest last:",
        f"  2026-01-01T11:00:00Z  ada  {words}  canary",
    ]


def running(name: str, release: str, image: tuple[str, str, str], since: str, *lines: str) -> dict:
    """Return what service_release_info tells; a line of the history is its id, time, by, reason."""
    requested, exact, number = image
    words = ("id", "at", "by", "reason")
    return {
        "__service": {"service": name},
        **{"release": release, "requested": requested, "image": exact, "differs": []},
        "running": {"health": "healthy", "image": f"sha256:{number}99", "since": f"{since}.12Z"},
        "history": [dict(zip(words, line.split(",") + [""] * 4)) for line in lines],
    }


NGINX = ("", "nginx@sha256:aa", "0f3c9a7b21de")  # nginx's release does not say which tag was asked
SHOP = ("shop:1.4", "shop@sha256:bb", "5b1f6a0c77e2")
MYSQL = ("mysql:9.7", "mysql@sha256:cc", "c41d0e5f9a36")
SERVICES = {
    "lb1": [
        running(
            *("nginx", "8c52d1f0a9be", NGINX, "2026-01-01T09:02:11"),
            "8c52d1f0a9be,2026-01-01T10:00:00Z,ada,canary",
        )
    ],
    "web1": [
        running(
            *("webapp", "3f9a1c52be07", SHOP, "2026-01-02T10:00:03"),
            "0d44e1a97c31,2026-01-01T09:01:20Z,ada",
            "3f9a1c52be07,2026-01-02T10:00:00Z,bob,version 1.4",
        )
    ],
    "db1": [
        running(
            *("mysql", "7df21f615e02", MYSQL, "2026-01-01T09:00:40"),
            "7df21f615e02,2026-01-01T09:00:12Z,ada",
        )
    ],
}


def test_what_runs_where_is_as_the_document_shows_it() -> None:
    (db1,) = SERVICES["db1"]
    services = {**SERVICES, "db1": [{**db1, "differs": ["peerlb-mysql was changed by hand"]}]}
    document = (ROOT / "docs/how-a-service-goes-live.md").read_text()
    assert "\n".join(tables.services_lines(services)) in document


def test_no_difference_is_told_too() -> None:
    assert "what runs is as its release says" in tables.services_lines(SERVICES)


def test_renewals_of_members_are_no_changes_and_nobodys_deployment() -> None:
    (lb1,) = SERVICES["lb1"]
    passing = {"id": "aaaaaaaaaaaa", "at": "", "by": "eve", "reason": "", "passing": True}
    lines = tables.services_lines({"lb1": [{**lb1, "history": lb1["history"] + [passing] * 6}]})
    assert lines == tables.services_lines({"lb1": SERVICES["lb1"]})


def test_service_that_does_not_run_is_told() -> None:
    (web1,) = SERVICES["web1"]
    nothing = {**web1, "running": {}, "history": [], "release": ""}
    lines = tables.services_lines({"web1": [nothing]})
    assert lines[2].split() == ["web1", "webapp", "shop:1.4", "nothing", "runs"]
    assert lines[-1] == "the last changes, newest last:"
    stopped = {**web1, "running": {"state": "exited", "health": "", "image": "", "since": ""}}
    assert tables.services_lines({"web1": [stopped]})[2].split()[3:5] == ["shop:1.4", "exited"]


def test_login_stands_beside_the_operator() -> None:
    (web1,) = SERVICES["web1"]
    old, new = web1["history"]
    history = [old, {**new, "login": "ubuntu"}]
    lines = tables.services_lines({"web1": [{**web1, "history": history}]})
    assert lines[2].endswith("bob (login ubuntu)")
    assert lines[-1].split("  ")[-2:] == ["bob (login ubuntu)", "version 1.4"]
    assert lines[-2].rstrip().endswith("2026-01-01T09:01:20Z  ada")


@pytest.mark.parametrize(
    ("count", "words"),
    [(512, "512 bytes"), (1_336_266, "1.3 MB"), (2 * 10**10, "20.0 GB"), (1000, "1.0 kB")],
)
def test_size_and_failed_rotation_of_logs_are_told(count, words) -> None:
    info = {"release": "a", "serving": "a", "workers": {"serving": 1, "shutting_down": 0}}
    info.update(dict.fromkeys(("pools", "declared", "differences", "kept"), []), overrides={})
    login = {"id": "a", "at": "now", "by": "ada", "login": "ubuntu", "reason": "why"}
    info = {**info, "kept": ["a"], "history": [login]}
    assert "logs" not in str(tables.status_lines(info))
    logs = {"bytes": count, "rotation_failed": False}
    lines = tables.status_lines({**info, "logs": logs})
    assert f"the logs of nginx have {words}" in lines
    assert "rotation" not in str(lines)
    assert lines[-1] == "  a  now  ada (login ubuntu)  why"
    failed = tables.status_lines({**info, "logs": {**logs, "rotation_failed": True}})
    assert set(failed).difference(lines) == {
        "the last rotation of the logs failed: journalctl -u peerlb-logs.service says why"
    }
