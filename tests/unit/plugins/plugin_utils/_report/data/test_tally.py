# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.tally import tallies, tally


def probe(ok, state="open", latency=1.0) -> dict:
    return {"ok": ok, "state": state, "latency_ms": latency}


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([True, True], "ok"),
        ([True, None], "not_probed"),
        ([True, None, False], "failed"),
        ([], "not_probed"),
    ],
)
def test_state_is_the_worst(verdicts, state) -> None:
    found = tally(probe(ok) for ok in verdicts)
    assert found["state"] == state
    assert found["total"] == len(verdicts)
    assert found["ok"] == verdicts.count(True)
    assert found["failed"] == verdicts.count(False)
    assert found["not_probed"] == verdicts.count(None)


def test_latencies_are_of_what_is_open() -> None:
    probes = [probe(True, latency=1.2), probe(True, latency=4.0), probe(True, "timeout", 2000.0)]
    found = tally([*probes, probe(None, "not_probed", None)])
    assert (found["median_ms"], found["max_ms"]) == (2.6, 4.0)
    assert tally(probes[2:])["median_ms"] is None


def test_tallies_are_by_key() -> None:
    found = tallies([probe(True), probe(False, "refused")], lambda each: each["state"])
    assert {key: own["state"] for key, own in found.items()} == {"open": "ok", "refused": "failed"}
