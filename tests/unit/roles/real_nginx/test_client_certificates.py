# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What members are told of a client's certificate, and that no client tells it of itself."""

from __future__ import annotations

import contextlib
import ssl
import typing as t
import urllib.parse
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.tls import CLIENT_HEADERS
from cryptography.x509.oid import ExtendedKeyUsageOID
from support.certificates import Authority, Made
from support.nginx import Backend, free_port
from support.terminating import Terminating
from support.tls_nginx import client_context
from support.waf import stand_in

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


class Asked(Terminating):
    """A load balancer that serves by http as well, with a guarded route and a member."""

    def __init__(
        self, role: t.Any, place: Path, member: Backend, extra: str = "", **tls: t.Any
    ) -> None:
        self.member = member
        self.ports = {"waf": free_port(), "inner": free_port(), "tls": free_port()}
        super().__init__(
            *(role, place),
            # Nobody answers at the first member, so that each second request is asked again.
            [Backend("gone"), member],
            nginx_lb_tls={"redirect": False, **tls},
            nginx_lb_url_map={"hosts": [{"rules": RULES, "default": "webapp"}]},
            nginx_lb_extra={"server": extra},
            nginx_lb_waf={"paranoia": 1},
            nginx_lb_waf_ports=self.ports,
        )

    @contextlib.contextmanager
    def running(self) -> t.Iterator[Asked]:
        """Serve until the end of the block, and run what stands for the firewall."""
        firewall = stand_in(self.place / "firewall", self.ports["waf"], self.ports["inner"])
        with firewall, super().running():
            yield self

    def context(self, client: Made | None) -> ssl.SSLContext:
        """Return the settings of a client with a certificate, or without one."""
        context = client_context()
        if client:
            path = self.place / "client.pem"
            path.write_text(client.text)
            context.load_cert_chain(path)
        return context

    def told(self) -> dict[str, str]:
        """Return what the member was told of the client's certificate with the last request."""
        headers = {name.lower().replace("_", "-"): v for name, v in self.member.told[-1].items()}
        named = {name: headers.get(name.lower()) for name in CLIENT_HEADERS}
        return {name: value for name, value in named.items() if value is not None}


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
        assert nginx.ask("/", context, FORGED, session=session).resumed
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
