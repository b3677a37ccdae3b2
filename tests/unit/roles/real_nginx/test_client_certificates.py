# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What members are told of a client's certificate, and that no client tells it of itself."""

from __future__ import annotations

import contextlib
import socket
import ssl
import typing as t
import urllib.parse
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import tickets
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.tls import CLIENT_HEADERS
from cryptography.x509.oid import ExtendedKeyUsageOID
from support.balancer import write_release
from support.certificates import Authority, Made
from support.nginx import CONF, Backend, free_port, programs, serving
from support.tls_nginx import client_context
from support.waf import stand_in

found = programs()
NONE = "no nginx on this machine: install one, or let `python -m lab` build the images"
pytestmark = pytest.mark.skipif(not found, reason=NONE)

ROLE = "nginx_lb"
NAME = "shop.example"
USERS = Authority("users")
ALICE = USERS.issue("alice", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
STRANGER = Authority("strangers").issue("alice", usage=ExtendedKeyUsageOID.CLIENT_AUTH)
# nginx writes whole bytes, and none before the first one that counts.
SERIAL = ALICE.certificate.serial_number
DIGITS = (SERIAL.bit_length() + 7) // 8 * 2
TOLD_OF_ALICE = {
    "X-SSL-Client-Verify": "SUCCESS",
    "X-SSL-Client-S-DN": "CN=alice",
    "X-SSL-Client-I-DN": "CN=users",
    "X-SSL-Client-Serial": f"{SERIAL:0{DIGITS}X}",
}
# nginx passes no name with "_" on, which a member could take for "-".
FORGED = [
    line
    for name in CLIENT_HEADERS
    for each in (name, name.lower(), name.replace("-", "_"))
    for line in (f"{each}: SUCCESS", f"{each}: CN=root")
]
RULES = [
    {"path": "/routed/*", "pool": "webapp", "rewrite": "/new", "methods": ["GET"]},
    {"path": "/guarded/*", "pool": "webapp", "waf": True},
]


class Asked:
    """A load balancer with a listener of https, one of http that serves, and a member."""

    def __init__(
        self, role: t.Any, place: Path, member: Backend, extra: str = "", **tls: t.Any
    ) -> None:
        self.place, self.member = place, member
        self.secure, self.plain = free_port(), free_port()
        self.ports = {"waf": free_port(), "inner": free_port(), "tls": free_port()}
        # Nobody answers at the first member, so that each second request is asked again.
        members = [Backend("gone").entry(), member.entry()]
        listeners = [
            Listener(self.secure, "webapp", "http", "127.0.0.1", tls=True),
            Listener(self.plain, "webapp", "http", "127.0.0.1"),
        ]
        write_release(
            *(role, place, Pool.parse({"name": "webapp", "members": members}), listeners),
            found[-1],
            nginx_lb_certificates=[{"name": "shop", "names": [NAME], "source": "given"}],
            nginx_lb_tls={"redirect": False, **tls},
            nginx_lb_url_map={"hosts": [{"rules": RULES, "default": "webapp"}]},
            nginx_lb_extra={"server": extra},
            nginx_lb_waf={"paranoia": 1},
            nginx_lb_waf_ports=self.ports,
        )
        pair = place / "store/tls/shop/current/pair.pem"
        pair.parent.mkdir(parents=True)
        pair.write_text(Authority().issue(NAME).text)
        tickets.make_missing(CertificateStore(place / "store"))
        conf = CONF.format(place=place, stream_module=found[-1].stream_module)
        (place / "nginx.conf").write_text(conf)

    @contextlib.contextmanager
    def running(self) -> t.Iterator[Asked]:
        """Serve until the end of the block."""
        firewall = stand_in(self.place / "firewall", self.ports["waf"], self.ports["inner"])
        with firewall, serving(found[-1], self.place / "nginx.conf", self.secure):
            yield self

    def context(self, client: Made | None) -> ssl.SSLContext:
        """Return the settings of a client with a certificate, or without one."""
        context = client_context()
        if client:
            path = self.place / "client.pem"
            path.write_text(client.text)
            context.load_cert_chain(path)
        return context

    def ask(
        self,
        path: str,
        context: ssl.SSLContext | None,
        lines: t.Sequence[str] = (),
        session: ssl.SSLSession | None = None,
    ) -> Told:
        """Send a request by TLS, or without it if there is no context."""
        port = self.secure if context else self.plain
        sent = [f"GET {path} HTTP/1.1", f"Host: {NAME}", "Connection: close", *lines, "", ""]
        with contextlib.ExitStack() as stack:
            used: t.Any = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            if context:
                options = {"server_hostname": NAME, "session": session}
                used = stack.enter_context(context.wrap_socket(used, **options))
            used.sendall("\r\n".join(sent).encode())
            answer = b"".join(iter(lambda: used.recv(4096), b""))
            resumed = context is not None and used.session_reused
            return Told(int(answer.split()[1]), resumed, used.session if context else None)

    def told(self) -> dict[str, str]:
        """Return what the member was told of the client's certificate with the last request."""
        headers = {name.lower().replace("_", "-"): v for name, v in self.member.told[-1].items()}
        named = {name: headers.get(name.lower()) for name in CLIENT_HEADERS}
        return {name: value for name, value in named.items() if value is not None}


class Told(t.NamedTuple):
    """The status that a client got, whether its session was taken, and the session."""

    status: int
    resumed: bool
    session: ssl.SSLSession | None


@pytest.fixture
def asked(role, tmp_path) -> t.Iterator[t.Callable[..., t.ContextManager[Asked]]]:
    """Return a function that runs a load balancer with these settings of TLS."""
    with Backend("web1").running() as member:
        yield lambda *extra, **tls: Asked(role, tmp_path, member, *extra, **tls).running()


OPTIONAL = {"client_ca": USERS.pem, "client_certificate": "optional"}
REQUIRED = {"client_ca": USERS.pem, "client_certificate": "required"}


@pytest.mark.parametrize("path", ["/", "/routed/x", "/guarded/x"])
def test_members_are_told_by_nginx_alone_who_the_client_is(asked, path) -> None:
    with asked(**OPTIONAL) as nginx:
        for _turn in range(2):
            assert nginx.ask(path, nginx.context(ALICE), FORGED).status == 200
            assert nginx.told() == TOLD_OF_ALICE
            assert nginx.ask(path, nginx.context(None), FORGED).status == 200
            assert nginx.told() == {"X-SSL-Client-Verify": "NONE"}
            assert nginx.ask(path, None, FORGED).status == 200
            assert nginx.told() == {}


def test_client_without_a_certificate_of_the_ca_reaches_no_member(asked) -> None:
    with asked(**REQUIRED) as nginx:
        assert nginx.ask("/", nginx.context(None)).status == 400
        assert nginx.ask("/", nginx.context(STRANGER)).status == 400
        assert nginx.member.told == []
        assert nginx.ask("/", nginx.context(ALICE)).status == 200
        assert nginx.told() == TOLD_OF_ALICE


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_that_comes_back_is_told_of_once_more(asked, version) -> None:
    with asked(**OPTIONAL) as nginx:
        context = nginx.context(ALICE)
        context.maximum_version = version
        session = nginx.ask("/", context).session
        nginx.member.told.clear()
        assert nginx.ask("/", context, FORGED, session).resumed
        assert nginx.told() == TOLD_OF_ALICE


def test_where_nobody_is_asked_for_a_certificate_such_headers_are_as_any_others(asked) -> None:
    with asked() as nginx:
        for context in (nginx.context(None), None):
            assert nginx.ask("/", context, ["X-SSL-Client-Verify: x"]).status == 200
            assert nginx.told() == {"X-SSL-Client-Verify": "x"}


def test_whole_certificate_is_passed_on_by_a_line_of_the_user(asked) -> None:
    line = "proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;"
    with asked(line, **OPTIONAL) as nginx:
        nginx.ask("/", nginx.context(ALICE), ["X-SSL-Client-Cert: x"])
        assert urllib.parse.unquote(nginx.member.told[-1]["X-SSL-Client-Cert"]) == ALICE.pem
        nginx.ask("/", None, ["X-SSL-Client-Cert: x"])
        assert "X-SSL-Client-Cert" not in nginx.member.told[-1]
        assert nginx.told() == {}
