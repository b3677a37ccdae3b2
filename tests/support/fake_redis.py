# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis servers that can be killed, frozen, promoted and demoted."""

from __future__ import annotations

import asyncio
import typing as t

from .loops import LoopThread
from .nginx import free_port

ROLES = {
    "master": b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
    "slave": b"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:0\r\n",
}


class FakeRedis:
    """A server of PING, ROLE, SET, GET, and INFO, which tells the server's name.

    data is what it stores, and writes are the keys of all SETs that reached it, those among them
    that it refused as a replica. What is set is in the data of its replicas at once.
    """

    def __init__(self, name: str, role: str = "master") -> None:
        self.name, self.role, self.port = name, role, free_port()
        self.replicas: list[FakeRedis] = []
        self.data: dict[str, str] = {}
        self.writes: list[str] = []
        self.frozen = False
        self._thread: LoopThread | None = None

    def entry(self, **settings: t.Any) -> dict[str, t.Any]:
        """Return the server as a member of a pool, with these settings."""
        return {"name": self.name, "address": "127.0.0.1", "port": self.port, **settings}

    def start(self) -> None:
        """Accept connections."""
        self._thread = LoopThread()
        self._listener = self._thread.do(
            asyncio.start_server(self._converse, "127.0.0.1", self.port)
        )

    def kill(self) -> None:
        """Refuse connections, and close those that are open; a second call has no effect."""
        if self._thread:
            self._thread.loop.call_soon_threadsafe(self._listener.close)
            self._thread.end()
            self._thread = None

    def follow(self, primary: FakeRedis) -> None:
        """Become a replica, which forgets what its primary does not have."""
        self.role, self.replicas, self.data = "slave", [], dict(primary.data)
        primary.replicas = [self]

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                while self.frozen:
                    await asyncio.sleep(0.01)
                writer.write(self._answer(*line.decode().split()))
        except OSError:
            pass  # the client is gone
        finally:
            writer.transport.abort()

    def _answer(self, command: str, *words: str) -> bytes:
        if command == "SET":
            return self._set(*words)
        answers = {
            "PING": "PONG",
            "INFO": self.name,
            "GET": self.data.get(words[0] if words else ""),
        }
        return ROLES[self.role] if command == "ROLE" else f"+{answers[command]}\r\n".encode()

    def _set(self, key: str, value: str) -> bytes:
        self.writes.append(key)
        if self.role != "master":
            return b"-READONLY You can't write against a read only replica.\r\n"
        for server in (self, *self.replicas):
            server.data[key] = value
        return b"+OK\r\n"
