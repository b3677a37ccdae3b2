# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import unix_http
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.unix_http import UnixClient

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok"
LAST = b"HTTP/1.1 404 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Server:
    """Answers each request by the next of the answers; "" closes the connection."""

    def __init__(self, path: Path, answers: list[bytes]) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self._answers = answers
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while self._answers:
            connection = self._socket.accept()[0]
            self.connections += 1
            with connection:
                while self._answers and (head := connection.recv(9999)):
                    self.heads.append(head)
                    answer = self._answers.pop(0)
                    connection.sendall(answer)
                    if answer in (b"", LAST):
                        break


@pytest.fixture
def serve(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the whole path may be too long for an address

    def run(*answers: bytes) -> tuple[Server, Path]:
        return Server(Path("s"), list(answers)), tmp_path / "s"

    return run


def test_requests_share_a_connection_and_are_sent_as_they_are_written(serve) -> None:
    server, path = serve(GOOD, GOOD)
    with UnixClient(path) as client:
        status, headers = client.ask("GET", "//a%2F..?", "shop.example", {"X": "y"})
        assert (status, headers["X-A"]) == (200, "b")
        assert client.ask("POST", "/", "a", {})[0] == 200
    assert server.heads == [
        b"GET //a%2F..? HTTP/1.1\r\nHost: shop.example\r\nX: y\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    ]
    assert server.connections == 1


@pytest.mark.parametrize("first, status", [(b"", 0), (LAST, 404), (b"no HTTP\r\n\r\n", 0)])
def test_connection_that_ends_is_followed_by_another(serve, first, status) -> None:
    server, path = serve(first, GOOD)
    with UnixClient(path) as client:
        assert client.ask("GET", "/", "a", {})[0] == status
        assert client.ask("GET", "/", "a", {})[0] == 200
    assert server.connections == 2


def test_nobody_listens(tmp_path) -> None:
    with UnixClient(tmp_path / "s") as client, pytest.raises(OSError):
        client.ask("GET", "/", "a", {})


def test_no_answer_in_time_is_an_error(serve, monkeypatch) -> None:
    monkeypatch.setattr(unix_http, "TIMEOUT", 0.05)
    _server, path = serve(b"HTTP/1.1 200", GOOD)
    with UnixClient(path) as client, pytest.raises(OSError, match="timed out"):
        client.ask("GET", "/", "a", {})


def test_long_paths_are_reached(tmp_path, monkeypatch) -> None:
    place: t.Any = tmp_path / ("x" * 120)
    place.mkdir()
    monkeypatch.chdir(place)
    Server(Path("s"), [GOOD])
    with UnixClient(place / "s") as client:
        assert client.ask("GET", "/", "a", {})[0] == 200
