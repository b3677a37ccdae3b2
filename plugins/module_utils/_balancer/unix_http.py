# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests of HTTP/1.1 over a unix socket, as they are written, on one kept connection."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import typing as t
from pathlib import Path

TIMEOUT = 5.0  # seconds for an answer


class UnixClient:
    """A client of the listener at a unix socket. Use it in a `with` block, which ends it."""

    def __init__(self, path: Path) -> None:
        """Name the socket; nothing is connected yet."""
        self._path = path
        self._socket: socket.socket | None = None

    def __enter__(self) -> UnixClient:
        return self

    def __exit__(self, *_error: t.Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def ask(
        self, method: str, target: str, host: str, headers: t.Mapping[str, str]
    ) -> tuple[int, http.client.HTTPMessage]:
        """Send a request without a body; return the status and the headers of the answer.

        The status is 0 if the connection is closed without an answer. An OSError says that nobody
        listens, or that no answer came in time.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Content-Length: 0"] if method in ("POST", "PUT", "PATCH") else []
        connection = self._socket or self._connect()
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        answer = http.client.HTTPResponse(connection, method=method)
        try:
            answer.begin()
            answer.read()
        except (http.client.HTTPException, ConnectionError):
            self.close()
            return 0, http.client.HTTPMessage()
        if answer.will_close:
            self.close()
        return answer.status, answer.headers

    def _connect(self) -> socket.socket:
        self._socket = connected(self._path)
        return self._socket


def connected(path: Path) -> socket.socket:
    """Return a connection to a unix socket; an OSError says that nobody listens.

    The way over the directory's descriptor is for paths that are too long for an address.
    """
    connection = socket.socket(socket.AF_UNIX)
    with contextlib.ExitStack() as stack:
        stack.callback(connection.close)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            connection.settimeout(TIMEOUT)
            connection.connect(f"/proc/self/fd/{directory}/{path.name}")
        finally:
            os.close(directory)
        stack.pop_all()
    return connection
