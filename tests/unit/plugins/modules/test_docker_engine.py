# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._docker import daemon as _daemon
from ansible_collections.peerlb.stack.plugins.module_utils._docker import host as _host
from ansible_collections.peerlb.stack.plugins.module_utils._docker.digests import Resolved
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import Distribution
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.modules import docker_engine

LABELS = ["peerlb.started=1", "peerlb.loaded=1"]


@pytest.fixture
def host(monkeypatch, tmp_path) -> dict[str, t.Any]:
    """What is installed, and what the engine has loaded."""
    state: dict[str, t.Any] = {"installed": ["docker.io", "git"], "labels": [], "active": False}
    path = tmp_path / "daemon.json"

    def run(_self, command, **_options):
        if command[0] == "dpkg-query":
            return 0, "".join(f"installed {name}\n" for name in state["installed"]), ""
        if "show" in command:
            active = "active" if state["active"] else "inactive"
            return 0, f"ActiveState={active}\nUnitFileState=enabled\n", ""
        if "info" in command:
            return (0, json.dumps(state["labels"]), "") if state["active"] else (1, "", "")
        if command[1] in ("start", "restart", "reload"):
            state.update(active=True, labels=json.loads(path.read_text())["labels"])
        return 0, "", ""

    monkeypatch.setattr(AnsibleModule, "run_command", run)
    monkeypatch.setattr(_daemon.Daemon, "path", path)
    monkeypatch.setattr(docker_engine.Daemon.__init__, "__defaults__", (path,))
    monkeypatch.setattr(
        docker_engine.Distribution, "read", lambda: Distribution("debian", "trixie", "13")
    )
    monkeypatch.setattr(docker_engine, "resolve", lambda names: Resolved(dict.fromkeys(names, "d")))
    state["path"] = path
    return state


@pytest.fixture
def engine(run_module, host, tmp_path) -> t.Callable[..., dict]:
    """Run docker_engine as the role does, with these parameters changed."""
    wanted = {
        "distribution_packages": {"trixie": ["docker.io"], "bookworm": []},
        "docker_packages": ["docker-ce"],
        "extra_packages": ["git"],
        "repository": "https://example.org/linux",
        "config": {"live-restore": True, "labels": LABELS},
        "labels": LABELS,
        "helper": str(tmp_path / "helper"),
    }
    return lambda **changes: run_module(docker_engine, **{**wanted, **changes})


def test_six_steps(engine, host) -> None:
    predicted = engine(check_mode=True)
    assert predicted["changed"]
    assert not host["path"].exists()
    done = engine()
    assert (done["changed"], done["differs"]) == (True, predicted["differs"])
    assert done["diff"]["after"] == host["path"].read_text()
    assert json.loads(host["path"].read_text()) == {"labels": LABELS, "live-restore": True}
    assert not engine(check_mode=True)["changed"]
    again = engine()
    assert (again["changed"], again["differs"], again["diff"]) == (False, [], {})


def test_missing_package_is_told_and_nothing_is_changed(engine, host) -> None:
    host["installed"] = ["git"]
    found = engine()
    assert (found["changed"], found["missing"]) == (False, ["docker.io"])
    assert not host["path"].exists()
    assert engine(check_mode=True)["changed"]
    assert engine(images=["a:1"])["images"] == {}


def test_repository_is_wanted_only_if_the_engine_comes_from_there(engine) -> None:
    assert not engine()["repository_missing"]
    found = engine(source="docker", check_mode=True)
    assert found["repository_missing"]
    assert found["missing"] == ["docker-ce"]
    assert "Suites: trixie" in found["distribution"]["repository"]


def test_digests_and_the_helper_are_told(engine, tmp_path) -> None:
    engine()
    (tmp_path / "helper").touch()
    found = engine(images=["a:1"])
    assert (found["images"], found["has_helper"]) == ({"a:1": "d"}, True)


def test_host_that_is_not_supported_is_named(engine) -> None:
    assert "Debian 13 (trixie)" in engine(distribution_packages={"noble": []})["msg"]


def test_what_stands_in_the_way_is_told_at_once_and_nothing_is_changed(engine, host) -> None:
    host["installed"] = ["git", "podman-docker"]
    host["path"].write_text('{"iptables": false, "live-restore": false}')
    before = host["path"].read_text()
    for check_mode in (True, False):
        found = engine(check_mode=check_mode)
        assert (found["changed"], len(found["problems"])) == (False, 3)
        assert "podman-docker would have to go" in found["msg"]
        assert "iptables" in found["msg"]
        assert "live-restore" in found["msg"]
    assert host["path"].read_text() == before


def test_daemon_json_that_was_there_before_is_kept(engine, host, tmp_path) -> None:
    host.update(active=True)
    host["path"].write_text('{"data-root": "/srv/docker", "labels": ["rack=7"]}')
    assert engine(directory=str(tmp_path / "note"))["changed"]
    assert json.loads((tmp_path / "note/daemon.json").read_text())["data-root"] == "/srv/docker"
    written = json.loads(host["path"].read_text())
    assert (written["data-root"], written["live-restore"]) == ("/srv/docker", True)
    assert "rack=7" in written["labels"]
    assert not engine(directory=str(tmp_path / "note"))["changed"]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_daemon_json_that_is_damaged_is_named(engine, host, text) -> None:
    host["path"].write_text(text)
    assert "daemon.json cannot be read" in engine()["msg"]


def test_two_runs_at_once_are_refused(engine, tmp_path) -> None:
    with Store(str(tmp_path / "note")).lock("ada"):
        assert "ada (pid" in engine(directory=str(tmp_path / "note"))["msg"]


def test_rules_that_somebody_flushed_come_back(engine, host, monkeypatch) -> None:
    engine()
    lost = [["peerlb-webapp"], ["peerlb-webapp"], []]
    monkeypatch.setattr(_host, "without_rules", lambda *_of: lost.pop(0))
    done = engine()
    assert (done["changed"], done["differs"]) == (
        True,
        ["Docker's firewall rules that lead to peerlb-webapp are gone"],
    )
    assert lost == []


def test_engine_that_brings_no_rules_is_an_error(engine, monkeypatch) -> None:
    engine()
    monkeypatch.setattr(_host, "without_rules", lambda *_of: ["peerlb-webapp"])
    assert "are gone, even after a restart" in engine()["msg"]
