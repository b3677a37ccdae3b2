# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import struct
import threading
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe import sweep
from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import BLIND_LOGIN, Packet
from ansible_collections.peerlb.stack.plugins.module_utils._probe.sweep import probe_all
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import (
    Outcome,
    ProbeError,
    Target,
)
from support.mysql_packets import GREETING, SWITCH

LOCAL = "127.0.0.1"
AMPLE = 8.0  # seconds; a probe that gets an answer must not depend on how busy the machine is
SHORT = 0.3  # seconds; for a probe that gets no answer

DENIED = Packet(4, b"\xff\x15\x04#28000Access denied").render()
BLOCKED = Packet(0, b"\xffi\x04Host '127.0.0.1' is blocked").render()

Handler = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]


@pytest.fixture
def serve() -> t.Iterator[t.Callable[[Handler], int]]:
    """Return a function that serves a handler on a thread of its own and returns the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers = []

    def start(handler: Handler) -> int:
        async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await handler(reader, writer)
            writer.close()

        starting = asyncio.start_server(closing, LOCAL, 0, backlog=2048)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result(AMPLE)
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    for server in servers:
        server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))  # lets them close their connections
    loop.close()


class Crowd:
    """A server that counts its connections: all of them, and the most at the same time."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n", stay: float = 0.02) -> None:
        self.answer, self.stay = answer, stay
        self.now = self.peak = self.total = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.total += 1
        self.peak = max(self.peak, self.now)
        await asyncio.sleep(self.stay)
        self.now -= 1
        writer.write(self.answer)


