# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests with an engine on a socket and a mirror on loopback, both of them real HTTP servers."""

from __future__ import annotations

import base64
import json
import socketserver
import tempfile
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import digests
from ansible_collections.peerlb.stack.plugins.module_utils._docker.digests import resolve


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """An HTTP server on a socket of the file system."""

    daemon_threads = True

    def handle_error(self, *_request: t.Any) -> None:
        """Say nothing of a client that did not wait for the answer."""


class Registries:
    """What the engine and the mirror have by path, and what they were asked: (who, path).

    A value of the engine that is text is an error; a value None is no answer.
    """

    def __init__(self) -> None:
        self.mirrors: list[str] = []
        self.mirror: dict[str, str] = {}
        self.engine: dict[str, str | None] = {}
        self.asked: list[tuple[str, str]] = []
        self.logins: list[str | None] = []
        self.pause = 0.0

    def engine_handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                fake.asked.append(("engine", self.path))
                if self.path == "/info":
                    return self.answer(200, {"RegistryConfig": {"Mirrors": fake.mirrors}})
                fake.logins.append(self.headers["X-Registry-Auth"])
                time.sleep(fake.pause)
                digest = fake.engine.get(self.path, "")
                if digest is None:
                    return self.answer(200, {"Descriptor": None})
                if not digest:
                    return self.answer(404, {"message": "manifest unknown"})
                return self.answer(200, {"Descriptor": {"digest": digest}})

        return Handler

    def mirror_handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(Quiet):
            def do_HEAD(self) -> None:
                fake.asked.append(("mirror", self.path))
                digest = fake.mirror.get(self.path)
                index = "application/vnd.oci.image.index.v1+json" in self.headers["Accept"]
                self.send_response(200 if digest and index else 404)
                self.send_header("Docker-Content-Digest", digest or "")
                self.end_headers()

        return Handler


class Quiet(BaseHTTPRequestHandler):
    """A handler that logs nothing."""

    def answer(self, status: int, document: t.Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_words: t.Any) -> None:
        pass


@pytest.fixture
def fake(monkeypatch, tmp_path) -> t.Iterator[Registries]:
    """Return what an engine and a mirror answer that run. The engine uses no mirror yet."""
    registries = Registries()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    # The path of a socket has at most 107 characters, which tmp_path may exceed.
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "docker.sock")
        monkeypatch.setattr(digests, "SOCKET", path)
        engine = UnixServer(path, registries.engine_handler())
        mirror = ThreadingHTTPServer(("127.0.0.1", 0), registries.mirror_handler())
        registries.address = f"http://127.0.0.1:{mirror.server_port}/"
        for server in (engine, mirror):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield registries
        for server in (engine, mirror):
            server.shutdown()
            server.server_close()


MANIFEST = "/v2/library/nginx/manifests/1.30"


def test_mirror_is_asked_before_the_engine(fake) -> None:
    fake.mirrors, fake.mirror = [fake.address], {MANIFEST: "sha256:3f"}
    assert resolve(["nginx:1.30"]).images == {"nginx:1.30": "sha256:3f"}
    assert fake.asked == [("engine", "/info"), ("mirror", MANIFEST)]


def test_engine_is_asked_for_what_no_mirror_has(fake) -> None:
    fake.mirrors = ["http://127.0.0.1:1/", "https://127.0.0.1:1/", fake.address]
    fake.engine = {"/distribution/nginx%3A1.30/json": "sha256:3f"}
    assert resolve(["nginx:1.30"]).images == {"nginx:1.30": "sha256:3f"}
    assert [who for who, _path in fake.asked] == ["engine", "mirror", "engine"]


def test_mirrors_have_images_of_the_hub_only(fake) -> None:
    fake.mirrors = [fake.address]
    fake.engine = {"/distribution/registry.example%2Fweb%3A1/json": "sha256:3f"}
    assert resolve(["registry.example/web:1"]).images == {"registry.example/web:1": "sha256:3f"}
    assert "mirror" not in dict(fake.asked)


def test_mirror_may_have_a_path(fake) -> None:
    fake.mirrors, fake.mirror = [f"{fake.address}hub/"], {f"/hub{MANIFEST}": "sha256:3f"}
    assert resolve(["nginx:1.30"]).images == {"nginx:1.30": "sha256:3f"}


def test_each_name_without_a_digest_has_its_reason(fake) -> None:
    fake.engine = {"/distribution/a%3A1/json": "sha256:3f", "/distribution/c%3A1/json": None}
    found = resolve(["a:1", "b:1", "c:1", "bad name", "a:1"])
    assert found.images == {"a:1": "sha256:3f", "b:1": "", "c:1": "", "bad name": ""}
    assert found.unresolved == [
        "b:1: manifest unknown",
        "c:1: the engine answers without a digest",
        "bad name: 'bad name' is no name of an image",
    ]


def test_names_are_asked_at_once(fake) -> None:
    fake.pause = 0.3
    began = time.monotonic()
    assert set(resolve([f"a:{number}" for number in range(8)]).images.values()) == {""}
    assert time.monotonic() - began < 8 * fake.pause / 2


def test_slow_registry_is_given_up(fake) -> None:
    fake.pause = 1
    assert resolve(["a:1"], timeout=0.1).unresolved == ["a:1: no answer within 0.1 s"]


def test_login_goes_to_the_engine_alone(fake, tmp_path) -> None:
    login = {"auth": base64.b64encode(b"ada:secret").decode()}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"registry.example": login}}))
    resolve(["registry.example/web:1"])
    resolve(["other.example/web:1"])
    assert [bool(header) for header in fake.logins] == [True, False]
    assert json.loads(base64.urlsafe_b64decode(fake.logins[0]))["password"] == "secret"


def test_damaged_configuration_is_a_reason(fake, tmp_path) -> None:
    (tmp_path / "config.json").write_text("{")
    assert "correct it or remove it" in resolve(["registry.example/web:1"]).unresolved[0]


def test_engine_that_is_down_is_a_reason(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(digests, "SOCKET", str(tmp_path / "none"))
    assert resolve(["a:1"]).unresolved == [
        "a:1: the Docker engine does not answer: [Errno 2] No such file or directory"
    ]


def test_nothing_is_asked_for_no_names(fake) -> None:
    assert resolve([]).images == {}
    assert fake.asked == []
