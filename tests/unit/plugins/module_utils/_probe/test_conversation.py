# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.conversation import (
    Conversation,
    HttpConversation,
)
from ansible_collections.peerlb.stack.plugins.module_utils._probe.conversations import start
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import BLIND_LOGIN, Packet
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import Outcome, Target
from support.mysql_packets import GREETING, SWITCH


def error(sequence: int, code: int, text: bytes, state: bytes = b"") -> bytes:
    return Packet(sequence, b"\xff" + code.to_bytes(2, "little") + state + text).render()


def conversation(protocol: str, path: str = "/", **more) -> Conversation:
    return start(Target("a -> b", "10.1.0.2", 3000, protocol, path=path, **more))


def test_tcp_needs_only_a_connection() -> None:
    assert conversation("tcp").outcome == Outcome("open", True, "connected")
    assert conversation("tcp").opening == b""


def test_http_request() -> None:
    request = conversation("http", "/healthz").opening
    assert request.startswith(b"GET /healthz HTTP/1.1\r\nHost: 10.1.0.2:3000\r\n")
    assert b"\r\nConnection: close\r\n" in request
    assert request.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "answer, state, detail",
    [
        (b"HTTP/1.1 200 OK\r\n", "open", "HTTP/1.1 200"),
        (b"HTTP/1.0 502", "open", "HTTP/1.0 502"),
        (b"HTTP/1.1 2000 OK", "open", "HTTP/1.1 200"),
        (b"HTTP/1.1 OK 200\r\n", "wrong_protocol", "not HTTP: b'HTTP/1.1 OK 200\\r\\n'"),
        (b"SSH-2.0-x\r\n", "wrong_protocol", "not HTTP: b'SSH-2.0-x\\r\\n'"),
        (b"\x00", "wrong_protocol", "not HTTP: b'\\x00'"),
    ],
)
def test_http_answer(answer: bytes, state: str, detail: str) -> None:
    probe = conversation("http")
    assert probe.receive(answer) == b""
    assert probe.outcome == Outcome(state, True, detail)


def test_http_request_by_name() -> None:
    request = conversation("http", host="shop.example").opening
    assert request.startswith(b"GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: ")
    assert b"10.1.0.2" not in request


@pytest.mark.parametrize(
    "answer, state, detail",
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /install\r\n", "open", "HTTP/1.1 302"),
        (b"HTTP/1.0 200", "open", "HTTP/1.0 200"),
        (b"HTTP/1.1 400 Bad", "wrong_status", "HTTP/1.1 400, good would be 200, 302"),
        (b"HTTP/1.1 503", "wrong_status", "HTTP/1.1 503, good would be 200, 302"),
        (b"SSH-2.0-xyzz\r\n", "wrong_protocol", "not HTTP: b'SSH-2.0-xyzz\\r\\n'"),
    ],
)
def test_http_answer_is_one_of_the_good_ones(answer: bytes, state: str, detail: str) -> None:
    probe = conversation("http", statuses=(200, 302))
    probe.receive(answer)
    assert probe.outcome == Outcome(state, True, detail)


def test_http_status_line_may_come_byte_by_byte() -> None:
    probe = conversation("http")
    for byte in b"HTTP/1.1 20":
        probe.receive(bytes([byte]))
        assert probe.outcome is None
    probe.receive(b"4")
    assert probe.outcome == Outcome("open", True, "HTTP/1.1 204")


def test_mysql_handshake_goes_on_to_the_refusal() -> None:
    probe = conversation("mysql")
    login = probe.receive(GREETING)
    assert login[3] == 1 and b"peerlb_probe" in login
    assert probe.receive(SWITCH) == b"\x01\x00\x00\x03\x00"
    assert probe.outcome is None
    assert probe.receive(error(4, 1045, b"Access denied", b"#28000")) == b""
    assert probe.outcome == Outcome("open", True, "MySQL 9.7.4 greeting, access denied as expected")


@pytest.mark.parametrize("size", [1, 3, 7, 4096])
def test_mysql_packets_may_come_in_pieces(size: int) -> None:
    stream = GREETING + SWITCH + error(4, 1045, b"no", b"#28000")
    probe = conversation("mysql")
    sent = b"".join(probe.receive(stream[at : at + size]) for at in range(0, len(stream), size))
    assert sent.count(b"peerlb_probe") == 1
    assert probe.outcome and probe.outcome.state == "open"


