# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the matrices of the page, of hosts and of networks, so that people can read them."""

from __future__ import annotations

from ..._derive.probe_name import split_destination
from ..data.tally import FAILED, OK, Record, tallies
from ..picture.picture import MAX_NETWORKS

MAX_CELLS = 400  # of a matrix that is shown at once
MAX_FOLDED_CELLS = 4000  # of a matrix that the reader unfolds

# What was measured, by source, then by target: {"web1": {"db1:3306": a probe or a tally}}
Rows = dict[str, dict[str, Record]]
# Targets with the two words of their heads: {"db1:3306": ("db1", "3306")}
Columns = dict[str, tuple[str, str]]


def matrix(report: Record) -> Record:
    """Return the matrix by host, or by group where a matrix by host is too large to read.

    The keys are by_host, rows of probes with their columns, and by_group, rows of tallies with
    group_columns and a note for the reader. by_group is None if the matrix by host is small
    enough, and by_host is None if it is too large even to be unfolded.
    """
    by_host = report["matrix"]
    columns = _in_order_of_flows(_columns(by_host), report["flows"])
    cells = len(columns) * len(by_host)
    if cells <= MAX_CELLS:
        return {"by_host": by_host, "columns": columns, "by_group": None}
    by_group, note = _by_group(report), "By group of hosts: probes as declared."
    if len(by_group) * len(_columns(by_group)) > MAX_FOLDED_CELLS:
        by_group, note = _not_ok(by_group), "By group of hosts, only what is not as declared."
    return {
        "by_host": by_host if cells <= MAX_FOLDED_CELLS else None,
        "columns": columns,
        "note": note,
        "by_group": by_group,
        "group_columns": _columns(by_group),
    }


def networks(report: Record) -> Record:
    """Return the matrix of networks, or a list of their pairs where a matrix would be too wide.

    The network "" stands for the outside. A matrix is {"rows": {"": {"vpc-db": a tally}},
    "columns": its heads}; a list is {"pairs": [("", "vpc-db", a tally)]}, what failed first.
    """
    rows = {network["name"]: network["to"] for network in report["networks"]}
    if len(rows) <= MAX_NETWORKS:
        columns = {target: (target or "outside", "") for row in rows.values() for target in row}
        return {"rows": {source: row for source, row in rows.items() if row}, "columns": columns}
    pairs = [
        (source, target, tally) for source, row in rows.items() for target, tally in row.items()
    ]
    return {"pairs": sorted(pairs, key=lambda pair: pair[2]["state"] != FAILED)}


def _columns(rows: Rows) -> Columns:
    targets = dict.fromkeys(target for row in rows.values() for target in row)
    return {target: split_destination(target) for target in targets}


def _in_order_of_flows(columns: Columns, flows: list[Record]) -> Columns:
    """Return the columns in the order in which the flows name their targets, then the others."""
    declared = [f"{name}:{flow['port']}" for flow in flows for name in flow["targets"]]
    return {target: columns[target] for target in [*declared, *columns] if target in columns}


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
    """Return the tallies that are not as declared; a source without any is left out."""
    left = {
        source: {target: tally for target, tally in row.items() if tally["state"] != OK}
        for source, row in rows.items()
    }
    return {source: row for source, row in left.items() if row}
