# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of weights, drains and changes under load."""

from __future__ import annotations

import re
import subprocess

import pytest
from support.lab import shell, start_play

FORTY = {"connections": 1, "rate": 200, "seconds": 0.2}
POSTS = {"method": "POST", "connections": 16, "rate": 600}
CHANGES = 50
EVERY = 60 / CHANGES  # seconds


@pytest.mark.parametrize(
    "weights, served",
    [
        ("inventory", {"web1": 20, "web2": 20}),
        ("web1=3,web2=1", {"web1": 30, "web2": 10}),
        ({"web2": 0}, {"web1": 40}),
    ],
)
def test_shares_are_exact(lab, weights, served) -> None:
    lab.play("set_weights", weights=weights)
    assert lab.load(**FORTY)["served_by"] == served


def test_weights_last_and_status_shows_their_reason(lab, tmp_path) -> None:
    canary = {"weights": "web1=3,web2=1", "reason": "canary"}
    text = " ".join(lab.play("set_weights", "--check", "--diff", **canary).split())
    assert "changed=1" in text
    assert "would be live; nothing was changed in check mode" in text
    assert "weight would be 3" in text
    text = lab.play("set_weights", "--diff", **canary)
    assert "+pool webapp, member web1: weight 3, state up" in text
    again = " ".join(lab.play("set_weights", **canary).split())
    assert "changed=0" in again
    assert "is live already; nothing changes" in again
    text = " ".join(lab.play("nginx_lb", "--check").split())
    assert "weight is 3, the inventory says 1 (set by" in text
    assert "because: canary" in text
    status = lab.status(tmp_path)
    assert status["overrides"]["webapp"]["web1"]["weight"] == 3
    assert status["history"][-1]["reason"] == "canary"
    assert "changed=1" in lab.play("set_weights", weights="inventory")
    assert lab.load(**FORTY)["served_by"] == {"web1": 20, "web2": 20}


@pytest.mark.parametrize(
    "weights, message",
    [
        ({"web9": 1}, "no member is named web9"),
        ({"web1": -1}, "weight is -1"),
        ({"web1": 100000}, "weight is 100000"),
        ({"web1": 0, "web2": 0}, "no member is left to serve"),
    ],
)
def test_error_names_the_bad_weight(lab, weights, message) -> None:
    before = lab.serving()
    assert message in " ".join(lab.play("set_weights", weights=weights, fails=True).split())
    assert lab.serving() == before


def test_seconds_until_new_weights_have_effect(lab, figures) -> None:
    effect, text = lab.effect("set_weights", weights={"web1": 2})
    own = re.search(r"is live after ([\d.]+) s", text)
    assert own, text
    figures["set_weights"] = f"effect {effect:.2f} s after it was typed, {own[1]} s in the module"


def change_often(lab, load, changes: int, *options: str) -> float:
    """Start set_weights every EVERY seconds. Return when the last one ended, in seconds of *load*.

    At most two run at once: the second one's Python starts while the first one still works.
    """
    running: list[tuple[subprocess.Popen[str], dict[str, int]]] = []

    def finish() -> None:
        play, weights = running.pop(0)
        text, _rest = play.communicate(timeout=60)
        if play.returncode:
            assert "is changing this service right now" in " ".join(text.split()), text
            lab.play("set_weights", *options, weights=weights)

    for count in range(changes):
        load.wait(count * EVERY)
        if len(running) > 1:
            finish()
        weights = {"web1": 2 + count % 2}
        running.append((start_play("set_weights", *options, weights=weights), weights))
    while running:
        finish()
    lab.touched = True
    return load.now()


def test_fifty_changes_lose_nothing(lab, standins, figures) -> None:
    """Playbooks run on this machine too, so the comparison load runs beside playbooks as well."""
    steady = lab.start_load("/", **POSTS, seconds=12)
    change_often(lab, steady, 10, "--check")
    steady = steady.result()
    load = lab.start_load("/", **POSTS, seconds=60)
    ended = change_often(lab, load, CHANGES)
    changing = load.result()
    figures["50 changes in 60 s"] = (
        f"{changing['failed']} of {changing['sent']} POSTs failed {changing['lost'] or ''};"
        f" p50 {steady['p50_ms']} -> {changing['p50_ms']} ms,"
        f" p99 {steady['p99_ms']} -> {changing['p99_ms']} ms;"
        f" the last change ended after {ended:.1f} s"
    )
    assert changing["statuses"] == {"200": 36000}


def test_changes_lose_no_request_with_connection_close(lab, figures) -> None:
    load = lab.start_load("/status/200", rate=100, seconds=5, close=1)
    for count in range(3):
        lab.play("set_weights", weights={"web1": 2 + count})
    found = load.result()
    figures["changes, Connection: close"] = f"{found['failed']} of {found['sent']} GETs failed"
    assert found["failed"] == 0


@pytest.mark.parametrize("close", [0, 1])
def test_drain_waits_for_open_requests_and_sends_no_new_ones(lab, figures, close) -> None:
    load = lab.start_load("/slow?seconds=3", connections=12, rate=3, seconds=12, close=close)
    load.wait(4)
    seconds, text = lab.effect("drain", member="web2", reason="kernel")
    ended = load.now()
    assert "0 connections were left" in " ".join(text.split())
    found = load.result()
    last = found["last_sent"]["web2"]
    figures[f"drain during 3-second requests, {'close' if close else 'keep-alive'}"] = (
        f"{found['failed']} of {found['sent']} failed {found['statuses']};"
        f" the last one to web2 was sent {last:.1f} s"
        f" after the start; the drain had effect at {4 + seconds:.1f} s, was over at {ended:.1f} s"
    )
    assert found["failed"] == 0
    # To start the watch takes a moment that does not count among the seconds.
    assert last < 5.5 + seconds
    assert lab.load(**FORTY)["served_by"] == {"web1": 40}
    text = lab.play("drain", member="web1", fails=True)
    assert "no member is left to serve" in " ".join(text.split())
    lab.play("undrain", member="web2")
    assert lab.load(**FORTY)["served_by"] == {"web1": 20, "web2": 20}


def test_weights_survive_a_restart_of_the_container(lab) -> None:
    lab.play("set_weights", weights="web1=3,web2=1")
    shell("lb1", "docker restart peerlb-nginx")
    lab.wait_until_healthy()
    assert lab.load(**FORTY)["served_by"] == {"web1": 30, "web2": 10}
