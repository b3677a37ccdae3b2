# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An nginx in a container that keeps Docker's promises: it serves what it has loaded."""

from __future__ import annotations

import http.server
import re
import threading
from pathlib import Path

import pytest


class FakeNginx:
    """Answers docker's commands and, over a real socket, /release with the loaded id.

    commands does not hold what only looks. made_from is the compose.yml of the container. It
    answers on port, or on other_port where the status.conf of the loaded release names that.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self.loaded: str | None = None
        self.made_from = self.definition = ""
        self.commands: list[list[str]] = []
        self.refuse: dict[str, str] = {}
        self.emerg = ""
        self.servers = [self._listen(), self._listen()]
        self.port, self.other_port = (server.server_address[1] for server in self.servers)
        self.listens = self.port

    def _listen(self) -> http.server.ThreadingHTTPServer:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type:
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listens = self.server.server_address[1] == fake.listens
                self.send_response(200 if fake.loaded and listens else 503)
                self.end_headers()
                self.wfile.write(f"{fake.loaded}\n".encode())

            def log_message(self, *_args) -> None:
                pass

        return Handler

    def load(self) -> None:
        current = self.project / "nginx/current"
        text = (current / "release.conf").read_text()
        self.loaded = re.search(r'return 200 "(\w+)', text).group(1)
        status = current / "status.conf"
        self.listens = (
            int(re.findall(r"\d+", status.read_text())[-1]) if status.exists() else self.port
        )

    def run(self, command: list[str], **_options) -> tuple[int, str, str]:
        if command[1] == "inspect":
            return 0, f"{self.made_from}\n", ""
        self.commands.append(command)
        verb = next(
            word for word in command if word in ("run", "exec", "up", "kill", "logs", "down")
        )
        if verb in self.refuse:
            return 1, "", self.refuse[verb]
        if verb == "up":
            self._make(Path(command[command.index("--file") + 1]))
        if verb in ("up", "kill") and not self.emerg:
            self.load()
        if verb == "down":
            self.loaded = None
        return 0, "", self.emerg if verb == "logs" else ""

    def _make(self, compose: Path) -> None:
        """As Compose: another definition makes another container, the same one keeps it."""
        text = compose.read_text()
        if text != self.definition:
            self.made_from, self.definition = str(compose), text

    def verbs(self) -> list[str]:
        known = ("run", "exec", "up", "kill", "logs", "down")
        return [next(word for word in command if word in known) for command in self.commands]


@pytest.fixture
def fake_nginx(tmp_path):
    fake = FakeNginx(tmp_path)
    yield fake
    fake.close()
