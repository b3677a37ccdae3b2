# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx that serves fixed answers behind a gatekeeper, for clients of several addresses."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import read_gatekeeper
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.rendering import render
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import Gatekeeper

from .nginx import Program, free_port, serving, write_conf

HTTP = """\
    log_format peerlb escape=json '{{"client":"$remote_addr","status":$status,"msec":$msec,'
        '"seconds":$request_time,"rule":"$peerlb_rule","action":"$peerlb_action",'
        '"would":"$peerlb_would"}}';
    access_log {place}/access.log peerlb;
    {trusted}
    include guard/http.conf;
    server {{
        listen 127.0.0.1:{member};
        access_log off;
        location / {{ return 200; }}
    }}
    server {{
        listen 127.0.0.1:{port} default_server;
        set $peerlb_exempt "";
        if ($uri ~ "^/\\\\.well-known/acme-challenge/") {{ set $peerlb_exempt acme; }}
        # As live.conf refuses a banned client before the gatekeeper is asked.
        if ($arg_banned) {{ set $peerlb_action banned; return 403; }}
        include guard/server.conf;
        add_header X-Rule $peerlb_rule always;
        add_header X-Action $peerlb_action always;
        add_header X-Would $peerlb_would always;
        location / {{ proxy_pass http://127.0.0.1:{member}; }}
        location = /elsewhere {{ return 301 /; }}
        location = /fixed {{ return 410; }}
        location = /broken {{ proxy_pass http://127.0.0.1:{closed}; }}
    }}
"""


@dataclass
class Answer:
    """What a client got: a status, 0 if the connection was closed, and headers in small letters."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


class Guarded:
    """An nginx behind a gatekeeper that somebody wrote."""

    def __init__(self, place: Path, value: t.Any, trusted: str = "") -> None:
        self.place, self.port, self.member = place, free_port(), free_port()
        self.gatekeeper: Gatekeeper = read_gatekeeper(value)
        for name, text in render(self.gatekeeper).items():
            place.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
            place.joinpath(name).write_text(text)
        http = HTTP.format(
            place=place, port=self.port, member=self.member, closed=free_port(), trusted=trusted
        )
        self.conf = write_conf(place, http)

    @contextlib.contextmanager
    def running(self, program: Program) -> t.Iterator[Guarded]:
        """Serve until the end of the block."""
        assert program.test(self.conf) == ""
        with serving(program, self.conf, self.port):
            yield self

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        client: str = "127.0.0.1",
        headers: t.Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request from an address of loopback; the path is sent as it is."""
        lines = [f"{method} {path} HTTP/1.1", "Host: shop.example", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        told = self.send("\r\n".join([*lines, "", ""]).encode(), client)
        if not told:
            return Answer(0)
        first, *rest = told.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in rest)
        return Answer(int(first.split()[1]), {name.lower(): value for name, value in pairs})

    def send(self, data: bytes, client: str = "127.0.0.1") -> bytes:
        """Send bytes; return all that came back until nginx closed the connection."""
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, 10, source_address=(client, 0)) as connection:
            connection.sendall(data)
            told = b""
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(65536):
                    told += part
            return told

    def log(self, lines: int) -> list[dict[str, t.Any]]:
        """Return the access log once it has so many lines."""
        until = time.monotonic() + 10
        while True:
            text = self.place.joinpath("access.log").read_text()
            if text.count("\n") >= lines or time.monotonic() > until:
                return [json.loads(line) for line in text.splitlines()]
            time.sleep(0.02)
