# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.modules import reachability

LOCAL = "127.0.0.1"


@pytest.fixture
def listening() -> t.Iterator[int]:
    """A port that accepts connections and stays silent."""
    with socket.socket() as server:
        server.bind((LOCAL, 0))
        server.listen(64)
        yield server.getsockname()[1]


@pytest.fixture
def refusing() -> t.Iterator[int]:
    """A port on which nothing listens, and which no other process can take."""
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        yield taken.getsockname()[1]


def target(port: int, **values) -> dict:
    return {"name": "a -> b", "address": LOCAL, "port": port, **values}


@pytest.mark.parametrize("check_mode", [False, True])
def test_results_as_expected(run_module, listening: int, refusing: int, check_mode: bool) -> None:
    targets = [target(listening), target(refusing, expect="closed", protocol="mysql")]
    result = run_module(reachability, check_mode=check_mode, targets=targets)
    assert not result.get("failed") and result["changed"] is False
    assert result["summary"] == {"total": 2, "ok": 2, "mismatched": 0}
    first, second = result["results"]
    assert first.pop("latency_ms") >= 0 and second.pop("latency_ms") >= 0
    assert first == {
        "name": "a -> b",
        "address": LOCAL,
        "port": listening,
        "protocol": "tcp",
        "expect": "open",
        "state": "open",
        "connected": True,
        "detail": "connected",
        "ok": True,
    }
    assert (second["state"], second["connected"], second["ok"]) == ("refused", False, True)
    assert set(first) == set(second)


def test_every_mismatch_is_named(run_module, listening: int, refusing: int) -> None:
    targets = [
        target(refusing, name="a -> down"),
        target(listening, name="a -> fine"),
        target(listening, name="a -> leak", expect="closed"),
        target(listening, name="a -> mute", protocol="http"),
    ]
    result = run_module(reachability, targets=targets, timeout=0.3)
    assert result["failed"] and result["changed"] is False
    assert result["msg"].splitlines() == [
        "3 of 4 targets not as expected:",
        f"a -> down:{refusing} (tcp): expected open, found refused (Connection refused)",
        f"a -> leak:{listening} (tcp): expected closed, found open (connected)",
        f"a -> mute:{listening} (http): expected open, found timeout "
        "(TCP open, no HTTP answer in 0.3 s)",
    ]
    assert [one["ok"] for one in result["results"]] == [False, True, False, False]
    assert result["summary"] == {"total": 4, "ok": 1, "mismatched": 3}


def test_port_that_accepts_and_stays_silent_is_not_closed(run_module, listening: int) -> None:
    targets = [target(listening, protocol="mysql", expect="closed")]
    result = run_module(reachability, targets=targets, timeout=0.3)
    assert result["failed"]
    assert "expected closed, found timeout (TCP open, no MySQL greeting" in result["msg"]


def test_mismatch_without_fail_on_mismatch(run_module, refusing: int) -> None:
    result = run_module(reachability, targets=[target(refusing)], fail_on_mismatch=False)
    assert not result.get("failed")
    assert result["summary"]["mismatched"] == 1
    assert result["results"][0]["ok"] is False


@pytest.mark.parametrize(
    "params, message",
    [
        ({"targets": [target(1, name="x", address="db1")]}, "target 'x': address 'db1' is not"),
        ({"targets": [target(70000, name="x")]}, "target 'x': port 70000 is not between"),
        (
            {"targets": [target(1, protocol="udp")]},
            "protocol must be one of: tcp, http, https",
        ),
        ({"targets": [target(1, expect="ajar")]}, "expect must be one of: open, closed"),
        ({"targets": [target(1, prot="tcp")]}, "targets.prot"),
        ({"targets": [{"name": "x"}]}, "address, port"),
        ({"targets": [target(1)], "timeout": 0}, "timeout 0 is not between"),
        ({"targets": [target(1)], "concurrency": 0}, "concurrency 0 is less than 1"),
    ],
)
def test_bad_input_is_refused(run_module, params: dict, message: str) -> None:
    result = run_module(reachability, **params)
    assert result["failed"]
    assert message in result["msg"]
    assert "results" not in result
