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
    """Return the directory of the lab's state and lock."""
    monkeypatch.setattr(state, "LOCK", tmp_path / "lock/lab.lock")
    monkeypatch.setattr(state, "STATE", tmp_path / "run")
    monkeypatch.setattr(state, "FILE", tmp_path / "run/state.json")
    return tmp_path


@pytest.fixture
def groups(monkeypatch):
    """Return the machine's control groups: whether each has processes, by name. Tests add to it."""
    there: dict[str, bool] = {}
    monkeypatch.setattr(procs, "groups", lambda: list(there))
    monkeypatch.setattr(procs, "alive", lambda name: there[name])
    return there


def owned_by(path, phase="up"):
    """Write the state of a lab that belongs to the clone at *path*."""
    state.save(phase, {})
    content = json.loads(state.FILE.read_text())
    state.FILE.write_text(json.dumps({**content, "owner": str(path)}))


def _hold(path, ready, done):
    """Hold the lock until *done*."""
    state.LOCK = path
    with state.lock():
        ready.set()
        done.wait(10)


def test_second_command_fails_and_names_the_first(place):
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


def test_lab_is_up_if_up_has_finished_and_processes_run(groups):
    assert not state.is_up()
    state.save("starting", {})
    groups["peerlb-web1"] = True
    assert not state.is_up()
    state.save("up", {})
    assert state.is_up()
    groups["peerlb-web1"] = False
    assert not state.is_up()
    groups["peerlb-build-1"] = True
    assert not state.is_up()


def test_running_lab_of_another_clone_is_an_error_with_its_path(groups, place):
    groups["peerlb-web1"] = True
    owned_by(place)
    with pytest.raises(LabError, match=f"belongs to {place}; .*down --force"):
        state.refuse_other_clone()


@pytest.mark.parametrize(("phase", "alive"), [("starting", True), ("up", False)])
def test_dead_or_unfinished_lab_of_another_clone_is_taken_over(groups, place, phase, alive):
    groups["peerlb-web1"] = alive
    owned_by(place, phase)
    state.refuse_other_clone()


def test_lab_of_a_removed_clone_is_taken_over(groups, place):
    groups["peerlb-web1"] = True
    owned_by(place / "removed")
    state.refuse_other_clone()


def test_own_lab_is_no_error(groups):
    groups["peerlb-web1"] = True
    state.save("up", {})
    state.refuse_other_clone()


def test_incomplete_state_file_counts_as_none(place):
    state.save("up", {"a": "1"})
    assert state.load()["saved"] == {"a": "1"}
    state.FILE.write_text('{"owner": "/some')
    assert state.load() == {}


def test_settings_are_restored_unless_the_machine_has_restarted(place):
    setting = place / "forwarding"
    setting.write_text("1")
    state.save("up", {str(setting): "0", str(place / "gone/forwarding"): "0"})
    content = state.load()
    state._restore({**content, "boot": "another boot"})
    assert setting.read_text() == "1"
    state._restore(content)
    assert setting.read_text() == "0"
