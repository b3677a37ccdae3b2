# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what a play is told of certificates that are not there."""

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._acme import pending
from ansible_collections.peerlb.stack.plugins.module_utils._acme.state import (
    State,
    read_state,
    write_state,
)
from support.acme import wanted

NOW = 1_700_000_000.0


def note(root, result: str = "issued") -> None:
    """Note an attempt for the certificate shop."""
    (root / "acme").mkdir(exist_ok=True)
    identity = wanted().identity(wanted().certificates[0])
    state = State().begun(identity, NOW)
    if result == "failed":
        state = state.failed_at("no", NOW, refused=True)
    else:
        state = state.succeeded_at(result, NOW, NOW)
    write_state(root, "shop", state)


def test_what_was_never_asked_for_is_missing(tmp_path) -> None:
    assert pending.missing(tmp_path, wanted()) == ["shop"]
    (sentence,) = pending.failures(tmp_path, ["shop"])
    assert "nobody has asked the CA" in sentence


def test_what_was_issued_is_there_until_it_is_asked_for_otherwise(tmp_path) -> None:
    note(tmp_path)
    assert pending.missing(tmp_path, wanted()) == []
    assert pending.missing(tmp_path, wanted(profile="shortlived")) == ["shop"]


def test_what_nginx_has_not_taken_is_missing(tmp_path) -> None:
    note(tmp_path, "obtained")
    assert pending.missing(tmp_path, wanted()) == ["shop"]


def test_refusal_is_told_with_the_next_attempt(tmp_path) -> None:
    note(tmp_path, "failed")
    (sentence,) = pending.failures(tmp_path, ["shop"])
    assert sentence.startswith("certificate shop: no (asked at 2023-11-14T22:13:20Z;")
    assert "before 2023-11-14T23:13:20Z" in sentence


def test_refusals_are_forgotten_when_somebody_says_so(tmp_path) -> None:
    note(tmp_path, "failed")
    identity = wanted().identity(wanted().certificates[0])
    assert read_state(tmp_path, "shop").waits(identity, NOW)
    pending.forget_refusals(tmp_path, ["shop", "other"])
    assert not read_state(tmp_path, "shop").waits(identity, NOW)
    assert not (tmp_path / "acme/other.json").exists()


def test_all_that_is_noted_is_shown(tmp_path) -> None:
    note(tmp_path)
    assert pending.shown(tmp_path, wanted())["shop"]["result"] == "issued"
