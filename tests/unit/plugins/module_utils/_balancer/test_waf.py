# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the container of the web application firewall is made, left alone, and removed."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.waf import (
    DEFINITION,
    NAME,
    WafContainer,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store


class FakeDocker:
    """Docker with at most the container of the firewall."""

    def __init__(self) -> None:
        self.definition: str | None = None
        self.status = "running"
        self.refuses: dict[str, str] = {}
        self.commands: list[list[str]] = []

    def run(self, command: list[str], **_options: t.Any) -> tuple[int, str, str]:
        if command[1] == "inspect":
            if self.definition is None:
                return 1, "[]", f"Error: No such object: {NAME}"
            labels = {DEFINITION: self.definition}
            record = {"State": {"Status": self.status}, "Config": {"Labels": labels}}
            return 0, json.dumps([record]), ""
        self.commands.append(command)
        verb = next(each for each in ("logs", "stop", "rm", "run", "up") if each in command)
        if verb in self.refuses:
            return 1, "", self.refuses[verb]
        if verb == "up":
            with open(command[command.index("--file") + 1], encoding="utf-8") as stream:
                self.definition = wanted(stream.read())
            self.status = "running"
        if verb == "rm":
            self.definition = None
        return 0, "a line of its log" if verb == "logs" else "", ""


def wanted(text: str) -> str:
    return json.loads(text)["services"]["waf"]["labels"][DEFINITION]


def release(definition: str | None) -> NginxRelease:
    if definition is None:
        return NginxRelease({"nginx.conf": "x"})
    service = {"labels": {DEFINITION: definition}}
    return NginxRelease({"nginx.conf": "x", "waf.yml": json.dumps({"services": {"waf": service}})})


@pytest.fixture
def docker() -> FakeDocker:
    return FakeDocker()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "nginx"), NginxRelease)


@pytest.fixture
def waf(docker, tmp_path) -> WafContainer:
    return WafContainer(Engine(docker.run), tmp_path)


@pytest.fixture
def live(store):
    """Return a function that makes a release the one on the disk, and returns its directory."""

    def run(definition: str | None):
        made = release(definition)
        store.stage(made)
        store.adopt(made)
        store.switch(made.id)
        return store.directory(made.id)

    return run


def test_container_is_made_once(waf, docker, store, live) -> None:
    assert waf.reasons(store, release("a")) == [f"the container {NAME} is made anew"]
    directory = live("a")
    for _each in range(2):
        waf.bring_up(directory)
    assert ["up" in command for command in docker.commands] == [True]
    assert waf.reasons(store, release("a")) == []


@pytest.mark.parametrize(("definition", "status"), [("b", "running"), ("a", "exited")])
def test_container_that_is_not_as_wanted_is_made_anew(
    waf, docker, store, live, definition, status
) -> None:
    directory = live("a")
    docker.definition, docker.status = definition, status
    assert waf.reasons(store, release("a")) != []
    waf.bring_up(directory)
    assert waf.reasons(store, release("a")) == []


def test_container_goes_with_the_last_guarded_route(waf, docker, store, live) -> None:
    waf.bring_up(live("a"))
    live(None)
    assert waf.reasons(store, release(None)) == [f"the container {NAME} goes"]
    waf.leave(store, release(None))
    assert [command[1] for command in docker.commands[-2:]] == ["stop", "rm"]
    assert waf.reasons(store, release(None)) == []
    waf.leave(store, release(None))
    assert len(docker.commands) == 3


def test_container_stays_while_it_is_wanted(waf, docker, store, live) -> None:
    waf.bring_up(live("a"))
    waf.leave(store, release("a"))
    assert docker.definition == "a"


def test_host_that_never_had_a_firewall_is_not_asked(store, tmp_path) -> None:
    def run(command: list[str]) -> tuple[int, str, str]:
        raise AssertionError(command)

    waf = WafContainer(Engine(run), tmp_path)
    assert waf.reasons(store, release(None)) == []
    waf.leave(store, release(None))
    waf.test(tmp_path)
    waf.bring_up(tmp_path)


def test_settings_are_tested_before_they_are_used(waf, docker, live) -> None:
    directory = live("a")
    docker.refuses = {"run": "Rules error. File: REQUEST-900\n"}
    with pytest.raises(ServiceError, match="refuses its settings, nothing was changed: Rules err"):
        waf.test(directory)
    docker.refuses, docker.definition = {}, "a"
    docker.commands.clear()
    waf.test(directory)
    assert docker.commands == [], "what runs has passed its test"


def test_container_that_does_not_come_up_tells_its_last_lines(waf, docker, live) -> None:
    docker.refuses = {"up": "container peerlb-waf is unhealthy"}
    with pytest.raises(ServiceError, match=r"is unhealthy\na line of its log"):
        waf.bring_up(live("a"))
