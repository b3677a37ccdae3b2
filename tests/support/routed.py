# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx with the locations of a URL map, whose members echo their pool and what they get."""

from __future__ import annotations

import contextlib
import re
import socket
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.engine import DnsWriter
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import render_steps
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.closing import closed_variable
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.routes import render_host
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Decision,
    Request,
    UrlMap,
)

from .nginx import CONF, free_port, programs, serving, temporary_paths

Pools = t.Mapping[str, t.Mapping[str, t.Any]]
HTTP = """\
access_log off;
keepalive_requests 1000000;
large_client_header_buffers 4 32k;
map $http_x_request_id $peerlb_request_id {
    "" "$connection-$connection_requests-$msec";
    default $http_x_request_id;
}
absolute_redirect off;
"""
MEMBER = """\
upstream {name} {{ server unix:{place}/{name}.sock; keepalive 8; }}
server {{ listen unix:{place}/{name}.sock; location / {{ return 200 "{name} $request_uri"; }} }}
"""
# Nobody of it can be asked; another upstream has the same members as the last resort.
GONE = """\
upstream {name} {{ server 127.0.0.1:9 down; server 127.0.0.2:9 down; }}
upstream {name}_any {{ server unix:{place}/{name}.sock; }}
server {{ listen unix:{place}/{name}.sock; location / {{ return 200 "{name} $request_uri"; }} }}
"""
SERVER = """\
server {{
    listen 127.0.0.1:{port}{default};
    server_name {names};
    set $peerlb_pool "";
    set $peerlb_route "";
    error_page 502 = @$peerlb_pool;
{locations}
    add_header X-Route $peerlb_route always;
    add_header X-Pool $peerlb_pool always;
}}
"""


def pool_settings(name: str, **settings: t.Any) -> dict[str, t.Any]:
    """Return the settings of a pool with one member."""
    member = {"name": "one", "address": "10.0.0.2", "port": 80}
    return Pool.parse({"name": name, "members": [member], **settings}).params()


@dataclass
class Answer:
    """What came back: the status, headers by name in lower case, and the body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def decision(self) -> Decision:
        """Return what nginx decided, without the rule."""
        location = self.headers.get("location", "")
        if 300 <= self.status < 400:
            return Decision("redirect", "", url=location, code=self.status)
        pool, _space, path = self.body.partition(" ")
        if self.status == 200 and path.startswith("/"):
            return Decision("pool", "", (pool,), path)
        return Decision("status", "", code=self.status)


class Client:
    """A client that sends requests as they are, on one connection while nginx keeps it."""

    def __init__(self, port: int) -> None:
        """Take the port on loopback."""
        self._port = port
        self._connection: socket.socket | None = None

    def ask(self, request: Request, body: bytes = b"") -> Answer:
        """Send a request and return the answer."""
        lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {request.host}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        sent = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        answer = self._sent(sent + body, request.method == "HEAD")
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Leave the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _sent(self, data: bytes, only_head: bool) -> Answer:
        if not self._connection:
            self._connection = socket.create_connection(("127.0.0.1", self._port), 20)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.sendall(data)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _end, body = got.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in rest)}
        length = 0 if only_head else int(headers.get("content-length", 0))
        while len(body) < length:
            body += self._more()
        return Answer(int(first.split()[1]), headers, body.decode("latin-1"))

    def _more(self) -> bytes:
        assert self._connection
        more = self._connection.recv(65536)
        assert more, "nginx closed the connection"
        return more


def configuration(
    url_map: UrlMap, pools: Pools, port: int, place: Path, gone: t.Collection[str], counted: bool
) -> str:
    """Return the part http of a configuration that serves a map."""
    text = temporary_paths(place) + HTTP
    for name in pools:
        text += f'map "" {closed_variable(name)} {{ default ""; }}\n'
        text += (GONE if name in gone else MEMBER).format(name=name, place=place)
    for host in url_map.hosts:
        rendered = render_host(url_map, host, pools, counted=counted)
        text += rendered.http + SERVER.format(
            port=port,
            default="" if host.names else " default_server",
            names=" ".join(host.names) or "_",
            locations=rendered.server + "".join(steps(pools[name]) for name in gone),
        )
    if all(host.names for host in url_map.hosts):
        text += f"server {{ listen 127.0.0.1:{port} default_server; return 421; }}\n"
    return text


def steps(pool: t.Mapping[str, t.Any]) -> str:
    """Return how a live pool is asked again, up to its last resort."""
    parsed = Pool.parse(pool)
    return render_steps(parsed, DnsWriter(parsed, 9), last=True)


@contextlib.contextmanager
def routed(
    url_map: UrlMap, pools: Pools, gone: t.Collection[str] = (), counted: bool = False
) -> t.Iterator[Client]:
    """Run the newest nginx with a map until the end of the block.

    gone: the pools of which nginx finds nobody to ask before it comes to the last resort. counted:
    whether the locations are those of a gatekeeper with rates.
    """
    program = programs()[-1]
    with tempfile.TemporaryDirectory() as directory:
        place, port = Path(directory), free_port()
        conf = CONF.format(place=place, stream_module=program.stream_module)
        (place / "nginx.conf").write_text(re.sub(r"stream \{.*\}\n", "", conf))
        text = configuration(url_map, pools, port, place, gone, counted)
        (place / "http.conf").write_text(text, "utf-8")
        running = serving(program, place / "nginx.conf", port)
        with running, contextlib.closing(Client(port)) as client:
            yield client
