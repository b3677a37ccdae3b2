# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what is kept of attempts, and of how long a refusal delays the next one."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.state import (
    HOUR,
    State,
    read_state,
    write_state,
)

NOW = 1_700_000_000.0


def test_state_is_kept(tmp_path) -> None:
    (tmp_path / "acme").mkdir()
    state = State("a", "b", "issued", "", "c", 0, "d")
    write_state(tmp_path, "shop", state)
    assert read_state(tmp_path, "shop") == state
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["shop.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"failures": "many", "next": 5}'])
def test_damaged_file_is_an_empty_state(tmp_path, text) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/shop.json").write_text(text)
    assert read_state(tmp_path, "shop") == State()


def test_refusals_delay_the_next_attempt_by_more_and_more() -> None:
    state, pauses = State().begun("x", NOW), []
    for _each in range(7):
        state = state.failed_at("no", NOW, refused=True)
        pauses.append(next(h for h in range(30) if not state.waits("x", NOW + h * HOUR)))
    assert pauses == [1, 2, 4, 8, 16, 24, 24]


def test_ca_that_cannot_be_reached_delays_nothing() -> None:
    state = State().begun("x", NOW).failed_at("connection refused", NOW, refused=False)
    assert not state.waits("x", NOW)
    assert (state.result, state.failures) == ("failed", 0)


def test_what_is_asked_for_otherwise_does_not_wait() -> None:
    state = State().begun("x", NOW).failed_at("no", NOW, refused=True)
    assert state.waits("x", NOW)
    assert not state.waits("y", NOW)
    assert state.begun("y", NOW) == State().begun("y", NOW)


def test_success_forgets_refusals() -> None:
    state = State().begun("x", NOW).failed_at("no", NOW, refused=True)
    state = state.succeeded_at("issued", NOW, NOW + HOUR)
    assert (state.failures, state.message, state.waits("x", NOW)) == (0, "", False)
    assert state.next == "2023-11-14T23:13:20Z"


@pytest.mark.parametrize(
    ("result", "served"), [("issued", True), ("kept", True), ("obtained", False), ("failed", False)]
)
def test_certificate_is_served_after_a_whole_attempt(result, served) -> None:
    state = State(identity="x", succeeded="s", result=result)
    assert state.is_served("x") is served
    assert not state.is_served("y")