def says(*words: bytes) -> Handler:
    """Return a handler that sends the words, waits for an answer between them, and closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for index, word in enumerate(words):
            if index:
                await reader.read(4096)
            writer.write(word)

    return handler


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def probe(port: int, protocol: str, timeout: float = AMPLE) -> Outcome:
    (result,) = probe_all([Target("here", LOCAL, port, protocol)], timeout, 1)
    return result.outcome


def test_tcp_open(serve) -> None:
    assert probe(serve(silent), "tcp") == Outcome("open", True, "connected")


@pytest.mark.parametrize("protocol", ["tcp", "http", "mysql"])
def test_refused(protocol: str) -> None:
    with (
        socket.socket() as taken
    ):  # Bound, so that no other process listens there, but not listening
        taken.bind((LOCAL, 0))
        port = taken.getsockname()[1]
        assert probe(port, protocol) == Outcome("refused", False, "Connection refused")


def test_connection_times_out() -> None:
    with socket.socket() as full, socket.socket() as filler:
        full.bind((LOCAL, 0))
        full.listen(0)
        filler.connect(full.getsockname())  # The queue has no room for another connection
        found = probe(full.getsockname()[1], "tcp", SHORT)
    assert found == Outcome("timeout", False, "no answer to the connection in 0.3 s")


@pytest.mark.parametrize(
    "handler, protocol, state, detail",
    [
        (says(b"HTTP/1.1 404 Not Found\r\n\r\n"), "http", "open", "HTTP/1.1 404"),
        (says(GREETING), "http", "wrong_protocol", "not HTTP"),
        (says(), "http", "wrong_protocol", "connection"),  # Closed or reset: both happen
        (reset, "http", "wrong_protocol", "connection reset before the HTTP answer"),
        (
            says(GREETING, SWITCH, DENIED),
            "mysql",
            "open",
            "MySQL 9.7.4 greeting, access denied as expected",
        ),
        (says(BLOCKED), "mysql", "blocked", "MySQL error 1129: Host '127.0.0.1' is blocked"),
        (says(b"SSH-2.0-OpenSSH\r\n"), "mysql", "wrong_protocol", "not MySQL"),
        (
            says(),
            "mysql",
            "wrong_protocol",
            "connection closed before the MySQL greeting: is the server behind the proxy up?",
        ),
        (says(GREETING, b""), "mysql", "wrong_protocol", "connection"),
    ],
)
def test_outcome_of_an_answer(
    serve, handler: Handler, protocol: str, state: str, detail: str
) -> None:
    found = probe(serve(handler), protocol)
    assert (found.state, found.connected) == (state, True)
    assert found.detail.startswith(detail)


@pytest.mark.parametrize(
    "protocol, awaited", [("http", "HTTP answer"), ("mysql", "MySQL greeting")]
)
def test_silent_server_times_out(serve, protocol: str, awaited: str) -> None:
    found = probe(serve(silent), protocol, SHORT)
    assert found == Outcome("timeout", True, f"TCP open, no {awaited} in 0.3 s")


def test_timeout_covers_the_whole_probe(serve) -> None:
    said: list[int] = []

    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in GREETING:
            writer.write(bytes([byte]))
            said.append(byte)
            await asyncio.sleep(SHORT / 3)

    assert probe(serve(dripping), "mysql", SHORT).state == "timeout"
    assert 0 < len(said) < len(GREETING)


@pytest.mark.parametrize(
    "greeting, heard",
    [(b"", BLIND_LOGIN), (GREETING, BLIND_LOGIN[:3] + b"\x01")],
    ids=["no greeting", "a greeting"],
)
def test_mysql_probe_that_times_out_has_sent_a_login(serve, greeting: bytes, heard: bytes) -> None:
    """A server that is slow to greet counts the handshake as cut short unless it finds a login."""
    said: list[bytes] = []
    gone = threading.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        said.append(await reader.read())
        gone.set()

    assert probe(serve(slow), "mysql", SHORT).state == "timeout"
    assert gone.wait(AMPLE)
    assert said[0].startswith(heard) and said[0].count(b"peerlb_probe") == 1


def test_mysql_probe_reads_the_refusal_to_its_end(serve) -> None:
    said: list[bytes] = []
    gone = threading.Event()

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for word in (GREETING, SWITCH):
            writer.write(word)
            said.append(await reader.read(4096))
        writer.write(DENIED)
        said.append(await reader.read())
        gone.set()

    assert probe(serve(server), "mysql").state == "open"
    assert gone.wait(AMPLE)
    assert (said[1], said[2]) == (b"\x01\x00\x00\x03\x00", b"")


def test_results_keep_the_order_of_the_targets(serve) -> None:
    ports = [
        serve(Crowd(f"HTTP/1.1 {code} x".encode(), stay))
        for code, stay in ((201, 0.2), (202, 0.1), (203, 0.0))
    ]
    targets = [Target(str(index), LOCAL, port, "http") for index, port in enumerate(ports)]
    results = probe_all(targets, AMPLE, 10)
    assert [result.target for result in results] == targets
    assert [result.outcome.detail[-3:] for result in results] == ["201", "202", "203"]
    assert results[0].latency_ms >= 200


def test_a_thousand_targets_with_bounded_concurrency(serve) -> None:
    crowd = Crowd(stay=0.02)
    port = serve(crowd)
    targets = [Target(str(index), LOCAL, port, "http") for index in range(1000)]
    results = probe_all(targets, AMPLE, 50)
    assert [result.target for result in results] == targets
    assert all(result.ok for result in results)
    assert crowd.total == 1000
    assert 10 < crowd.peak <= 50


def test_a_thousand_silent_targets_time_out_together(serve) -> None:
    crowd = Crowd(stay=10 * SHORT)
    port = serve(crowd)
    targets = [Target(str(index), LOCAL, port, "http") for index in range(1000)]
    results = probe_all(targets, SHORT, 200)
    assert {result.outcome.state for result in results} == {"timeout"}
    assert crowd.peak > 100


def test_mysql_server_gets_eight_probes_at_a_time(serve) -> None:
    first, second = Crowd(BLOCKED), Crowd(BLOCKED)
    ports = [serve(first), serve(second)]
    targets = [Target("x", LOCAL, ports[index % 2], "mysql") for index in range(64)]
    results = probe_all(targets, AMPLE, 64)
    assert {result.outcome.state for result in results} == {"blocked"}
    assert (first.total, second.total) == (32, 32)
    assert 1 < first.peak <= 8 and 1 < second.peak <= 8


def test_no_targets() -> None:
    assert probe_all([], AMPLE, 200) == []


@pytest.mark.parametrize(
    "soft, wanted, given",
    [(1024, 200, 200), (100, 200, 68), (10, 200, 1), (resource.RLIM_INFINITY, 5000, 5000)],
)
def test_open_files_limit_the_concurrency(monkeypatch, soft: int, wanted: int, given: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (soft, resource.RLIM_INFINITY))
    assert sweep._affordable(wanted) == given


def test_no_free_socket_is_an_error_and_no_outcome(monkeypatch) -> None:
    async def refuse(*_args: object) -> t.NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(asyncio, "open_connection", refuse)
    with pytest.raises(ProbeError, match="'here' could not be probed from here: .*open files"):
        probe(1, "tcp")
