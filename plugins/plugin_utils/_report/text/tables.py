# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and sentences about probes and load balancers, as lines of text."""

from __future__ import annotations

import typing as t

from ....module_utils._values.signature import signed_by
from .bans import guard_lines
from .certificates import certificate_lines
from .health import health_lines, health_word
from .waf import waf_lines

PROBE_HEADS = ("flow", "protocol", "expected", "found", "latency", "")
MARK = {True: "ok", False: "FAIL"}


def table(heads: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> list[str]:
    """Return a table as lines: the heads, a rule, the rows, each column as wide as it needs.

    A cell of numbers should hold no space: a callback that prints YAML breaks long lines there.
    """
    cells = [[str(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in cells]
    return [lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])]


def probe_row(probe: t.Mapping[str, t.Any]) -> list[str]:
    """Return a row such as ["web1 -> lb1:3306", "mysql", "open", "open", "0.7ms", "ok"]."""
    latency = probe.get("latency_ms")
    return [
        probe["name"],
        probe["protocol"],
        probe["expect"],
        probe["state"],
        f"{latency:.1f}ms" if latency is not None and probe["state"] == "open" else "",
        MARK[bool(probe["ok"])],
    ]


def probe_sentence(probe: t.Mapping[str, t.Any]) -> str:
    """Return what was expected of a probe and what it found.

    An example: "web1 -> db1:3306 (mysql): expected closed, found open (MySQL 9.7)"
    """
    return (
        f"{probe['name']} ({probe['protocol']}): expected {probe['expect']},"
        f" found {probe['state']} ({probe['detail']})"
    )


STATUS_HEADS = (
    *("pool", "member", "address", "weight", "inventory", "state"),
    *("requests", "share", "5xx", "p95", "open", "health"),
)


def status_rows(info: t.Mapping[str, t.Any]) -> list[list[t.Any]]:
    """Return a row for each member in what nginx_release_info returned, as STATUS_HEADS says.

    The columns requests to p95 are those of recent traffic, open the number of connections, and
    health is what the probes tell.
    """
    in_inventory = {
        (pool["name"], member["name"]): member
        for pool in info["declared"]
        for member in pool["members"]
    }
    rows = []
    for pool in info["pools"]:
        for member in pool["members"]:
            address = f"{member['address']}:{member['port']}"
            traffic = info["traffic"].get(address, {})
            inventory = in_inventory[(pool["name"], member["name"])]
            state = member["state"] + (" (backup)" if member["backup"] else "")
            rows.append(
                [
                    *(pool["name"], member["name"], address, member["weight"], inventory["weight"]),
                    *(state, traffic.get("requests", 0), f"{traffic.get('share_percent', 0)}%"),
                    *(traffic.get("errors", 0), _milliseconds(traffic.get("p95_ms"))),
                    info["connections"].get(address, 0),
                    health_word(info, pool["name"], member["name"]),
                ]
            )
    return rows


def status_lines(info: t.Mapping[str, t.Any]) -> list[str]:
    """Return the state of a load balancer for its operator, from what nginx_release_info returned.

    The lines say which release answers, which nginx runs, how each member of each pool does, how
    nginx follows changes, how weights differ from the inventory, which releases are kept, and which
    weights and states were changed last.
    """
    workers = info["workers"]
    nginx = info.get("nginx") or {"version": "", "note": ""}
    lines = [
        f"release {info['serving'] or 'none'} answers"
        + ("" if info["serving"] == info["release"] else f", the disk says {info['release']}"),
        *([f"nginx {nginx['version']} runs"] if nginx["version"] else []),
        *filter(None, [nginx["note"]]),
        *log_lines(info.get("logs") or {}),
        f"{workers['serving']} workers serve,"
        f" {workers['shutting_down']} of former releases still finish what they hold",
        *table(STATUS_HEADS, status_rows(info)),
        *health_lines(info),
        *certificate_lines(info),
        *guard_lines(info),
        *waf_lines(info),
        *info["differences"],
        "releases kept, newest last:",
    ]
    kept = [line for line in _releases(info) if line["id"] in info["kept"]]
    lines += ["  ".join(["", *history_cells(line)]) for line in kept[-10:]]
    changes = [line for line in _lasting(info) if "change" in line]
    heading = ["changes without a reload, newest last:"] if changes else []
    return lines + heading + ["  ".join(["", *history_cells(line)[1:]]) for line in changes[-5:]]


def log_lines(logs: t.Mapping[str, t.Any]) -> list[str]:
    """Return how large nginx's logs are, and whether their rotation failed; [] if not known."""
    if not logs:
        return []
    lines = [f"the logs of nginx have {_size(logs['bytes'])}"]
    if logs["rotation_failed"]:
        lines.append(
            "the last rotation of the logs failed: journalctl -u peerlb-logs.service says why"
        )
    return lines


def history_cells(line: t.Mapping[str, t.Any]) -> list[str]:
    """Return a line of a history as the id, the time, who changed it, what, and why."""
    words = [line.get("change", ""), line.get("reason", "")]
    return [line.get("id", ""), line.get("at", ""), signed_by(line), "  ".join(filter(None, words))]


SERVICE_HEADS = ("host", "service", "release", "image", "state", "since", "by")


def services_lines(statuses: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> list[str]:
    """Return what runs where, from what service_release_info returned for each host's services.

    A table, a line for each difference between what runs and the release, and one for each change.
    """
    rows, differences, changes = [], [], []
    for host, results in statuses.items():
        for result in results:
            service = result["__service"]["service"]
            rows.append([host, service, *_service_cells(result)])
            differences += [f"{host}, {service}: {each}" for each in result["differs"]]
            changes += [
                "  ".join(["", host, service, *history_cells(line)]).rstrip()
                for line in _lasting(result)[-3:]
            ]
    return [
        *table(SERVICE_HEADS, rows),
        *(differences or ["what runs is as its release says"]),
        "the last changes, newest last:",
        *changes,
    ]


def _service_cells(result: t.Mapping[str, t.Any]) -> list[str]:
    """Return the cells of SERVICE_HEADS from release on."""
    running = result["running"]
    last = (_releases(result) or [{}])[-1]
    state = running.get("health") or running.get("state", "nothing runs")
    digest = running.get("image", "").partition(":")[2][:12]
    name = (result["requested"] or result["image"]).partition("@")[0]
    image = f"{name} {digest}" if digest else name
    return [result["release"], image, state, running.get("since", "")[:19], signed_by(last)]


def _lasting(result: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the history without what was live only while a member was renewed."""
    return [line for line in result["history"] if not line.get("passing")]


def _releases(result: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the lines of the history about releases, without changes that needed none."""
    return [line for line in _lasting(result) if "change" not in line]


def _size(count: int) -> str:
    """Return a number of bytes for people: "512 bytes", "1.3 MB", "20.0 GB"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}ms"
