# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what verify found, as a table a person can read. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

PROBE_HEADS = ("flow", "protocol", "expected", "found", "latency", "")
MARK = {True: "ok", False: "FAIL"}


def table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> list[str]:
    """Return the rows as lines of one width for each column."""
    cells = [[str(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in cells]
    return [lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])]


def probe_row(probe: t.Mapping[str, t.Any]) -> list[str]:
    latency = probe.get("latency_ms")
    return [
        probe["name"],
        probe["protocol"],
        probe["expect"],
        probe["state"],
        f"{latency:.1f} ms" if latency is not None and probe["state"] == "open" else "",
        MARK[bool(probe["ok"])],
    ]


def probe_sentence(probe: t.Mapping[str, t.Any]) -> str:
    """Say what a probe found and what was expected of it."""
    return (
        f"{probe['name']} ({probe['protocol']}): expected {probe['expect']},"
        f" found {probe['state']} ({probe['detail']})"
    )


STATUS_HEADS = (
    *("pool", "member", "address", "weight", "inventory", "state"),
    *("requests", "share", "5xx", "p95", "open"),
)


def status_rows(info: t.Mapping[str, t.Any]) -> list[list[t.Any]]:
    """Return a row for each member of nginx_release_info: weight now and in the inventory, …"""
    declared = {
        (pool["name"], member["name"]): member
        for pool in info["declared"]
        for member in pool["members"]
    }
    rows = []
    for pool in info["pools"]:
        for member in pool["members"]:
            address = f"{member['address']}:{member['port']}"
            seen = info["traffic"].get(address, {})
            was = declared[(pool["name"], member["name"])]
            state = member["state"] + (" (backup)" if member["backup"] else "")
            rows.append(
                [
                    *(pool["name"], member["name"], address, member["weight"], was["weight"]),
                    *(state, seen.get("requests", 0), f"{seen.get('share_percent', 0)} %"),
                    *(seen.get("errors", 0), _milliseconds(seen.get("p95_ms"))),
                    info["connections"].get(address, 0),
                ]
            )
    return rows


def status_lines(info: t.Mapping[str, t.Any]) -> list[str]:
    """Return what an operator wants to see of a load balancer, as lines of text."""
    workers = info["workers"]
    lines = [
        f"release {info['serving'] or 'none'} answers"
        + ("" if info["serving"] == info["release"] else f", the disk says {info['release']}"),
        f"{workers['serving']} workers serve,"
        f" {workers['shutting_down']} of former releases still finish what they hold",
        *table(STATUS_HEADS, status_rows(info)),
        *info["differences"],
        "releases kept, newest last:",
    ]
    kept = [line for line in info["history"] if line["id"] in info["kept"]]
    words = ("id", "at", "by", "reason")
    return lines + ["  ".join(["", *(line.get(word, "") for word in words)]) for line in kept[-10:]]


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} ms"
