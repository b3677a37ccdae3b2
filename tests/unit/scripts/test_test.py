# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/test.py must not report success when a step failed."""

from __future__ import annotations

import importlib.util
import os

import pytest
from support import ROOT

RUNNER = ROOT / "scripts" / "test.py"


@pytest.fixture
def runner(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("runner", RUNNER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    return module


@pytest.mark.parametrize(
    ("steps", "closing", "code"),
    [
        ({"good": "true"}, "1 passed, 0 failed", 0),
        ({"bad": "exit 3", "good": "true"}, "1 passed, 1 failed", 1),
        ({"pipe": "false | cat"}, "0 passed, 1 failed", 1),
    ],
)
def test_steps_are_counted(runner, monkeypatch, capsys, steps, closing, code) -> None:
    monkeypatch.setattr(runner, "STEPS", steps)
    assert runner.main(list(steps)) == code
    assert capsys.readouterr().out.splitlines()[-1] == closing


def test_end_of_a_failed_log_is_shown(runner, monkeypatch, capsys) -> None:
    monkeypatch.setattr(runner, "STEPS", {"bad": "echo the reason >&2; false"})
    runner.main(["bad"])
    assert "    the reason" in capsys.readouterr().out.splitlines()


TEST = "FAILED a/test_b.py::test_c[d] - assert 1 == 2"


@pytest.mark.parametrize(
    ("log", "summary"),
    [
        (f"{TEST}\n1 failed", [TEST]),
        # Molecule shows what the tests of a scenario have printed.
        (f"msg: |-\n    {TEST}\nfatal: [x]: FAILED!\nlast", [TEST, "fatal: [x]: FAILED!"]),
        (f"fail_msg:\n  - 'x'\n  - '{TEST}\n      more'", [TEST]),
        ("[ERROR]: no such file\nPLAY RECAP", ["[ERROR]: no such file"]),
        ("first\nlast", ["last"]),
        ("", []),
    ],
)
def test_last_lines_name_what_failed(runner, monkeypatch, capsys, tmp_path, log, summary) -> None:
    file = tmp_path / "printed"
    file.write_text(log)
    monkeypatch.setattr(runner, "STEPS", {"bad": f"cat {file}; false", "good": "true"})
    runner.main(["bad", "good"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1 - len(summary) :] == [*(f"bad: {line}" for line in summary), lines[-1]]
    assert lines[-1] == "1 passed, 1 failed"


def test_hung_step_fails_and_leaves_no_process(runner, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(runner, "TIMEOUT", 0.5)
    late = tmp_path / "late"
    monkeypatch.setattr(runner, "STEPS", {"hung": f"(sleep 1; touch {late}) & sleep 9"})
    assert runner.main(["hung"]) == 1
    runner.time.sleep(1)
    assert not late.exists()


def test_other_steps_run_beside_those_on_the_lab(runner, monkeypatch, tmp_path) -> None:
    def meeting(own: str, other: str) -> str:
        """Return a step that passes if the other one runs at the same time."""
        wait = f"for _ in $(seq 200); do [ -e {tmp_path}/{other} ] && exit 0; sleep 0.05; done"
        return f"touch {tmp_path}/{own}; {wait}; exit 1"

    steps = {
        "quick": meeting("quick", "lab"),
        "lab": meeting("lab", "quick"),
        "second": f"nice > {tmp_path}/niceness",
    }
    monkeypatch.setattr(runner, "STEPS", steps)
    monkeypatch.setattr(runner, "CHECK", {"quick": ""})
    monkeypatch.setattr(runner, "LAB", {"lab": ""})
    assert runner.main(list(steps)) == 0
    assert int((tmp_path / "niceness").read_text()) > os.nice(0)


def test_unknown_step_is_refused(runner) -> None:
    assert runner.main(["no such step"]) == 2


@pytest.mark.parametrize(
    ("quick", "slow"),
    [("scripts/sanity quick", "scripts/sanity pylint"), ("-m 'not slow'", "-m slow")],
)
def test_what_the_quick_steps_leave_out_is_a_slow_step(runner, quick, slow) -> None:
    assert [command for command in runner.CHECK.values() if quick in command]
    assert [command for command in runner.SLOW.values() if slow in command]
