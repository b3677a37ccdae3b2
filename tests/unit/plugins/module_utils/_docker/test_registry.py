# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import http.server
import json
import os
import socketserver
import threading
from urllib.parse import unquote

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import registry as _registry
from ansible_collections.peerlb.stack.plugins.module_utils._docker.registry import (
    resolve,
    server_of,
)

KNOWN = {"nginx:1.30": "sha256:ab", "registry.example/shop:1": "sha256:cd"}


class Handler(http.server.BaseHTTPRequestHandler):
    """The engine's API, as far as it tells digests."""

    def do_GET(self) -> None:
        name = unquote(self.path).removeprefix("/distribution/").removesuffix("/json")
        self.server.seen[name] = self.headers.get("X-Registry-Auth")  # type: ignore[attr-defined]
        digest = KNOWN.get(name)
        record = {"Descriptor": {"digest": digest}} if digest else {"message": "manifest unknown"}
        self.send_response(200 if digest else 404)
        self.end_headers()
        self.wfile.write(json.dumps(record).encode())

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_args) -> None:
        pass


class Server(socketserver.ThreadingUnixStreamServer):
    """The API on a socket, and the logins that it was sent, by image."""

    def __init__(self, path: str) -> None:
        self.seen: dict[str, str | None] = {}
        super().__init__(path, Handler)


@pytest.fixture
def api(tmp_path, monkeypatch):
    monkeypatch.setattr(_registry, "LOGINS", tmp_path / "config.json")
    path = os.path.relpath(tmp_path / "s")  # the path of a socket may not be long
    server = Server(path)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server, path
    server.shutdown()
    server.server_close()


def login(server: Server, name: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(server.seen[name] or ""))


def test_digests_are_told_and_what_is_not_known_too(api) -> None:
    _server, path = api
    digests, reasons = resolve(["nginx:1.30", "nothing:1", "", "nginx:1.30"], path)
    assert digests == {"nginx:1.30": "sha256:ab", "nothing:1": ""}
    assert reasons == ["nothing:1: manifest unknown"]


def test_image_with_a_digest_is_not_asked_for(api) -> None:
    server, path = api
    assert resolve(["nginx@sha256:ef"], path) == ({"nginx@sha256:ef": "sha256:ef"}, [])
    assert server.seen == {}


def test_engine_that_does_not_answer_is_a_reason(tmp_path) -> None:
    digests, reasons = resolve(["nginx:1.30"], str(tmp_path / "nothing"))
    assert digests == {"nginx:1.30": ""}
    assert reasons[0].startswith("nginx:1.30: ")


def test_roots_login_to_the_registry_is_sent(api, tmp_path) -> None:
    server, path = api
    auth = base64.b64encode(b"ada:hunter22").decode()
    config = {"auths": {"registry.example": {"auth": auth}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    resolve(["registry.example/shop:1", "nginx:1.30"], path)
    assert login(server, "registry.example/shop:1") == {
        "username": "ada",
        "password": "hunter22",
        "serveraddress": "registry.example",
    }
    assert server.seen["nginx:1.30"] is None


def test_credential_helper_is_asked(api, tmp_path, monkeypatch) -> None:
    server, path = api
    helper = tmp_path / "docker-credential-mine"
    answer = '{"Username": "%s", "Secret": "s"}'
    helper.write_text(f"#!/bin/sh\nread name\nprintf '{answer}' \"$name\"\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    config = {"credHelpers": {"registry.example": "mine", "other.example": "missing"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    resolve(["registry.example/shop:1", "other.example/shop:1"], path)
    found = login(server, "registry.example/shop:1")
    assert (found["username"], found["password"]) == ("registry.example", "s")
    assert server.seen["other.example/shop:1"] is None


@pytest.mark.parametrize(
    "name, server",
    [
        ("nginx:1.30", "https://index.docker.io/v1/"),
        ("library/nginx", "https://index.docker.io/v1/"),
        ("registry.example/shop:1", "registry.example"),
        ("localhost/shop", "localhost"),
        ("host:5000/shop", "host:5000"),
    ],
)
def test_registry_of_an_image(name, server) -> None:
    assert server_of(name) == server
