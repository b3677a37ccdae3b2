# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx with the role's files, between clients and members on loopback.

The nginx is this machine's, the one in the lab's image, or what the variable PEERLB_NGINX lists.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import itertools
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import parse_version

from .image_program import of_the_lab

VARIABLE = "PEERLB_NGINX"  # commands, with ":" between them
NO_NGINX = "no nginx on this machine: install one, or let `python -m lab` build the images"
NEEDED = "sbin/nginx|lib/nginx/modules/[^/]*"  # of the image's files below usr/
MAIN = """\
daemon off;
master_process off;
pid {place}/pid;
error_log stderr;
events {{ worker_connections 512; }}
"""
PARTS = "http {{ include http.conf; }}\nstream {{ include stream.conf; }}\n"
CONF = f"{{stream_module}}\n{MAIN}{PARTS}"
# Below the ports that Linux takes for connections: a client of another test could get one of those.
PORTS = itertools.cycle(random.sample(range(10_000, 32_000), 22_000))
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Program:
    """An nginx: its version, the words that start it, and its module for streams if it has one."""

    version: str
    words: tuple[str, ...]
    stream_module: str

    @classmethod
    def of(cls, *words: str) -> Program:
        """Return the program that these words start."""
        told = subprocess.run([*words, "-v"], capture_output=True, text=True, check=True).stderr
        module = Path(words[-1]).resolve().parents[1] / "lib/nginx/modules/ngx_stream_module.so"
        loaded = f"load_module {module};" if module.exists() else ""
        return cls(told.split("/", 1)[1].split()[0], words, loaded)

    def test(self, conf: Path) -> str:
        """Return what `nginx -t` says against a configuration; "" if it is good."""
        words = [*self.words, "-e", "stderr", "-p", str(conf.parent), "-c", str(conf), "-t"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""


@functools.cache
def programs() -> list[Program]:
    """Return every nginx that can be had here, the newest last."""
    listed = filter(None, os.environ.get(VARIABLE, "").split(":"))
    own, of_the_lab = shutil.which("nginx"), _of_the_lab()
    found = [Program.of(*words.split()) for words in (*listed, *filter(None, [own]))]
    found += [Program.of(*of_the_lab)] if of_the_lab else []
    by_version = {program.version: program for program in found}
    return [by_version[key] for key in sorted(by_version, key=parse_version)]


def _of_the_lab() -> list[str]:
    """Return the words that start the nginx of the lab's image; [] if there is no image."""
    return of_the_lab("nginx", "usr/sbin/nginx", NEEDED)


def temporary_paths(place: Path) -> str:
    """Return the directives by which nginx keeps its temporary files below a directory."""
    return "".join(f"{name}_temp_path {place}/{name};" for name in TEMPORARY)


def write_conf(place: Path, http: str) -> Path:
    """Write nginx.conf with these directives of http, for one process; return its path."""
    conf = place / "nginx.conf"
    main = MAIN.format(place=place)
    conf.write_text(f"{main}http {{\n{temporary_paths(place)}\n{http}}}\n")
    return conf


def free_port() -> int:
    """Return a port of 127.0.0.1 at which nothing listens, and which nobody was given before."""
    while True:
        port = next(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.member.connections += 1

    def answer(self) -> None:
        self.server.member.paths.append(self.path)
        self.server.member.told.append(dict(self.headers))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/hangup":
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(0.4)
        if self.path == "/held":
            self.server.member.released.wait(20)
        self.send_response(503 if self.path == "/503" else 200)
        self.send_header("X-Served-By", self.server.member.name)
        if self.path == "/head":
            self.send_header("X-Long", "x" * 60_000)
        if self.path == "/twice":  # nginx takes this for a broken answer
            self.send_header("Content-Length", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *_words: t.Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    member: Backend

    def handle_error(self, *_words: t.Any) -> None:
        """Say nothing of clients that are gone."""


@dataclass
class Backend:
    """A member on loopback, which records what it is asked; it refuses connections until start."""

    name: str
    port: int = field(default_factory=free_port)
    paths: list[str] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)  # the headers of each request
    connections: int = 0
    released: threading.Event = field(default_factory=threading.Event)  # ends requests of /held

    def entry(self, **settings: t.Any) -> dict[str, t.Any]:
        """Return the backend as a member of a pool, with these settings."""
        return {"name": self.name, "address": "127.0.0.1", "port": self.port, **settings}

    @contextlib.contextmanager
    def running(self) -> t.Iterator[Backend]:
        """Answer requests."""
        with _Server(("127.0.0.1", self.port), _Handler) as server:
            server.member = self
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


@contextlib.contextmanager
def serving(program: Program, conf: Path, port: int) -> t.Iterator[None]:
    """Run an nginx with a configuration until the end of the block."""
    words = [*program.words, "-e", "stderr", "-p", str(conf.parent), "-c", str(conf)]
    with (conf.parent / "stderr").open("w") as stderr:
        process = subprocess.Popen(words, stderr=stderr)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                told = (conf.parent / "stderr").read_text()
                assert process.poll() is None and time.monotonic() < until, told
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)
