# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import standin_runner
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_files import (
    Copy,
    Listening,
    Places,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_runner import (
    DockerRunner,
    running,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from support.docker_fake import FakeDocker


class FakeRunner:
    """A nginx that is a socket, or that ends at once with an error."""

    def __init__(self, place: Path, error: str = "") -> None:
        self.place, self.places = place, Places("/f", "/s", "/w")
        self.calls: list[str] = []
        self._error = error

    def start(self, main: Path) -> None:
        self.calls.append(f"start {main.name}")
        if self._error:
            (self.place / "sockets/error.log").write_text(self._error)
            return
        self._socket = socket.socket(socket.AF_UNIX)
        # The whole path may be too long for an address.
        directory = os.open(self.place / "sockets", os.O_RDONLY)
        self._socket.bind(f"/proc/self/fd/{directory}/any-80.listener")
        os.close(directory)
        self._socket.listen()

    def runs(self) -> bool:
        return not self._error

    def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture
def place(tmp_path) -> Path:
    """Return the directory of the copy."""
    path = tmp_path / "nginx/.standins"
    path.mkdir(parents=True)
    (path / "left").write_text("by a run that was killed")
    return path


LISTENERS = [Listening(80, False, "any-80.listener")]
COPY = Copy("nginx.conf", {"nginx.conf": "x", "upstreams/http-web.conf": "y"}, LISTENERS)


@pytest.fixture
def staged(place) -> Path:
    """Return the directory in which the release is staged."""
    secrets = place.parent / "releases/.staging/secrets"
    secrets.mkdir(parents=True)
    (secrets / "htpasswd").write_text("z")
    return secrets.parent


def test_copy_stands_beside_the_releases_while_it_runs(place, staged) -> None:
    runner = FakeRunner(place)
    with running(COPY, staged, runner) as sockets:
        assert sockets == place / "sockets"
        assert (place.stat().st_mode & 0o777) == 0o700
        assert (place / "files/upstreams/http-web.conf").read_text() == "y"
        assert (place / "files/secrets/htpasswd").read_text() == "z"
        assert not (place / "left").exists()
    assert runner.calls == ["stop", "start nginx.conf", "stop"]
    assert not place.exists()


def test_what_nginx_said_is_told_if_it_ends(place, staged) -> None:
    runner = FakeRunner(place, "[warn] a\n[emerg] b\n")
    with (
        pytest.raises(ServiceError, match=r"cannot run.*ended: \[emerg\] b$"),
        running(COPY, staged, runner),
    ):
        pass
    assert runner.calls[-1] == "stop"
    assert not place.exists()


def test_nginx_that_never_answers_is_given_up(place, staged, monkeypatch) -> None:
    monkeypatch.setattr(standin_runner, "START", 0.05)
    runner = FakeRunner(place, "-")
    runner.runs = lambda: True
    with pytest.raises(ServiceError, match="does not answer: -$"), running(COPY, staged, runner):
        pass


def test_release_without_a_listener_of_http_is_refused(place, staged) -> None:
    with (
        pytest.raises(ServiceError, match="has no listener"),
        running(Copy("nginx.conf"), staged, FakeRunner(place)),
    ):
        pass


def test_disk_that_takes_no_copy_is_named(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    runner = FakeRunner(tmp_path / "file/.standins")
    with (
        pytest.raises(ServiceError, match=r"cannot run, nothing was changed: .*Not a directory"),
        running(COPY, tmp_path, runner),
    ):
        pass


def test_container_has_no_network_and_the_rights_of_nobody(tmp_path) -> None:
    docker = FakeDocker()
    place = tmp_path / "nginx/.standins"
    runner = DockerRunner(Engine(docker.run), "nginx@sha256:aa", place)
    runner.start(place / "files/nginx.conf")
    runner.stop()
    run, remove = docker.commands
    line = " ".join(run)
    for words in (
        "docker run --rm --detach --name peerlb-nginx-standins --network none",
        "--read-only --cap-drop ALL --security-opt no-new-privileges",
        f"--volume {tmp_path}/nginx:/etc/nginx/peerlb:ro",
        f"--volume {place}/sockets:/run/peerlb-standins",
        '--entrypoint sh nginx@sha256:aa -c timeout "$@"; exit $? sh 120 nginx',
        "-c /etc/nginx/peerlb/.standins/files/nginx.conf",
    ):
        assert words in line
    assert remove == ["docker", "rm", "--force", "peerlb-nginx-standins"]
    assert not runner.runs()


def test_refusal_of_the_engine_is_told(tmp_path) -> None:
    docker = FakeDocker()
    docker.refuse = {"run": "no such image"}
    runner = DockerRunner(Engine(docker.run), "nginx:1", tmp_path / "nginx/.standins")
    with pytest.raises(ServiceError, match="cannot run, nothing was changed: no such image"):
        runner.start(Path("nginx.conf"))
