# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Valkey on loopback: this machine's, or the one in the lab's image."""

from __future__ import annotations

import contextlib
import functools
import shutil
import signal
import socket
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .image_program import of_the_lab
from .nginx import free_port

FILES = "bin/valkey-(server|cli|check-rdb)"


@functools.cache
def program(name: str) -> list[str]:
    """Return the words that start valkey-server or valkey-cli; [] if there is none here."""
    own = shutil.which(name)
    return [own] if own else of_the_lab("valkey", f"usr/bin/{name}", FILES)


@dataclass
class RealValkey:
    """A server with a configuration in a directory; it can be stopped, frozen and started again."""

    place: Path
    conf: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        file = self.place / "valkey.conf"
        file.write_text(self.conf)
        words = [*program("valkey-server"), str(file), "--bind", "127.0.0.1"]
        words += ["--port", str(self.port), "--dir", str(self.place)]
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            told = (self.place / "log").read_text()
            assert self.process.poll() is None and time.monotonic() < until, told
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    @contextlib.contextmanager
    def frozen(self) -> t.Iterator[None]:
        """Let the server hang, with its port open."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def ask(self, *words: str, user: str = "", password: str = "") -> str:
        """Return what valkey-cli prints for a command."""
        login = ["--user", user, "--no-auth-warning"] if user else []
        command = [*program("valkey-cli"), "-p", str(self.port), *login, *words]
        environment = {"REDISCLI_AUTH": password} if user else {}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=10
        )
        return (done.stdout + done.stderr).strip()


@contextlib.contextmanager
def real_valkey(place: Path, conf: str) -> t.Iterator[RealValkey]:
    """Run a server until the end of the block."""
    server = RealValkey(place, conf, free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()
