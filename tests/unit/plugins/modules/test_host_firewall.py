# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import re
import stat
import threading
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._release.lock import locked
from ansible_collections.peerlb.stack.plugins.modules import host_firewall
from support.fake_firewall import SERVICE, TIMER, FakeFirewall

TABLE = "table inet peerlb {\n}"


@pytest.fixture
def fake(monkeypatch) -> FakeFirewall:
    """Return the nftables and systemd of a host that never had the firewall."""
    host = FakeFirewall()
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _self, command, **_options: host.run(command)
    )
    return host


@pytest.fixture
def lock(monkeypatch, tmp_path_factory) -> Path:
    """Return the lock, which is nobody else's."""
    path = tmp_path_factory.mktemp("lock") / "firewall.lock"
    monkeypatch.setattr(host_firewall, "LOCK", path)
    return path


@pytest.fixture
def params(tmp_path, lock) -> dict:
    unit, extension = tmp_path / "system/own.service", tmp_path / "system/nftables.d/own.conf"
    return {
        "rules": "table inet peerlb {}\n",
        "trusted_interfaces": ["docker*"],
        "directory": str(tmp_path / "firewall"),
        "units": {str(unit): "[Service]\n", str(extension): "[Service]\n#\n"},
        "host": "db1",
        "lock_timeout": 0.3,
    }


@pytest.fixture
def keep(fake, params):
    """Return a function that carries out a trial, as the role does."""

    def run(rules: str = params["rules"]) -> None:
        directory = Path(params["directory"])
        fake.table = TABLE
        (directory / "live.nft").write_text(f"{TABLE}\n")
        (directory / "rules.nft").write_text(rules)
        (directory / "rules.nft").chmod(0o600)

    return run


def test_six_steps(run_module, params, fake, keep, tmp_path) -> None:
    predicted = run_module(host_firewall, check_mode=True, **params)
    assert (predicted["changed"], predicted["trial"]) == (True, False)
    assert list(tmp_path.iterdir()) == []
    first = run_module(host_firewall, **params)
    assert (first["trial"], first["diff"]) == (True, predicted["diff"])
    assert fake.commands == []
    assert not (tmp_path / "system").exists()
    assert stat.S_IMODE((tmp_path / "firewall").stat().st_mode) == 0o700
    keep()
    second = run_module(host_firewall, **params)
    assert (second["changed"], second["trial"]) == (True, False)
    assert fake.commands == [
        "systemctl daemon-reload",
        f"systemctl enable {SERVICE}",
        f"systemctl start {SERVICE}",
    ]
    for check_mode in (True, False):
        again = run_module(host_firewall, check_mode=check_mode, **params)
        assert (again["changed"], again["diff"], again["trial"]) == (False, [], False)
    assert len(fake.commands) == 3


@pytest.fixture
def enabled(run_module, params, fake, keep) -> FakeFirewall:
    """Return a host that has the firewall."""
    run_module(host_firewall, **params)
    keep()
    run_module(host_firewall, **params)
    fake.commands.clear()
    return fake


@pytest.mark.parametrize(
    ("drift", "commands"),
    [
        (lambda fake, _unit: setattr(fake, "running", False), [f"systemctl start {SERVICE}"]),
        (lambda fake, _unit: setattr(fake, "enabled", False), [f"systemctl enable {SERVICE}"]),
        (lambda _fake, unit: unit.write_text("by hand"), ["systemctl daemon-reload"]),
        (lambda _fake, unit: unit.chmod(0o600), ["systemctl daemon-reload"]),
        (lambda _fake, unit: unit.unlink(), ["systemctl daemon-reload"]),
        (lambda _fake, unit: (unit.parents[1] / "firewall").chmod(0o755), []),
    ],
)
def test_drift_is_mended_without_a_trial(run_module, params, enabled, drift, commands) -> None:
    unit = Path(next(iter(params["units"])))
    drift(enabled, unit)
    predicted = run_module(host_firewall, check_mode=True, **params)
    assert predicted["changed"]
    assert enabled.commands == []
    done = run_module(host_firewall, **params)
    assert (done["changed"], done["diff"], done["trial"]) == (True, predicted["diff"], False)
    assert enabled.commands == commands
    assert stat.S_IMODE(unit.stat().st_mode) == 0o644
    assert not run_module(host_firewall, **params)["changed"]


