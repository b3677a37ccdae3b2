# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the unit: its code, the lock, whom it tells, and that one failure stops no other."""

from __future__ import annotations

import errno
import json
import sys
import threading

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme import program
from ansible_collections.peerlb.stack.plugins.module_utils._acme.state import read_state
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import CertificateError
from ansible_collections.peerlb.stack.plugins.module_utils._release.lock import locked
from support.acme import ENTRY, FakeInstaller, FakeLego

TWO = [*ENTRY["certificates"], {"name": "blog", "names": ["blog.example"]}]


@pytest.fixture
def lego(tmp_path, monkeypatch) -> FakeLego:
    """Return the lego of a host whose live release asks for two certificates."""
    secrets = tmp_path / "current/secrets"
    secrets.mkdir(parents=True)
    (secrets / "acme.json").write_text(json.dumps({**ENTRY, "certificates": TWO}))
    fake = FakeLego(tmp_path)
    monkeypatch.setattr(program, "run_program", fake.run)
    return fake


def hook(lego: FakeLego) -> None:
    """Let a command write down what it is told."""
    script = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10))"
    command = [sys.executable, "-c", script, str(lego.root / "told")]
    (lego.root / "current/secrets/notify.json").write_text(json.dumps({"command": command}))


def test_all_certificates_are_had(lego) -> None:
    nginx = FakeInstaller()
    assert program.run(lego.root, nginx) == 0
    assert sorted(name for name, _pem in nginx.installed) == ["blog", "shop"]


def test_certificates_are_asked_for_at_the_same_time(lego, monkeypatch) -> None:
    """A CA that does not answer costs half a minute, and not half a minute for each."""
    both = threading.Barrier(2, timeout=10)
    monkeypatch.setattr(program.Renewal, "attempt", lambda _self, _each: str(both.wait()))
    assert program.run(lego.root, FakeInstaller()) == 1


def test_one_failure_fails_the_unit_and_stops_no_other(lego) -> None:
    hook(lego)
    lego.errors = ["connection refused"]
    nginx = FakeInstaller()
    assert program.run(lego.root, nginx) == 1
    ((had, _pem),) = nginx.installed
    (failed,) = {"shop", "blog"} - {had}
    (told,) = [json.loads(line) for line in (lego.root / "told").read_text().splitlines()]
    assert told["event"] == "certificate_failed"
    assert told["why"] == f"certificate {failed}: connection refused"


def test_disk_that_is_full_fails_each_and_all_are_told(lego, monkeypatch, capsys) -> None:
    hook(lego)

    def full(*_arguments) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(program.Renewal, "_note", full)
    assert program.run(lego.root, FakeInstaller()) == 1
    assert len((lego.root / "told").read_text().splitlines()) == 2
    assert "blog: [Errno 28] No space left on device" in capsys.readouterr().out


def test_hook_that_is_wrong_does_not_hide_the_failure(lego, capsys) -> None:
    (lego.root / "current/secrets/notify.json").write_text('{"command": 5}')
    lego.errors = ["connection refused"]
    assert program.run(lego.root, FakeInstaller()) == 1
    assert "peerlb_notify" in capsys.readouterr().out


def test_host_that_asks_for_nothing_has_nothing_to_do(tmp_path) -> None:
    assert program.run(tmp_path, FakeInstaller()) == 0
    assert not (tmp_path / "acme").exists()


def test_settings_that_make_no_sense_are_named(lego, capsys) -> None:
    (lego.root / "current/secrets/acme.json").write_text('{"directory": "x", "image": "a:1"}')
    assert program.run(lego.root, FakeInstaller()) == 1
    assert "directory is 'x'" in capsys.readouterr().out


def test_one_at_a_time_asks_the_ca(lego, monkeypatch, capsys) -> None:
    monkeypatch.setattr(program, "LOCK_SECONDS", 0.0)
    (lego.root / "acme").mkdir()
    with locked(lego.root / "acme/lock", "ada", 0, "certificates"):
        assert program.run(lego.root, FakeInstaller()) == 1
    assert lego.commands == []
    assert "ada" in capsys.readouterr().out


def test_new_key_of_session_tickets_is_said(tmp_path, capsys) -> None:
    assert program.run(tmp_path, FakeInstaller(tickets=True)) == 0
    assert "session tickets are made with a new key" in capsys.readouterr().out


def test_nginx_that_takes_no_new_key_fails_the_unit(lego, capsys, monkeypatch) -> None:
    nginx = FakeInstaller()
    monkeypatch.setattr(nginx, "rotate_tickets", _refuse)
    assert program.run(lego.root, nginx) == 1
    assert len(nginx.installed) == 2
    assert "the reload was refused" in capsys.readouterr().out


def _refuse() -> bool:
    raise CertificateError("the reload was refused")


def test_program_ends_with_its_code(lego) -> None:
    (lego.root / "current/secrets/acme.json").write_text("{")
    with pytest.raises(SystemExit) as caught:
        program.start([str(lego.root)])
    assert caught.value.code == 1
    assert read_state(lego.root, "shop").attempted == ""
