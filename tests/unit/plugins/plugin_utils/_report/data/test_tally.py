# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.tally import (
    group_by,
    tallies,
    tally,
)


def probe(ok, state="open", latency=1.0) -> dict:
    return {"ok": ok, "state": state, "latency_ms": latency}


@pytest.mark.parametrize(
    ("oks", "state"),
    [
        ([True, True], "ok"),
        ([True, None], "not_probed"),
        ([True, None, False], "failed"),
        ([], "not_probed"),
    ],
)
def test_state_is_the_worst_of_all_probes(oks, state) -> None:
    found = tally(probe(ok) for ok in oks)
    assert found["state"] == state
    assert found["total"] == len(oks)
    assert found["ok"] == oks.count(True)
    assert found["failed"] == oks.count(False)
    assert found["not_probed"] == oks.count(None)


def test_latencies_are_those_of_open_ports() -> None:
    probes = [probe(True, latency=1.2), probe(True, latency=4.0), probe(True, "timeout", 2000.0)]
    found = tally([*probes, probe(None, "not_probed", None)])
    assert (found["median_ms"], found["max_ms"]) == (2.6, 4.0)
    assert tally(probes[2:])["median_ms"] is None


def test_tallies_by_key() -> None:
    found = tallies([probe(True), probe(False, "refused")], lambda probe: probe["state"])
    states = {key: tally["state"] for key, tally in found.items()}
    assert states == {"open": "ok", "refused": "failed"}


def test_group_by_keeps_the_order_of_keys() -> None:
    records = [{"name": name} for name in ("b1", "a1", "b2")]
    grouped = group_by(records, lambda record: record["name"][0])
    assert [(key, len(members)) for key, members in grouped.items()] == [("b", 2), ("a", 1)]
