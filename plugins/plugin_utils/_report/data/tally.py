# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count probes: by flow, by host, by whatever they have in common. No Ansible, no I/O."""

from __future__ import annotations

import collections
import statistics
import typing as t

OK, FAILED, NOT_PROBED = "ok", "failed", "not_probed"

# A probe as the report holds it: source, target, port, address, protocol, expect, state,
# latency_ms, detail, ok (None where it was not probed) and flow, the words of its flow or "".
Record = dict[str, t.Any]


def probe_state(probe: Record) -> str:
    if probe["ok"] is None:
        return NOT_PROBED
    return OK if probe["ok"] else FAILED


def tally(probes: t.Iterable[Record]) -> Record:
    """Return how many probes were as declared, their common state and the latencies of open ones.

    One that failed makes the state failed, else one that was not probed makes it not_probed.
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
    """Return a tally for each thing that key finds, in the order in which they come."""
    found: dict[t.Hashable, list[Record]] = {}
    for probe in probes:
        found.setdefault(key(probe), []).append(probe)
    return {each: tally(own) for each, own in found.items()}
