# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
import time
import typing as t

import dns.asyncquery
import dns.flags
import dns.message
import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns import server as module
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.codec import Zone, member_name
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.server import Server
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from support.nginx import free_port

POOL = dns.message.make_query("_http._tcp.web.peerlb", "SRV", use_edns=False)
HOST = "127.0.0.1"


def zone(count: int = 2) -> Zone:
    """Return a zone whose pool web has so many members."""
    return Zone({("http", "web"): [Share("", HOST, 1 + each) for each in range(count)]})


@contextlib.asynccontextmanager
async def serving(count: int = 2, asked: t.Callable[[str, str], None] = lambda *_words: None):
    """Run a server for a pool with so many members; yield it and its port."""
    port = free_port()
    server = Server(port, asked)
    server.zone = zone(count)
    await server.start()
    try:
        yield server, port
    finally:
        await server.close()


def in_loop(test: t.Callable[..., t.Coroutine]) -> t.Callable[..., None]:
    """Return the test as a function that runs it in an event loop of its own."""

    def run(**fixtures) -> None:
        asyncio.run(asyncio.wait_for(test(**fixtures), 10))

    run.__name__ = test.__name__
    return run


async def by_udp(port: int, query=POOL):
    return await dns.asyncquery.udp(query, HOST, port=port, timeout=5)


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, port)


async def converse(reader, writer, query=POOL):
    """Ask once on a connection; return the answer."""
    wire = query.to_wire()
    writer.write(struct.pack("!H", len(wire)) + wire)
    (size,) = struct.unpack("!H", await reader.readexactly(2))
    return dns.message.from_wire(await reader.readexactly(size))


@in_loop
async def test_zone_is_replaced_by_assignment() -> None:
    async with serving() as (server, port):
        assert len((await by_udp(port)).answer[0]) == 2
        server.zone = zone(3)
        assert len((await by_udp(port)).answer[0]) == 3


@in_loop
async def test_large_answers_come_by_tcp_and_the_connection_is_kept() -> None:
    async with serving(500) as (_server, port):
        told = await by_udp(port)
        assert (bool(told.flags & dns.flags.TC), told.answer) == (True, [])
        reader, writer = await connect(port)
        for _each in range(3):
            assert len((await converse(reader, writer)).answer[0]) == 500
        writer.close()


@in_loop
async def test_questions_for_pools_are_reported_and_no_others() -> None:
    seen = []
    async with serving(asked=lambda *words: seen.append(words)) as (_server, port):
        await by_udp(port)
        await by_udp(port, dns.message.make_query(member_name(HOST, 80), "A"))
        await dns.asyncquery.tcp(POOL, HOST, port=port, timeout=5)
    assert seen == [("http", "web"), ("http", "web")]


@in_loop
async def test_an_error_of_the_function_that_is_told_costs_no_answer() -> None:
    def fail(*_words: str) -> None:
        raise ValueError

    asyncio.get_running_loop().set_exception_handler(lambda *_words: None)
    async with serving(asked=fail) as (_server, port):
        for _each in range(3):
            assert (await by_udp(port)).answer


@in_loop
async def test_rubbish_is_not_answered_and_harms_nobody() -> None:
    async with serving() as (_server, port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for rubbish in (b"", b"x", bytes(40), bytes(5000)):
                client.sendto(rubbish, (HOST, port))
            reader, writer = await connect(port)
            for rubbish in (b"\0\0", b"\0\5hello", b"\xff\xff" + bytes(65535)):
                reader, writer = await connect(port)
                writer.write(rubbish)
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""  # the connection was closed
                writer.close()
            assert (await by_udp(port)).answer
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["UDP", "TCP"])
def test_both_protocols_are_bound_or_none(kind) -> None:
    async def run(port: int) -> str:
        with pytest.raises(OSError) as caught:
            await Server(port, lambda *_words: None).start()
        assert caught.value.errno == errno.EADDRINUSE
        return str(caught.value)

    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        if kind == socket.SOCK_STREAM:
            taken.listen()
        name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        assert f"cannot listen at {HOST}:{port} by {name}:" in asyncio.run(run(port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:  # it is bound first
        free.bind((HOST, port))


@in_loop
async def test_port_is_free_after_close_and_can_be_bound_again() -> None:
    async with serving() as (server, port):
        reader, writer = await connect(port)
        await converse(reader, writer)
        await server.close()
        assert await reader.read() == b""
        await server.close()  # has no effect
        await server.start()
        assert (await by_udp(port)).answer
        writer.close()


def test_connections_are_bounded_in_number_and_idle_time(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.3)

    @in_loop
    async def run() -> None:
        async with serving() as (_server, port):
            held = [await connect(port) for _each in range(2)]
            for reader, writer in held:
                assert (await converse(reader, writer)).answer
            reader, writer = await connect(port)
            assert await reader.read() == b""
            writer.close()
            for reader, writer in held:  # idle for too long
                assert await reader.read() == b""
                writer.close()
            reader, writer = await connect(port)
            assert (await converse(reader, writer)).answer
            writer.close()

    run()


def test_a_burst_is_answered_in_parts_and_completely() -> None:
    """nginx asks for all members before it reads: no part may be larger than its buffer."""
    count, arrived = 1000, []

    async def run() -> float:
        async with serving() as (_server, port):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setblocking(False)
                client.connect((HOST, port))
                loop, began, done = asyncio.get_running_loop(), time.monotonic(), asyncio.Event()

                def read() -> None:
                    with contextlib.suppress(BlockingIOError):
                        while client.recv(4096):
                            arrived.append(time.monotonic() - began)
                    if len(arrived) == count:
                        done.set()

                loop.add_reader(client, read)
                for each in range(count):
                    name = member_name("10.0.0.1", 1 + each)
                    client.send(dns.message.make_query(name, "A").to_wire())
                await asyncio.wait_for(done.wait(), 5)
                loop.remove_reader(client)
                return time.monotonic() - began

    asyncio.run(run())
    least = (count / module.BURST - 1) * module.PAUSE
    assert least <= arrived[-1] - arrived[0]


@in_loop
async def test_single_questions_do_not_wait() -> None:
    async with serving() as (_server, port):
        times = []
        for _each in range(20):
            began = time.monotonic()
            await by_udp(port)
            times.append(time.monotonic() - began)
            await asyncio.sleep(module.PAUSE)
        assert sorted(times)[len(times) // 2] < module.PAUSE
