# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx that serves certificates of a store, reached by the commands that a host gives."""

from __future__ import annotations

import contextlib
import signal
import socket
import ssl
import subprocess
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._certificates import commands
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.serving import (
    CONFIG,
    ServingNginx,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)

from .nginx import Program, free_port, temporary_paths

CONF = """\
daemon off;
worker_processes 2;
pid {root}/pid;
user root;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    keepalive_min_timeout 2s;
    {paths}
    {http}
    server {{
        listen 127.0.0.1:{port} ssl default_server;
        ssl_reject_handshake on;
    }}
    {servers}
}}
"""
SERVER = """    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {names};
        ssl_certificate {root}/tls/{name}/current/pair.pem;
        ssl_certificate_key {root}/tls/{name}/current/pair.pem;
        location / {{ return 200 "{name}"; }}
    }}
"""


@dataclass
class TlsNginx:
    """An nginx whose live release serves certificates, by name and names of hosts."""

    program: Program
    root: Path
    hosts: dict[str, str]
    http: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    commands: list[list[str]] = field(default_factory=list)

    @property
    def store(self) -> CertificateStore:
        """The store of certificates."""
        return CertificateStore(self.root)

    @property
    def at_work(self) -> ServingNginx:
        """The nginx as those see it who change certificates."""
        return ServingNginx(self.run, self.root, timeout=5)

    def write(self) -> None:
        """Write the live release."""
        live = self.root / "current"
        live.mkdir(parents=True, exist_ok=True)
        servers = "".join(
            SERVER.format(port=self.port, root=self.root, name=name, names=names)
            for name, names in self.hosts.items()
        )
        paths = temporary_paths(self.root)
        text = CONF.format(
            root=self.root, port=self.port, http=self.http, servers=servers, paths=paths
        )
        (live / "nginx.conf").write_text(text)

    def run(self, command: list[str], **options: t.Any) -> tuple[int, str, str]:
        """Run a command of a host; those for the container go to this nginx."""
        self.commands.append(command)
        if command[0] != "docker":
            return commands.run(command, **options)
        if command[1] == "inspect":
            return 0, "true\n" if self.process else "false\n", ""
        if command[3] == "nginx":
            return commands.run([self._real(word) for word in self._words(command)])
        assert self.process and command[3:] == ["sh", "-c", "kill -HUP 1"]
        self.process.send_signal(signal.SIGHUP)
        return 0, "", ""

    def _words(self, command: list[str]) -> list[str]:
        return [*self.program.words, *command[4:]]

    def _real(self, word: str) -> str:
        return str(self.root / "current/nginx.conf") if word == CONFIG else word

    @contextlib.contextmanager
    def running(self) -> t.Iterator[TlsNginx]:
        """Serve until the end of the block."""
        self.write()
        conf = str(self.root / "current/nginx.conf")
        words = [*self.program.words, "-e", "stderr", "-p", str(self.root), "-c", conf]
        with (self.root / "stderr").open("a") as stderr:
            self.process = subprocess.Popen(words, stderr=stderr)
        try:
            self._await()
            yield self
        finally:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def _await(self) -> None:
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            told = (self.root / "stderr").read_text()
            assert self.process and self.process.poll() is None, told
            assert time.monotonic() < until, told
            time.sleep(0.02)

    def handshake(
        self,
        name: str,
        session: ssl.SSLSession | None = None,
        context: ssl.SSLContext | None = None,
    ) -> Shake:
        """Ask for a page by the name of a host, with a session of before."""
        context = context or client_context()
        plain = socket.create_connection(("127.0.0.1", self.port), 5)
        with plain, context.wrap_socket(plain, server_hostname=name, session=session) as secured:
            secured.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: secured.recv(4096), b""))
            leaf = secured.getpeercert(binary_form=True) or b""
            cipher = (secured.cipher() or ("",))[0]
            return Shake(leaf, bool(secured.session_reused), secured.session, cipher, answer)


class Shake(t.NamedTuple):
    """What a client saw: the certificate as DER, whether its session was taken, and the answer."""

    leaf: bytes
    reused: bool
    session: ssl.SSLSession | None
    cipher: str
    answer: bytes


def client_context(**settings: t.Any) -> ssl.SSLContext:
    """Return the settings of a client that trusts anybody; settings are those of SSLContext."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for key, value in settings.items():
        setattr(context, key, value)
    return context


def group_of(port: int, name: str, *options: str) -> str:
    """Return what openssl's client says of a handshake; options are those of s_client."""
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name, *options]
    return subprocess.run(words, input="", capture_output=True, text=True, check=False).stdout
