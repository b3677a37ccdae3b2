# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import multiprocessing

import pytest
from ansible_collections.peerlb.stack.lab import procs, state
from ansible_collections.peerlb.stack.lab.run import LabError


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "LOCK", tmp_path / "lock/lab.lock")
    monkeypatch.setattr(state, "STATE", tmp_path / "run")
    monkeypatch.setattr(state, "FILE", tmp_path / "run/state.json")
    return tmp_path


@pytest.fixture
def groups(monkeypatch):
    """Return the control groups that there are: name to whether it has processes."""
    there: dict[str, bool] = {}
    monkeypatch.setattr(procs, "groups", lambda: list(there))
    monkeypatch.setattr(procs, "alive", lambda name: there[name])
    return there


def owned_by(path, phase="up"):
    state.save(phase, {})
    content = json.loads(state.FILE.read_text())
    state.FILE.write_text(json.dumps({**content, "owner": str(path)}))


def _hold(path, ready, done):
    state.LOCK = path
    with state.lock():
        ready.set()
        done.wait(10)


def test_a_second_command_is_told_who_works_on_the_lab(place):
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(state.LOCK, ready, done))
    other.start()
    assert ready.wait(10)
    try:
        words = f"another command .* process {other.pid}, in "
        with pytest.raises(LabError, match=words), state.lock():
            pass
    finally:
        done.set()
        other.join()
    with state.lock():
        pass


def test_a_lab_lives_when_it_was_finished_and_has_processes(groups):
    assert not state.living()
    state.save("starting", {})
    groups["peerlb-web1"] = True
    assert not state.living()
    state.save("up", {})
    assert state.living()
    groups["peerlb-web1"] = False
    assert not state.living()
    groups["peerlb-build-1"] = True
    assert not state.living()


def test_a_living_lab_of_another_clone_is_refused_by_name(groups, place):
    groups["peerlb-web1"] = True
    owned_by(place)
    with pytest.raises(LabError, match=f"belongs to {place}; .*down --force"):
        state.refuse_stranger()


@pytest.mark.parametrize(("phase", "alive"), [("starting", True), ("up", False)])
def test_a_dead_or_unfinished_lab_of_another_clone_is_not(groups, place, phase, alive):
    groups["peerlb-web1"] = alive
    owned_by(place, phase)
    state.refuse_stranger()


def test_the_lab_of_a_clone_that_is_gone_is_not_refused(groups, place):
    groups["peerlb-web1"] = True
    owned_by(place / "removed")
    state.refuse_stranger()


def test_own_lab_is_not_refused(groups):
    groups["peerlb-web1"] = True
    state.save("up", {})
    state.refuse_stranger()


def test_a_state_file_that_was_cut_short_counts_as_none(place):
    state.save("up", {"a": "1"})
    assert state.load()["saved"] == {"a": "1"}
    state.FILE.write_text('{"owner": "/some')
    assert state.load() == {}


def test_settings_are_put_back_unless_the_machine_was_restarted(place):
    setting = place / "forwarding"
    setting.write_text("1")
    state.save("up", {str(setting): "0", str(place / "gone/forwarding"): "0"})
    content = state.load()
    state._restore({**content, "boot": "another boot"})
    assert setting.read_text() == "1"
    state._restore(content)
    assert setting.read_text() == "0"
