# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import (
    BLIND_LOGIN,
    Greeting,
    MysqlFormatError,
    Packet,
    ServerError,
    answer_login,
    no_password,
    parse_greeting,
    printable,
    take_packet,
)

# as MySQL 9.7.4 sent it
MYSQL = (
    b"\n9.7.4-2\x00\r\x00\x00\x00]q<b\x1bv\x1cS\x00\xff\xff\xff\x02\x00\xff\xdf\x15"
    + bytes(10)
    + b'u"'
    b"UA\x1aJX}I}\x0c\x18\x00caching_sha2_password\x00"
)
MARIADB = (
    b"\n5.5.5-10.11.6-MariaDB-0+deb12u1\x00\x05\x00\x00\x00abcdefgh\x00\xfe\xf7\x2d\x02\x00\xff\x81\x15"
    + bytes(10)
    + b"abcdefghijkl\x00mysql_native_password\x00"
)
LONG_SCRAMBLE = (
    b"\n9.9.9\x00\x05\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x29"
    + bytes(10)
    + b"x" * 32
    + b"\x00parsec\x00"
)
ANCIENT = (
    b"\n5.0.96\x00\x05\x00\x00\x00abcdefgh\x00\x2c\xa2\x08\x02\x00"
    + bytes(13)
    + b"abcdefghijkl\x00"
)


@pytest.mark.parametrize(
    "payload, product, plugin",
    [
        (MYSQL, "MySQL 9.7.4-2", "caching_sha2_password"),
        (MARIADB, "MariaDB 10.11.6-MariaDB-0+deb12u1", "mysql_native_password"),
        (LONG_SCRAMBLE, "MySQL 9.9.9", "parsec"),
        (ANCIENT, "MySQL 5.0.96", "mysql_native_password"),
    ],
)
def test_greeting(payload: bytes, product: str, plugin: str) -> None:
    greeting = parse_greeting(payload)
    assert isinstance(greeting, Greeting)
    assert (greeting.product, greeting.plugin) == (product, plugin)


@pytest.mark.parametrize(
    "payload, error",
    [
        (b"\xffi\x04Host 'x' is blocked", ServerError(1129, "Host 'x' is blocked")),
        (b"\xff\x10\x04Too many connections", ServerError(1040, "Too many connections")),
        (b"\xff\x10\x04#08004Too many connections", ServerError(1040, "Too many connections")),
        (b"\xff\x10\x04", ServerError(1040, "")),
    ],
)
def test_error_packet_instead_of_a_greeting(payload: bytes, error: ServerError) -> None:
    assert parse_greeting(payload) == error


@pytest.mark.parametrize("payload", [b"\x09old", b"\n", b"\n9.7.4\x00short", b"\xff\x10", b"x"])
def test_greeting_of_another_format_is_refused(payload: bytes) -> None:
    with pytest.raises(MysqlFormatError):
        parse_greeting(payload)


def test_login_is_a_complete_handshake_response() -> None:
    response = Greeting.parse(MYSQL).response()
    capabilities, _size, charset = struct.unpack("<IIB", response[:9])
    assert capabilities & 0x8A00 == 0x8200  # protocol 4.1 and long scrambles, but no TLS
    assert capabilities & 0x80000 and not capabilities & 0x8
    assert charset == 45
    assert response[9:32] == bytes(23)
    assert response[32:] == b"peerlb_probe\x00\x01\x00caching_sha2_password\x00"


def test_login_at_a_server_without_plugins() -> None:
    response = Greeting.parse(ANCIENT).response()
    assert not struct.unpack("<I", response[:4])[0] & 0x80000
    assert response[32:] == b"peerlb_probe\x00\x00"


def test_blind_login_is_the_second_packet_of_a_handshake() -> None:
    packet, rest = take_packet(BLIND_LOGIN)
    assert packet == Packet(1, Greeting("", "caching_sha2_password", 0xFFFFFFFF).response())
    assert rest == b""


def test_no_password_for_each_plugin() -> None:
    assert no_password("mysql_native_password") == b""
    assert no_password("caching_sha2_password") == no_password("sha256_password") == b"\0"


@pytest.mark.parametrize(
    "payload, answer",
    [
        (b"\xff\x15\x04#28000Access denied", ServerError(1045, "Access denied")),
        (b"\x00\x00\x00\x02\x00\x00\x00", None),
        (b"\xfesha256_password\x00scramble\x00", b"\0"),
        (b"\xfemysql_native_password\x00scramble\x00", b""),
        (b"\x01\x03", b""),
        (b"\x01\x04", b"\0"),
        (b"\x01-----BEGIN PUBLIC KEY-----", b"\0"),
    ],
)
def test_answer_to_a_login(payload: bytes, answer: object) -> None:
    assert answer_login(payload) == answer


def test_answer_to_a_login_of_another_format_is_refused() -> None:
    with pytest.raises(MysqlFormatError, match="no answer to a login: b'HTTP"):
        answer_login(b"HTTP/1.1 400 Bad Request")


def test_packet_is_taken_once_it_is_complete() -> None:
    stream = Packet(0, b"one").render() + Packet(1, b"three").render()
    assert take_packet(stream[:3]) == (None, stream[:3])
    assert take_packet(stream[:6]) == (None, stream[:6])
    first, rest = take_packet(stream)
    assert (first, take_packet(rest)) == (Packet(0, b"one"), (Packet(1, b"three"), b""))


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK", b"SSH-2.0-OpenSSH", b"\x00\x00\x00\x00"])
def test_impossible_packet_length_is_refused_at_once(raw: bytes) -> None:
    with pytest.raises(MysqlFormatError, match="impossible packet length"):
        take_packet(raw)


def test_reply_has_the_next_sequence_number() -> None:
    assert Packet(2, b"x").reply(b"\0") == b"\x01\x00\x00\x03\x00"
    assert Packet(255, b"x").reply(b"") == b"\x00\x00\x00\x00"


def test_text_of_a_server_is_made_printable() -> None:
    assert printable(b"a\x1b[31m\nb\xff") == "a.[31m.b\N{REPLACEMENT CHARACTER}"
    assert len(printable(b"x" * 1000)) == 120
