# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx with the role's files that ends TLS at one port and takes http at another."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._certificates import tickets
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool

from .balancer import until, write_release
from .certificates import Authority
from .nginx import CONF, Backend, free_port, programs, serving

NAME = "shop.example"  # of the certificate


@dataclass
class Answer:
    """What a client got, and the session of TLS, and whether nginx had taken it from the client."""

    status: int
    headers: dict[str, str]
    session: ssl.SSLSession | None = None
    resumed: bool = False


class Terminating:
    """A load balancer with listeners of https and http, and a pool of members.

    variables are the role's. store is the directory of what is no part of a release.
    """

    def __init__(
        self,
        role: t.Any,
        place: Path,
        members: t.Sequence[Backend],
        source: str = "given",
        **variables: t.Any,
    ) -> None:
        self.place, self.store = place, place / "store"
        self.secure, self.plain = free_port(), free_port()
        pool = Pool.parse({"name": "webapp", "members": [each.entry() for each in members]})
        listeners = [
            Listener(self.secure, "webapp", "http", "127.0.0.1", tls=True),
            Listener(self.plain, "webapp", "http", "127.0.0.1"),
        ]
        shop = {"name": "shop", "names": [NAME], "source": source}
        write_release(
            *(role, place, pool, listeners, programs()[-1]),
            nginx_lb_certificates=[shop],
            **variables,
        )
        pair = self.store / "tls/shop/current/pair.pem"
        pair.parent.mkdir(parents=True)
        pair.write_text(Authority().issue(NAME).text)
        tickets.make_missing(CertificateStore(self.store))
        conf = CONF.format(place=place, stream_module=programs()[-1].stream_module)
        (place / "nginx.conf").write_text(conf)

    def running(self) -> contextlib.AbstractContextManager[None]:
        """Serve until the end of the block."""
        return serving(programs()[-1], self.place / "nginx.conf", self.secure)

    def ask(
        self,
        path: str,
        context: ssl.SSLContext | None = None,
        lines: t.Sequence[str] = (),
        *,
        method: str = "GET",
        host: str = NAME,
        client: str = "127.0.0.1",
        session: ssl.SSLSession | None = None,
    ) -> Answer:
        """Send a request by TLS, or by http if there is no context; lines are its headers."""
        sent = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *lines, "", ""]
        address = ("127.0.0.1", self.secure if context else self.plain)
        with contextlib.ExitStack() as stack:
            used: t.Any = socket.create_connection(address, 10, source_address=(client, 0))
            stack.enter_context(used)
            if context:
                options: dict[str, t.Any] = {"server_hostname": host, "session": session}
                used = stack.enter_context(context.wrap_socket(used, **options))
            used.sendall("\r\n".join(sent).encode())
            head = b"".join(iter(lambda: used.recv(4096), b"")).partition(b"\r\n\r\n")[0]
            first, *rest = head.decode().split("\r\n")
            headers = {name.lower(): value for name, value in (e.split(": ", 1) for e in rest)}
            answer = Answer(int(first.split()[1]), headers)
            if context:
                answer.session, answer.resumed = used.session, used.session_reused
            return answer

    def log(self, lines: int) -> list[dict[str, t.Any]]:
        """Return the access log as soon as it has so many lines."""

        def read() -> list[dict[str, t.Any]]:
            text = (self.place / "access.log").read_text()
            return [json.loads(line) for line in text.splitlines()]

        until(lambda: len(read()) >= lines)
        return read()
