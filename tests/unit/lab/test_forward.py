# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The relay for a browser, on this machine's own loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import typing as t

import pytest
from ansible_collections.peerlb.stack.lab import forward, procs


async def ask(listener: socket.socket, text: bytes) -> bytes:
    """Send a text to the relay, say that it ends, and return all of the answer."""
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def relayed(port: int, *texts: bytes) -> list[bytes]:
    """Return the answers to texts that are sent at once through a relay to this port."""
    with forward.listen(0) as listener:
        relay = asyncio.create_task(forward.serve(listener, "127.0.0.1", port))
        answers = await asyncio.gather(*(ask(listener, text) for text in texts))
        relay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await relay
    return answers


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the whole text in capitals, after it has ended."""
    writer.write((await reader.read()).upper())
    await writer.drain()
    writer.close()


def test_each_connection_is_relayed_whole_both_ways() -> None:
    texts = [bytes([97 + number]) * 300_000 for number in range(5)]

    async def run() -> list[bytes]:
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        async with server:
            return await relayed(server.sockets[0].getsockname()[1], *texts)

    assert asyncio.run(run()) == [text.upper() for text in texts]


def test_browser_is_told_where_nothing_is_deployed() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (answer,) = asyncio.run(relayed(unused.getsockname()[1], b"GET / HTTP/1.1\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Is the stack deployed?" in answer


def test_port_that_is_taken_is_replaced_by_a_free_one() -> None:
    with forward.listen(0) as first:
        port = first.getsockname()[1]
        with forward.listen(port) as second:
            assert second.getsockname()[1] not in (0, port)
    with forward.listen(port) as again:
        assert again.getsockname() == ("127.0.0.1", port)


@pytest.mark.parametrize(("runs", "url"), [(True, "http://127.0.0.1:8080/"), (False, "")])
def test_address_is_known_while_the_relay_runs(tmp_path, monkeypatch, runs, url) -> None:
    monkeypatch.setattr(forward, "ADDRESS", tmp_path / "forward")
    monkeypatch.setattr(procs, "alive", lambda _name: runs)
    assert forward.url() == ""
    (tmp_path / "forward.http").write_text("127.0.0.1:8080")
    assert forward.url() == url
    assert forward.url("https") == ""
    (tmp_path / "forward.https").write_text("127.0.0.1:8443")
    assert forward.url("https") == url.replace("http://127.0.0.1:8080", "https://localhost:8443")


def test_relay_is_started_where_a_client_may_use_the_service(
    plan_of, tmp_path, monkeypatch
) -> None:
    started: list[t.Any] = []
    monkeypatch.setattr(forward, "ADDRESS", tmp_path / "forward")  # a lab may be up meanwhile
    monkeypatch.setattr(procs, "alive", lambda name: name in [each[0] for each in started])
    monkeypatch.setattr(procs, "start", lambda *given: started.append(given))
    monkeypatch.setattr(forward, "url", lambda _scheme: "http://…/")
    monkeypatch.setattr(forward, "wait_until", lambda done, seconds: True)
    forward.start(())
    assert started == []
    (way,) = plan_of().ways_in
    assert way == ("peerlb-client", "10.0.0.2", 80, "http")
    by_tls = way._replace(port=443, scheme="https")
    forward.start([way, by_tls])
    forward.start([way, by_tls])
    (_group, first, *_rest), (_other, second, *_rest) = started
    assert first[-4:] == ["peerlb-client", "10.0.0.2", "80", "http"]
    assert second[-4:] == ["peerlb-client", "10.0.0.2", "443", "https"]
    assert (
        plan_of(
            {
                "webapp": {"web1": "10.1.0.2"},
                "nginx_lb": {"lb1": "10.0.0.2"},
                "mysql": {"db1": "10.2.0.2"},
            }
        ).ways_in
        == ()
    )
