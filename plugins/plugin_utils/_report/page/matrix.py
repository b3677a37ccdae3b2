# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matrix of the report's page: what each host found at each door. No I/O."""

from __future__ import annotations

import typing as t

from ..._derive.probe_name import split_destination
from ..data.tally import NOT_PROBED, OK, Record, tallies, verdict
from ..markup import Markup, joined, tag
from ..picture.labels import milliseconds
from ..picture.picture import SIGNS

CELLS = 400  # of a matrix of hosts that is shown at once
FOLDED_CELLS = 4000  # of one that is shown when asked for


def matrix(report: Record) -> Markup:
    """Return the matrix by host, or by group where that is too large to be read."""
    rows = report["matrix"]
    known = [f"{name}:{flow['port']}" for flow in report["flows"] for name in flow["targets"]]
    doors = {door: head for door, head in {**dict.fromkeys(known), **_doors(rows)}.items() if head}
    cells = len(doors) * len(rows)
    if cells <= CELLS:
        return tag("div", grid(doors, rows, _cell), class_="table")
    small, note = _by_group(report), "By group of hosts: probes as declared."
    if len(small) * len(_doors(small)) > FOLDED_CELLS:
        small, note = _worst(small), "By group of hosts, only what is not as declared."
    return joined(
        [
            tag("p", note, class_="soft"),
            tag("div", grid(_doors(small), small, group_cell), class_="table"),
            _folded(doors, rows) if cells <= FOLDED_CELLS else None,
        ]
    )


def _worst(rows: dict[str, dict[str, Record]]) -> dict[str, dict[str, Record]]:
    found = {
        source: {door: own for door, own in row.items() if own["state"] != OK}
        for source, row in rows.items()
    }
    return {source: row for source, row in found.items() if row}


def _folded(doors: dict[str, Markup], rows: dict) -> Markup:
    whole = tag("div", grid(doors, rows, _cell), class_="table")
    return tag("details", tag("summary", f"The same by host: {len(rows)} x {len(doors)}"), whole)


def _doors(rows: dict[str, dict[str, Record]]) -> dict[str, Markup]:
    """Return the heads of the columns: a name, and under it a port."""
    found = {}
    for door in dict.fromkeys(door for row in rows.values() for door in row):
        name, port = split_destination(door)
        found[door] = joined([name, tag("small", f":{port}")])
    return found


def grid(columns: dict[str, Markup], rows: dict, cell: t.Callable[[t.Any], Markup]) -> Markup:
    heads = [tag("th", words, scope="col") for words in ("From \\ to", *columns.values())]
    empty = tag("td", "–", class_="soft")
    lines = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            *(cell(row[key]) if key in row else empty for key in columns),
        )
        for name, row in rows.items()
    ]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *lines), class_="matrix")


def _cell(probe: Record) -> Markup:
    state = verdict(probe)
    words = probe["state"].replace("_", " ")
    if state == OK:
        words = milliseconds(probe["latency_ms"]) if probe["expect"] == "open" else "closed"
    elif state == NOT_PROBED:
        words = f"{probe['expect']}?"
    title = f"{probe['name']}: expected {probe['expect']}, found {probe['state']} {probe['detail']}"
    class_ = f"{probe['expect']} {state}"
    return tag("td", f"{SIGNS[state]} {words}", class_=class_, title=title, data_state=state)


def _by_group(report: Record) -> dict[str, dict[str, Record]]:
    names = {host["name"]: host["group"] for host in report["hosts"]}
    probes = [probe for row in report["matrix"].values() for probe in row.values()]
    found = tallies(
        probes,
        lambda p: (names[p["source"]], f"{names[p['target']]}:{p['port']}"),
    )
    rows: dict[str, dict[str, Record]] = {}
    for (source, door), own in found.items():
        rows.setdefault(source, {})[door] = own
    return rows


def group_cell(found: Record) -> Markup:
    state = found["state"]
    words = f"{SIGNS[state]} {found['ok']} of {found['total']}"
    class_ = f"{'closed' if found['median_ms'] is None else 'open'} {state}"
    return tag("td", words, class_=class_, data_state=state)
