# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.conversation import Conversation
from ansible_collections.peerlb.stack.plugins.module_utils._probe.https import (
    HttpsConversation,
    server_name,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import Target
from support.tls import SignedPair, TlsServer

NAME = "shop.example"
OK = b"HTTP/1.1 200 OK\r\n\r\n"
PLAIN = b"HTTP/1.1 400 Bad Request\r\n"  # what nginx answers to TLS at a port of http
UNRECOGNIZED_NAME = b"\x15\x03\x03\x00\x02\x02\x70"  # nginx's ssl_reject_handshake
PAIR = SignedPair.make([NAME])
OTHER = SignedPair.make([NAME])
EXPIRED = SignedPair.make([NAME], days=-1.5)


def probe(**more) -> HttpsConversation:
    return HttpsConversation(Target("a -> b", "10.0.0.2", 443, "https", **{"host": NAME, **more}))


def talk(client: Conversation, server: TlsServer, piece: int = 4096) -> None:
    """Carry bytes between both, in pieces, until the outcome is known or nothing moves."""
    data = client.opening
    while client.outcome is None and data:
        answer, data = server.take(data), b""
        while answer and client.outcome is None:
            data += client.receive(answer[:piece])
            answer = answer[piece:]


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    return PAIR.context(tmp_path)


@pytest.mark.parametrize("piece", [1, 100, 4096])
def test_handshake_and_request(context: ssl.SSLContext, piece: int) -> None:
    client, server = probe(path="/healthz"), TlsServer(context, OK)
    asked = []
    context.sni_callback = lambda _tls, name, _context: asked.append(name)
    talk(client, server, piece)
    assert client.outcome
    assert (client.outcome.state, client.status, asked) == ("open", 200, [NAME])
    expected = f"HTTP/1.1 200 by TLSv1.3, certificate of {NAME} by own CA, 89 days left"
    assert client.outcome.detail == expected
    assert server.heard.startswith(b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n")


@pytest.mark.parametrize(
    "statuses, state", [((), "open"), ((200, 302), "open"), ((204,), "wrong_status")]
)
def test_statuses(context: ssl.SSLContext, statuses: tuple[int, ...], state: str) -> None:
    client = probe(statuses=statuses)
    talk(client, TlsServer(context, OK))
    assert client.outcome and client.outcome.state == state


@pytest.mark.parametrize(
    "pair, host, ca, state, detail",
    [
        (PAIR, NAME, PAIR, "open", "HTTP/1.1 200 by TLS"),
        (PAIR, f"{NAME}:8443", PAIR, "open", "HTTP/1.1 200 by TLS"),
        (PAIR, "other.example", None, "open", "HTTP/1.1 200 by TLS"),
        (PAIR, "other.example", PAIR, "wrong_certificate", "certificate refused: Hostname mism"),
        (PAIR, NAME, OTHER, "wrong_certificate", "certificate refused: self-signed certificate"),
        (EXPIRED, NAME, None, "open", "HTTP/1.1 200 by TLSv1.3, certificate of shop.example by ow"),
        (EXPIRED, NAME, EXPIRED, "wrong_certificate", "certificate refused: certificate has expi"),
        (PAIR, "", PAIR, "open", "HTTP/1.1 200 by TLS"),  # no name to judge
    ],
)
def test_trust_and_name(tmp_path, pair, host, ca, state, detail) -> None:
    client = probe(host=host, ca=ca.certificate if ca else "")
    talk(client, TlsServer(pair.context(tmp_path), OK))
    assert client.outcome and client.outcome.state == state
    assert client.outcome.detail.replace("self signed", "self-signed").startswith(detail)


@pytest.mark.parametrize(
    "answer, state, detail",
    [
        (PLAIN, "wrong_protocol", "not TLS: b'HTTP/1.1 400 Bad Request"),
        (b"-ERR unknown\r\n", "wrong_protocol", "not TLS: b'-ERR"),
        (UNRECOGNIZED_NAME, "wrong_certificate", "no certificate for shop.example: refused by TLS"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "wrong_protocol", "TCP open, TLS fails: "),
        (b"\x16\x03\x03\x00\x04abcd", "wrong_protocol", "TCP open, TLS fails: "),
    ],
)
def test_what_is_no_handshake(answer: bytes, state: str, detail: str) -> None:
    client = probe()
    client.receive(answer)
    assert client.outcome and client.outcome.state == state
    assert client.outcome.detail.startswith(detail)


def test_server_that_says_no_more(context: ssl.SSLContext) -> None:
    client = probe()
    assert client.timed_out(2).detail == "TCP open, no TLS handshake in 2 s"
    talk(client, TlsServer(context, b""))
    assert client.outcome is None
    assert client.timed_out(2).detail.startswith(f"TLSv1.3, certificate of {NAME} by own CA")
    assert client.timed_out(2).detail.endswith(", no HTTP answer in 2 s")


def test_answer_that_is_not_http(context: ssl.SSLContext) -> None:
    client = probe()
    talk(client, TlsServer(context, b"SSH-2.0-abcde\r\n"))
    assert client.outcome and client.outcome.detail == "not HTTP: b'SSH-2.0-abcde\\r\\n'"


@pytest.mark.parametrize(
    "host, name",
    [
        ("", ""),
        (NAME, NAME),
        (f"{NAME}:8443", NAME),
        ("10.0.0.2:443", ""),
        ("[::1]:1", ""),
    ],
)
def test_server_name(host: str, name: str) -> None:
    assert server_name(host) == name
