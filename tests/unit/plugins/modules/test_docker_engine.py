# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._docker import daemon as _daemon
from ansible_collections.peerlb.stack.plugins.module_utils._docker.digests import Resolved
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import Distribution
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
