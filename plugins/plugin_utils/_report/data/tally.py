# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count probes: by flow, by host, by whatever they have in common."""

from __future__ import annotations

import collections
import statistics
import typing as t

OK, FAILED, NOT_PROBED = "ok", "failed", "not_probed"

# Plain data, as JSON has it. A probe in a report has the keys name, source, target, port, address,
# protocol, expect ("open" or "closed"), state ("open", "refused", "timeout", …), latency_ms,
# detail, ok (None if it was not probed) and flow (in words, or "" if no flow is concerned).
Record = dict[str, t.Any]


def probe_state(probe: Record) -> str:
    """Return "ok" if the probe is as declared, "failed" if not, "not_probed" if it is missing."""
    if probe["ok"] is None:
        return NOT_PROBED
    return OK if probe["ok"] else FAILED


def tally(probes: t.Iterable[Record]) -> Record:
    """Return how many probes are as declared, and the latencies of those that found a port open.

    An example: {"state": "failed", "total": 3, "ok": 2, "failed": 1, "not_probed": 0,
    "median_ms": 1.2, "max_ms": 1.8}. The state is "failed" if any probe failed, else "not_probed"
    if any is missing or there are none, else "ok". Without latencies both times are None.
    """
    probes = list(probes)
    counts = collections.Counter(probe_state(probe) for probe in probes)
    times = [
        p["latency_ms"] for p in probes if p["state"] == "open" and p["latency_ms"] is not None
    ]
    state = FAILED if counts[FAILED] else NOT_PROBED if counts[NOT_PROBED] or not probes else OK
    return {
        "state": state,
        "total": len(probes),
        "ok": counts[OK],
        "failed": counts[FAILED],
        "not_probed": counts[NOT_PROBED],
        "median_ms": round(statistics.median(times), 1) if times else None,
        "max_ms": max(times, default=None),
    }


def tallies(
    probes: t.Iterable[Record], key: t.Callable[[Record], t.Hashable]
) -> dict[t.Any, Record]:
    """Return a tally for each key of the probes, in the order in which the keys first occur."""
    grouped = group_by(probes, key)
    return {name: tally(members) for name, members in grouped.items()}


def group_by(
    records: t.Iterable[Record], key: t.Callable[[Record], t.Any]
) -> dict[t.Any, list[Record]]:
    """Return the records by their key; the records need not be sorted."""
    grouped: dict[t.Any, list[Record]] = {}
    for record in records:
        grouped.setdefault(key(record), []).append(record)
    return grouped
