# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the report's page: flows, hosts, networks. No I/O.

Long tables show what failed first and then stop; all of it is in the JSON file.
"""

from __future__ import annotations

import typing as t

from ..data.tally import FAILED, Record
from ..markup import Markup, joined, tag, text
from ..picture.labels import WORDS, milliseconds
from ..picture.picture import NETWORKS, ORDER, SIGNS, state_of
from .matrix import grid, group_cell

ROWS = 100

Rows = t.Sequence[t.Sequence[t.Any]]


def badge(state: str, words: str = "") -> Markup:
    return tag("span", f"{SIGNS[state]} {words or WORDS[state]}", class_=f"badge {state}")


def table(heads: t.Sequence[str], rows: Rows, numbers: t.Container[int] = ()) -> Markup:
    """Return a table whose first column names the rows; numbers are columns aligned right."""

    def cell(column: int, value: t.Any) -> Markup:
        class_ = "number" if column in numbers else None
        if column == 0:
            return tag("th", value, scope="row")
        return tag("td", value, class_=class_, data_head=heads[column])

    head = [
        tag("th", words, scope="col", class_="number" if column in numbers else None)
        for column, words in enumerate(heads)
    ]
    shown = [tag("tr", *(cell(*each) for each in enumerate(row))) for row in rows[:ROWS]]
    left = len(rows) - ROWS
    note = tag("p", f"and {left} more rows in the JSON file", class_="soft") if left > 0 else None
    body = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *shown), class_="list")
    return joined([tag("div", body, class_="table"), note])


def flow_table(report: Record) -> Markup:
    flows = sorted(report["flows"], key=lambda flow: ORDER.index(flow["state"]))
    slowest = max((flow["max_ms"] or 0 for flow in flows), default=0)
    rows = [
        [
            f"{flow['source']} → {flow['target']}:{flow['port']}",
            flow["protocol"],
            badge(flow["state"], "" if flow["declared"] else "open, not declared"),
            f"{flow['ok']} of {flow['total']}",
            joined([milliseconds(flow["median_ms"]), length_bar(flow["median_ms"], slowest)]),
            milliseconds(flow["max_ms"]),
        ]
        for flow in flows
    ]
    heads = ("Flow", "Protocol", "Measured", "Probes as declared", "Median latency", "Slowest")
    return table(heads, rows, numbers=(3, 5))


def length_bar(value: float | None, most: float) -> Markup | None:
    if not value or not most:
        return None
    drawn = tag("span", class_="bar", style=f"width:{100 * value / most:.0f}%")
    return tag("span", drawn, class_="track", aria_hidden="true")


def host_table(report: Record) -> Markup:
    hosts = sorted(report["hosts"], key=lambda host: ORDER.index(state_of(host)))
    rows = [
        [
            host["name"],
            tag("span", host["address"] or "-", class_="mono"),
            host["group"],
            host["zone"] or "-",
            _share(host["as_source"]),
            _share(host["as_target"]),
        ]
        for host in hosts
    ]
    return table(("Host", "Address", "Group", "Zone", "As source", "As target"), rows)


def network_table(report: Record) -> Markup:
    """Return a grid of networks, or a list of their pairs where a grid would be too wide."""
    known = {network["name"]: network["to"] for network in report["networks"]}
    if len(known) <= NETWORKS:
        doors = list(dict.fromkeys(there for to in known.values() for there in to))
        named = {name or "outside": to for name, to in known.items() if to}
        heads = {name: text(name or "outside") for name in doors}
        return tag("div", grid(heads, named, group_cell), class_="table")
    rows = [
        [network["name"] or "outside", there or "outside", _share(found)]
        for network in report["networks"]
        for there, found in network["to"].items()
    ]
    rows.sort(key=lambda row: f"badge {FAILED}" not in row[2])
    return table(("From network", "To network", "Probes as declared"), rows)


def _share(found: Record) -> Markup | str:
    if not found["total"]:
        return "-"
    return badge(found["state"], f"{found['ok']} of {found['total']}")