@pytest.mark.parametrize(
    "drift",
    [
        lambda fake, _directory: setattr(fake, "table", ""),
        lambda fake, _directory: setattr(fake, "table", "table inet peerlb { }"),
        lambda _fake, directory: (directory / "rules.nft").write_text("other"),
        lambda _fake, directory: (directory / "rules.nft").chmod(0o644),
        lambda _fake, directory: (directory / "live.nft").unlink(),
    ],
)
def test_other_rules_need_a_trial(run_module, params, enabled, drift) -> None:
    drift(enabled, Path(params["directory"]))
    assert run_module(host_firewall, check_mode=True, **params)["changed"]
    done = run_module(host_firewall, **params)
    assert (done["changed"], done["trial"], enabled.commands) == (True, True, [])


@pytest.mark.parametrize("wanted", [True, False])
def test_interrupted_trial_is_undone_first(run_module, params, enabled, wanted) -> None:
    enabled.trial = True
    predicted = run_module(host_firewall, check_mode=True, **{**params, "enabled": wanted})
    assert (predicted["changed"], enabled.trial) == (True, True)
    done = run_module(host_firewall, **{**params, "enabled": wanted})
    assert (done["changed"], done["trial"]) == (True, wanted)
    undo = [f"nft --file {params['directory']}/undo.nft", f"systemctl stop {TIMER}"]
    assert enabled.commands[:2] == undo


def test_trial_of_another_run_is_waited_for(run_module, params, enabled) -> None:
    """The other run keeps its rules meanwhile, so they are not undone."""
    enabled.trial = True
    timer = threading.Timer(0.3, lambda: setattr(enabled, "trial", False))
    timer.start()
    done = run_module(host_firewall, **{**params, "lock_timeout": 30})
    assert timer.finished.is_set()
    assert (done["changed"], done["trial"], enabled.commands) == (False, False, [])


def test_second_run_is_told_who_changes_the_firewall(run_module, params, fake, lock) -> None:
    with locked(lock, "ada", 0, "this firewall"):
        failed = run_module(host_firewall, **params)
        said = r"ada \(pid \d+, login \w+\) is changing this firewall right now; waited 0.3 s .*"
        assert re.fullmatch(said, failed["msg"])
        assert fake.commands == []
        assert run_module(host_firewall, check_mode=True, **params)["changed"]
    assert run_module(host_firewall, **params)["trial"]


def test_second_run_waits_for_its_turn(run_module, params, lock) -> None:
    other = contextlib.ExitStack()
    other.enter_context(locked(lock, "ada", 0, "this firewall"))
    timer = threading.Timer(0.3, other.close)
    timer.start()
    assert run_module(host_firewall, **{**params, "lock_timeout": 30})["trial"]
    assert timer.finished.is_set()


def test_firewall_is_removed(run_module, params, enabled, tmp_path) -> None:
    params["enabled"] = False
    predicted = run_module(host_firewall, check_mode=True, **params)
    assert (predicted["changed"], enabled.table) == (True, TABLE)
    done = run_module(host_firewall, **params)
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert enabled.commands == [
        "nft delete table inet peerlb",
        f"systemctl disable --now {SERVICE}",
        "systemctl daemon-reload",
    ]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "firewall").exists()
    assert not run_module(host_firewall, **params)["changed"]


@pytest.mark.parametrize("table", ["", None])
def test_host_that_never_had_the_firewall(run_module, params, fake, table) -> None:
    fake.table = table
    done = run_module(host_firewall, **{**params, "enabled": False})
    assert (done["changed"], done["diff"], fake.commands) == (False, [], [])
    assert done["missing"] is (table is None)


def test_table_that_somebody_loaded_is_removed(run_module, params, fake) -> None:
    fake.table = TABLE
    assert run_module(host_firewall, **{**params, "enabled": False})["changed"]
    assert fake.commands == ["nft delete table inet peerlb"]


def test_refusal_of_rules_changes_nothing(run_module, params, fake, tmp_path) -> None:
    fake.way = "docker0"
    failed = run_module(host_firewall, **params)
    assert "which db1 uses for its default route" in failed["msg"]
    assert list(tmp_path.iterdir()) == []


def test_words_of_systemd_are_in_the_error(run_module, params, fake, keep) -> None:
    run_module(host_firewall, **params)
    keep()
    fake.refuse = "start"
    failed = run_module(host_firewall, **params)
    assert failed["msg"] == f"systemctl start {SERVICE}: refused"


def test_what_new_rules_cut_is_told_before_they_are_loaded(
    run_module, params, fake, keep, monkeypatch
) -> None:
    monkeypatch.setattr(host_firewall, "cut", lambda rules: [f"cut by {rules.strip()}"])
    for check_mode in (True, False):
        told = run_module(host_firewall, check_mode=check_mode, **params)["cut"]
        assert told == ["cut by table inet peerlb {}"]
    keep()
    assert run_module(host_firewall, **params)["cut"] == []
    assert run_module(host_firewall, **{**params, "enabled": False})["cut"] == []
