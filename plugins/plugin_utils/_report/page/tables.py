# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tables of the page show, and in which order.

What failed comes first, because the page cuts long tables; all rows are in the JSON file.
"""

from __future__ import annotations

from ..data.tally import FAILED, Record
from ..picture.picture import MAX_NETWORKS, ORDER, host_state
from .matrix import Column, tally_matrix

OUTSIDE = "outside"  # what the page calls all that is in no network


def flows(report: Record) -> list[Record]:
    """Return the report's flows, those that failed first."""
    return sorted(report["flows"], key=lambda flow: ORDER.index(flow["state"]))


def hosts(report: Record) -> list[Record]:
    """Return the report's hosts, those with a failed probe first."""
    return sorted(report["hosts"], key=lambda host: ORDER.index(host_state(host)))


def networks(report: Record) -> Record:
    """Return a matrix of networks, or a list of their pairs where a matrix would be too wide.

    The keys are matrix (or None) and pairs, such as
    [{"source": "outside", "target": "vpc-db", "tally": a tally}].
    """
    rows = {network["name"]: network["to"] for network in report["networks"]}
    if len(rows) <= MAX_NETWORKS:
        columns = {name: Column(name or OUTSIDE) for row in rows.values() for name in row}
        named = {name or OUTSIDE: row for name, row in rows.items() if row}
        return {"matrix": tally_matrix(named, columns), "pairs": []}
    pairs = [
        {"source": source or OUTSIDE, "target": target or OUTSIDE, "tally": tally}
        for source, row in rows.items()
        for target, tally in row.items()
    ]
    pairs.sort(key=lambda pair: pair["tally"]["state"] != FAILED)
    return {"matrix": None, "pairs": pairs}
