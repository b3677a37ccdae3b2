# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matrices of the page: what each host, group or network found at each target."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..data.tally import NOT_PROBED, OK, Record, probe_state, tallies
from ..picture.labels import milliseconds

MAX_CELLS = 400  # of a matrix that is shown at once
MAX_FOLDED_CELLS = 4000  # of a matrix that the reader unfolds

# What was measured, by source, then by target: {"web1": {"db1:3306": a probe or a tally}}
Rows = dict[str, dict[str, Record]]


@dataclass(frozen=True)
class Column:
    """The head of a column: the target's name, and its port where the column is for one port."""

    name: str
    port: str = ""


@dataclass(frozen=True)
class Cell:
    """What was found for one pair; expect is "open" or "closed"."""

    state: str
    expect: str
    words: str
    title: str = ""  # shown when the reader points at the cell


@dataclass(frozen=True)
class Matrix:
    """Rows by the source's name, with a cell a column; None where a pair has nothing to show."""

    columns: list[Column]
    rows: dict[str, list[Cell | None]]


def matrix(report: Record) -> Record:
    """Return the matrix by host, or by group where one by host is too large to read.

    The keys are note (what a reader has to know, or ""), shown (a Matrix) and folded (the Matrix
    by host behind one by group, or None).
    """
    by_host = report["matrix"]
    targets = _targets_in_order(report)
    cells = len(targets) * len(by_host)
    if cells <= MAX_CELLS:
        return {"note": "", "shown": _probe_matrix(by_host, targets), "folded": None}
    rows, note = _by_group(report), "By group of hosts: probes as declared."
    if len(rows) * len(_targets(rows)) > MAX_FOLDED_CELLS:
        rows, note = _not_ok(rows), "By group of hosts, only what is not as declared."
    shown = tally_matrix(rows, {target: _column(target) for target in _targets(rows)})
    folded = _probe_matrix(by_host, targets) if cells <= MAX_FOLDED_CELLS else None
    return {"note": note, "shown": shown, "folded": folded}


def tally_matrix(rows: Rows, columns: dict[str, Column]) -> Matrix:
    """Return a matrix of tallies, with columns by the targets that the rows have."""
    return _matrix(rows, columns, _tally_cell)


def _probe_matrix(rows: Rows, targets: list[str]) -> Matrix:
    return _matrix(rows, {target: _column(target) for target in targets}, _probe_cell)


def _matrix(rows: Rows, columns: dict[str, Column], cell: t.Callable[[Record], Cell]) -> Matrix:
    cells = {
        source: [cell(row[target]) if target in row else None for target in columns]
        for source, row in rows.items()
    }
    return Matrix(list(columns.values()), cells)


def _targets(rows: Rows) -> list[str]:
    return list(dict.fromkeys(target for row in rows.values() for target in row))


def _targets_in_order(report: Record) -> list[str]:
    """Return the targets that were probed, such as "web1:3000", in the order of the flows."""
    probed = _targets(report["matrix"])
    declared = [f"{name}:{flow['port']}" for flow in report["flows"] for name in flow["targets"]]
    return [target for target in dict.fromkeys([*declared, *probed]) if target in set(probed)]


def _column(target: str) -> Column:
    name, _colon, port = target.rpartition(":")
    return Column(name, port)


def _by_group(report: Record) -> Rows:
    """Return tallies by the source's group, then by the target's group and port."""
    groups = {host["name"]: host["group"] for host in report["hosts"]}
    probes = [probe for row in report["matrix"].values() for probe in row.values()]
    by_pair = tallies(
        probes,
        lambda probe: (groups[probe["source"]], f"{groups[probe['target']]}:{probe['port']}"),
    )
    rows: Rows = {}
    for (source, target), tally in by_pair.items():
        rows.setdefault(source, {})[target] = tally
    return rows


def _not_ok(rows: Rows) -> Rows:
    """Return what is not as declared; sources without any are left out."""
    left = {
        source: {target: tally for target, tally in row.items() if tally["state"] != OK}
        for source, row in rows.items()
    }
    return {source: row for source, row in left.items() if row}


def _probe_cell(probe: Record) -> Cell:
    state, expect = probe_state(probe), probe["expect"]
    words = probe["state"].replace("_", " ")
    if state == OK:
        words = milliseconds(probe["latency_ms"]) if expect == "open" else "closed"
    elif state == NOT_PROBED:
        words = f"{expect}?"
    title = f"{probe['name']}: expected {expect}, found {probe['state']} {probe['detail']}"
    return Cell(state, expect, words, title)


def _tally_cell(tally: Record) -> Cell:
    expect = "closed" if tally["median_ms"] is None else "open"
    return Cell(tally["state"], expect, f"{tally['ok']} of {tally['total']}")
