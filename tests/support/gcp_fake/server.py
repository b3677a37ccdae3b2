# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake's server: API, tokens and metadata over HTTP, and over TLS for clients of its proxy."""

from __future__ import annotations

import http.server
import json
import re
import ssl
import threading
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from .api import Answer, Api, error
from .example import Cloud, example
from .identity import Identity, authority
from .schema import PUBLISHED

BOUNDARY = re.compile(r"/v1/projects/-/serviceAccounts/[^/]+/allowedLocations")


@dataclass(frozen=True)
class Request:
    """A request that the fake received; through the proxy, the host is that of the tunnel."""

    verb: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What goes wrong with the next requests to paths that match a pattern."""

    path: str  # a regular expression
    times: int
    answer: Answer = (503, {})
    headers: dict[str, str] = field(default_factory=dict)
    silence: float = 0.0  # seconds before an answer
    trickle: bool = False  # an answer of single bytes, which takes a minute
    hang_up: bool = False  # no answer at all
    text: str | None = None  # an answer that is not JSON


class Fake:
    """A fake of Google Cloud. As a context manager, it serves at `url` on the loopback device."""

    def __init__(self, folder: Path, cloud: Cloud | None = None) -> None:
        self.api = Api(cloud or example())
        self.identity = Identity()
        self.requests: list[Request] = []
        self.tunnels: list[str] = []
        self.faults: list[Fault] = []
        self.latency = 0.0  # seconds that each answer takes
        self.authority_file = folder / "authority.pem"
        self.tls = self._context(folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.endpoint = f"{self.url}/compute/v1"

    def _context(self, folder: Path) -> ssl.SSLContext:
        self.authority_file.write_bytes(authority().certificate)
        (folder / "server.pem").write_bytes(authority().server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        return context

    def __enter__(self) -> Fake:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exc: t.Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fail(self, path: str, times: int = 1, **fault: t.Any) -> None:
        """Add a fault, whose fields are those of Fault."""
        self.faults.append(Fault(path, times, **fault))

    def next_fault(self, path: str) -> Fault | None:
        """Return the fault for a request, and count it; None if the request succeeds."""
        for fault in self.faults:
            if fault.times and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None

    def environment(self) -> dict[str, str]:
        """Return the variables that make a process use this as its proxy, and trust it."""
        return {
            "HTTPS_PROXY": self.url,
            "REQUESTS_CA_BUNDLE": str(self.authority_file),
            "NO_PROXY": "",
        }

    def respond(self, request: Request) -> Answer:
        """Return status and document for a request, as Google's servers would answer it."""
        self.requests.append(request)
        time.sleep(self.latency)
        if request.path.startswith("/compute/v1/"):
            return self._api(request)
        if request.path == "/token" and request.verb == "POST":
            return self.identity.exchange(request.form)
        if request.headers.get("metadata-flavor") == "Google":
            found = self.identity.metadata(request.path[len("/computeMetadata/v1/") :])
            return (404, {}) if found is None else (200, found)
        if BOUNDARY.fullmatch(request.path):
            return 200, {"locations": [], "encodedLocations": "0x0"}
        return error(404, f"there is no {request.verb} {request.host}{request.path}")

    def _api(self, request: Request) -> Answer:
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.identity.issued:
            message = "Request had invalid authentication credentials."
            return error(401, message)
        wanted = PUBLISHED["methods"]["networks.list"]["scopes"]
        if not self.identity.issued[token] & set(wanted):
            message = "Request had insufficient authentication scopes."
            return error(403, message, "insufficientPermissions")
        path = request.path[len("/compute/v1/") :]
        return self.api.answer(request.verb, path, request.query)


def handler(fake: Fake) -> type[http.server.BaseHTTPRequestHandler]:
    """Return the handler of the fake's HTTP server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # otherwise each answer is 40 ms late
        tunnel = ""

        def do_CONNECT(self) -> None:
            self.tunnel = self.path.rpartition(":")[0]
            fake.tunnels.append(self.tunnel)
            self.send_response(200)
            self.end_headers()
            self.connection = fake.tls.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            request = Request(
                self.command,
                self.tunnel or self.headers.get("Host", ""),
                urllib.parse.unquote(parts.path),
                dict(urllib.parse.parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                dict(urllib.parse.parse_qsl(body)),
            )
            status, document = fake.respond(request)
            fault = fake.next_fault(request.path)
            text = document if isinstance(document, str) else json.dumps(document)
            if fault is None:
                self.send(status, text, {})
            else:
                self.misbehave(fault)

        do_POST = do_GET

        def send(self, status: int, text: str, headers: dict[str, str]) -> None:
            self.send_response(status)
            kind = "application/json" if text[:1] in "{[" else "application/text"
            common = {"Metadata-Flavor": "Google", "Content-Type": kind}
            length = {"Content-Length": str(len(text.encode()))}
            for name, value in {**common, **length, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def misbehave(self, fault: Fault) -> None:
            self.close_connection = fault.hang_up or fault.trickle
            if fault.hang_up:
                return
            time.sleep(fault.silence)
            if fault.trickle:
                self.trickle()
                return
            status, document = fault.answer
            text = json.dumps(document) if fault.text is None else fault.text
            self.send(status, text, fault.headers)

        def trickle(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            for _count in range(600):
                self.wfile.write(b" ")
                time.sleep(0.1)

        def log_message(self, *_args: t.Any) -> None:
            pass

    return Handler
