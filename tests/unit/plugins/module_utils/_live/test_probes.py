# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import struct
import time
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live import probes
from ansible_collections.peerlb.stack.plugins.module_utils._live.probes import UNPROBED, probe
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.health import Health
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import BLIND_LOGIN, Packet
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql_role import Account
from support.mysql_packets import GREETING

LOCAL = "127.0.0.1"
DENIED = Packet(2, b"\xff\x15\x04#28000Access denied").render()
TOO_MANY = Packet(0, b"\xff\x10\x04Too many connections").render()
AMPLE, SHORT = "8s", "200ms"

Handler = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]


class Member:
    """A server that sends its words one after the other, and waits for the client between them.

    heard: all that the clients sent. last: what it does after its words: "close", "reset", "hang".
    """

    def __init__(self, *words: bytes, greets: bool = False, last: str = "close") -> None:
        self.words, self.greets, self.last = words, greets, last
        self.heard = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for index, word in enumerate(self.words):
            if index or not self.greets:
                self.heard += await reader.read(4096)
            writer.write(word)
        if self.last == "hang":
            self.heard += await reader.read()
        elif self.last == "reset":
            self.heard += await reader.read(4096)
            linger = struct.pack("ii", 1, 0)
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()


def ask(member: Handler, timeout: str = AMPLE, **settings: t.Any) -> str:
    """Probe a member once; a socket that the probe leaves open fails the test."""

    async def run() -> str:
        server = await asyncio.start_server(member, LOCAL, 0)
        port = server.sockets[0].getsockname()[1]
        why = await probe(Health(timeout=timeout, **settings), LOCAL, port)
        await asyncio.sleep(0.05)  # the member reads the last words
        server.close()
        return why

    found = asyncio.run(run())
    gc.collect()  # an open socket says so as it is collected
    return found


def http(status: int) -> Member:
    return Member(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\n\r\nok".encode())


pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize(
    "status, expect, why",
    [
        (200, (), ""),
        (404, (), ""),
        (503, (), "answers 503, good would be below 500"),
        (503, (503,), ""),
        (503, (200, 204), "answers HTTP/1.1 503, good would be 200, 204"),
        (302, (200,), "answers HTTP/1.1 302, good would be 200"),
    ],
)
def test_http_status(status: int, expect: tuple[int, ...], why: str) -> None:
    assert ask(http(status), type="http", expect=expect) == why


def test_http_request_is_that_of_the_health_check() -> None:
    member = http(200)
    assert ask(member, type="http", path="/healthz", host="shop.example") == ""
    assert member.heard == (
        b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n"
        b"User-Agent: peerlb-health\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    "kind, member, why",
    [
        ("tcp", Member(last="hang"), ""),
        ("mysql", Member(GREETING, DENIED, greets=True), ""),
        ("mysql", Member(TOO_MANY, greets=True), "MySQL error 1040: Too many connections"),
        ("redis", Member(b"+PONG\r\n"), ""),
        ("redis", Member(b"-LOADING wait\r\n"), "answers LOADING wait"),
        ("http", Member(b"SSH-2.0-x\r\n"), "not HTTP: b'SSH-2.0-x\\r\\n'"),
        ("http", Member(last="reset"), "resets the connection before the HTTP answer"),
        ("redis", Member(b""), "closes the connection before the Redis answer"),
    ],
)
def test_member_of_each_type(kind: str, member: Member, why: str) -> None:
    assert ask(member, type=kind) == why


def test_redis_that_takes_writes() -> None:
    role = b"+PONG\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
    assert ask(Member(role), type="redis", writes=True) == ""
    replica = role.replace(b"$6\r\nmaster", b"$5\r\nslave")
    assert ask(Member(replica), type="redis", writes=True) == "is a replica"


@pytest.mark.parametrize(
    "kind, awaited",
    [("http", "HTTP answer"), ("mysql", "MySQL greeting"), ("redis", "Redis answer")],
)
def test_member_that_hangs(kind: str, awaited: str) -> None:
    begin = time.monotonic()
    assert ask(Member(last="hang"), SHORT, type=kind) == f"sends no {awaited} in 0.2 s"
    assert time.monotonic() - begin < 2


def test_mysql_finds_a_login_although_the_probe_has_given_up() -> None:
    member = Member(last="hang")
    ask(member, SHORT, type="mysql")
    assert member.heard == BLIND_LOGIN


def test_stopped_probe_leaves_a_login_too() -> None:
    member = Member(last="hang")

    async def run() -> None:
        server = await asyncio.start_server(member, LOCAL, 0)
        port = server.sockets[0].getsockname()[1]
        task = asyncio.ensure_future(probe(Health(type="mysql", timeout=AMPLE), LOCAL, port))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.05)
        server.close()

    asyncio.run(run())
    assert member.heard == BLIND_LOGIN


def test_member_that_refuses() -> None:
    with socket.socket() as taken:  # bound, so that no other process listens there
        taken.bind((LOCAL, 0))
        port = taken.getsockname()[1]
        assert asyncio.run(probe(Health(), LOCAL, port)) == "refuses connections"


def test_member_that_accepts_no_connection() -> None:
    with socket.socket() as full, socket.socket() as filler:
        full.bind((LOCAL, 0))
        full.listen(0)
        filler.connect(full.getsockname())  # the queue has no room for another connection
        port = full.getsockname()[1]
        found = asyncio.run(probe(Health(type="mysql", timeout=SHORT), LOCAL, port))
    assert found == "does not answer in 0.2 s"


@pytest.mark.parametrize(
    "code, why",
    [
        (errno.EMFILE, f"{UNPROBED}: {os.strerror(errno.EMFILE)}"),
        (errno.EHOSTUNREACH, f"cannot be reached: {os.strerror(errno.EHOSTUNREACH)}"),
        (errno.ECONNABORTED, "does not answer"),
    ],
)
def test_errors_of_this_host_are_told_from_those_of_the_member(
    monkeypatch: pytest.MonkeyPatch, code: int, why: str
) -> None:
    async def fail(*_arguments: t.Any) -> str:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(probes, "_talk", fail)
    assert asyncio.run(probe(Health(), LOCAL, 1)) == why


def test_member_without_a_health_check_is_good() -> None:
    assert asyncio.run(probe(Health(type="none"), LOCAL, 1)) == ""


def test_mysql_that_takes_writes_is_asked_by_an_account() -> None:
    why = ask(Member(GREETING, greets=True), type="mysql", writes=True)
    assert why == "cannot be asked whether it takes writes: there is no account for that"
    plain = GREETING.replace(b"\xff\xff\xff\x02", b"\xff\xf7\xff\x02")

    async def run() -> str:
        server = await asyncio.start_server(Member(plain, greets=True), LOCAL, 0)
        port = server.sockets[0].getsockname()[1]
        health = Health(type="mysql", writes=True, timeout=AMPLE)
        why = await probe(health, LOCAL, port, Account("health", "secret"))
        server.close()
        return why

    assert asyncio.run(run()) == "offers no TLS, so its role cannot be asked"