def test_mysql_answers_a_request_for_full_authentication() -> None:
    probe = conversation("mysql")
    probe.receive(GREETING)
    assert probe.receive(Packet(2, b"\x01\x03").render()) == b""
    assert probe.receive(Packet(3, b"\x01\x04").render()) == b"\x01\x00\x00\x04\x00"
    assert probe.outcome is None


@pytest.mark.parametrize(
    "answers, sent, state, detail",
    [
        ([error(0, 1129, b"Host 'x' is blocked")], b"", "blocked", "MySQL error 1129: Host 'x' is"),
        ([error(0, 1040, b"Too many")], b"", "open", "MySQL error 1040: Too many"),
        ([error(0, 1130, b"Host not allowed")], b"", "open", "MySQL error 1130: Host not"),
        (
            [GREETING, error(2, 3159, b"Insecure", b"#HY000")],
            b"",
            "open",
            "MySQL 9.7.4 greeting, MySQL error 3159: Insecure",
        ),
        (
            [GREETING, Packet(2, b"\x00\x00\x00\x02\x00\x00\x00").render()],
            b"\x01\x00\x00\x00\x01",  # COM_QUIT
            "open",
            "MySQL 9.7.4 greeting, login accepted without a password",
        ),
        (
            [b"SSH-2.0-OpenSSH\r\n"],
            b"",
            "wrong_protocol",
            "not MySQL: impossible packet length: b'S",
        ),
        (
            [Packet(0, b"\x09old").render()],
            b"",
            "wrong_protocol",
            "not MySQL: no greeting of protocol",
        ),
        (
            [GREETING, Packet(2, b"?").render()],
            b"",
            "wrong_protocol",
            "not MySQL: no answer to a login",
        ),
    ],
)
def test_mysql_outcome(answers: list[bytes], sent: bytes, state: str, detail: str) -> None:
    probe = conversation("mysql")
    replies = [probe.receive(answer) for answer in answers]
    assert replies[-1] == sent
    assert probe.outcome is not None
    assert (probe.outcome.state, probe.outcome.connected) == (state, True)
    assert probe.outcome.detail.startswith(detail)


def test_mysql_sends_the_blind_login_unless_it_has_logged_in() -> None:
    probe = conversation("mysql")
    assert probe.parting == BLIND_LOGIN
    assert probe.timed_out(2.0) == Outcome("timeout", True, "TCP open, no MySQL greeting in 2 s")
    probe.receive(GREETING)
    assert probe.parting == b""
    assert probe.timed_out(0.5).detail == ("MySQL 9.7.4 greeting, no answer to the login in 0.5 s")


@pytest.mark.parametrize(
    "protocol, awaited", [("http", "HTTP answer"), ("mysql", "MySQL greeting")]
)
def test_connection_cut_off_without_an_answer_hints_at_the_proxy(
    protocol: str, awaited: str
) -> None:
    assert conversation(protocol).cut_off("closed") == Outcome(
        "wrong_protocol",
        True,
        f"connection closed before the {awaited}: is the server behind the proxy up?",
    )


def test_connection_cut_off_after_an_answer_does_not_hint_at_the_proxy() -> None:
    probe = conversation("mysql")
    probe.receive(GREETING)
    assert probe.cut_off("reset").detail == "connection reset before the answer to the login"


def test_http_probe_may_say_another_name_and_keeps_the_status() -> None:
    probe = HttpConversation(Target("a", "10.1.0.2", 3000, "http"), "peerlb-health")
    assert b"\r\nUser-Agent: peerlb-health\r\n" in probe.opening
    assert b"\r\nUser-Agent: peerlb_probe\r\n" in conversation("http").opening
    probe.receive(b"HTTP/1.1 503 ")
    assert probe.status == 503


@pytest.mark.parametrize(
    "answers, complaint",
    [
        ([error(0, 1040, b"Too many connections")], "MySQL error 1040: Too many connections"),
        ([error(0, 1129, b"Host is blocked")], "MySQL error 1129: Host is blocked"),
        ([GREETING, error(2, 1045, b"Access denied", b"#28000")], ""),
        ([GREETING, error(2, 3159, b"Insecure", b"#HY000")], ""),
        ([GREETING, error(2, 1053, b"Shutdown", b"#08S01")], "MySQL error 1053: Shutdown"),
    ],
)
def test_mysql_complains_of_a_server_that_takes_no_login(
    answers: list[bytes], complaint: str
) -> None:
    probe = conversation("mysql")
    for answer in answers:
        probe.receive(answer)
    assert probe.complaint == complaint
