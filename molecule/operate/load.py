# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send HTTP requests at a steady rate, and count the answers and the lost requests.

    load.py http://10.0.0.2/status/200 --method POST --connections 16 --rate 600 --seconds 60

Most load tools repeat a request whose connection was closed, and so hide the loss. This one counts
a request without an answer as lost. "{id}" in the URL becomes a new id for each request. The time
of a request begins when the request is due, so that a stall counts for every request that it
delays. SIGTERM ends the load early. The result is one JSON object on stdout.

A server of HTTP/2 that goes away says up to which request it has taken them. A client sends a later
one again, as RFC 9113 says and as browsers do, for nobody has begun to serve it. "sent_again"
counts these.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import math
import signal
import ssl
import time
import typing as t
from dataclasses import dataclass, field
from urllib.parse import urlsplit

with contextlib.suppress(ImportError):  # only clients of HTTP/2 need them
    import hpack
    from hyperframe import frame as frames


CLOSED = "closed before the answer", "closed within the answer"


class Lost(Exception):
    """A request got no complete answer. The text says how it ended."""


@dataclass
class Tally:
    """The results of all requests.

    *seconds* has (when it was due after the start, how long it took, whether it failed) for each.
    """

    sent: int = 0
    statuses: collections.Counter[str] = field(default_factory=collections.Counter)
    lost: collections.Counter[str] = field(default_factory=collections.Counter)
    served_by: collections.Counter[str] = field(default_factory=collections.Counter)
    seconds: list[tuple[float, float, bool]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    sent_again: int = 0
    last: dict[str, float] = field(default_factory=dict)
    by_second: dict[int, collections.Counter[str]] = field(
        default_factory=lambda: collections.defaultdict(collections.Counter)
    )

    def report(self, ids: bool) -> dict[str, t.Any]:
        """Return the figures to print. With *ids*, they have each request's result by its id."""
        took = sorted(seconds for _due, seconds, _lost in self.seconds)
        bad = sum(count for status, count in self.statuses.items() if status[0] == "5")
        return {
            "sent": self.sent,
            "failed": bad + sum(self.lost.values()),
            "statuses": dict(self.statuses),
            "lost": dict(self.lost),
            "served_by": dict(self.served_by),
            "connections": self.connections,
            "sent_again": self.sent_again,
            **{f"p{share}_ms": milliseconds(took, share) for share in (50, 99, 100)},
            "worst_by_second": self._worst(),
            # When the last request that each member answered was due, and all answers by second.
            "last_sent": self.last,
            "by_second": self.by_second,
            **({"ids": self.ids} if ids else {}),
        }

    def _worst(self) -> dict[int, list[float]]:
        """Return [longest time in ms, failed requests] for each second with a time of 100 ms."""
        found: dict[int, list[float]] = {}
        for due, took, failed in self.seconds:
            entry = found.setdefault(int(due), [0.0, 0])
            entry[0] = max(entry[0], round(took * 1000, 1))
            entry[1] += failed
        return {second: entry for second, entry in sorted(found.items()) if max(entry) >= 100}


def milliseconds(ordered: list[float], share: int) -> float:
    """Return the percentile of ordered seconds, in milliseconds."""
    return round(ordered[math.ceil(len(ordered) * share / 100) - 1] * 1000, 2) if ordered else 0.0


class Client:
    """A client with one connection at a time. It connects again if the server closes."""

    def __init__(self, args: argparse.Namespace, number: int, tally: Tally) -> None:
        self.args, self.number, self.tally = args, number, tally
        url = urlsplit(args.url)
        self.tls = secure(args) if url.scheme == "https" else None
        self.where = (args.connect or url.hostname, url.port or (443 if self.tls else 80))
        self.name = url.hostname
        self.target = url.path + (f"?{url.query}" if url.query else "")
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def run(self, begun: float, stopped: asyncio.Event) -> None:
        """Send this client's share of the requests, each when it is due, until it is stopped."""
        interval = self.args.connections / self.args.rate
        requests = round(self.args.seconds / interval)
        for count in range(requests):
            due = begun + (count + self.number / self.args.connections) * interval
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if stopped.is_set():
                break
            await self._one(f"{self.args.ids}{self.number}-{count}", due, due - begun)
        self.close()

    async def _one(self, request_id: str, due: float, at: float) -> None:
        self.tally.sent += 1
        try:
            status, server = await asyncio.wait_for(self._ask(request_id), self.args.timeout)
        except (Lost, OSError, asyncio.TimeoutError) as exc:
            status = f"{type(exc).__name__}: {exc}"
            self.tally.lost[status] += 1
            self.close()
        else:
            self.tally.statuses[status] += 1
            self.tally.served_by[server] += 1
            self.tally.last[server] = round(at, 2)
            self.tally.by_second[int(at + time.monotonic() - due)][server] += 1
        self.tally.ids[request_id] = status
        failed = not status.isdigit() or status[0] == "5"
        self.tally.seconds.append((at, time.monotonic() - due, failed))

    async def _ask(self, request_id: str) -> tuple[str, str]:
        if self.writer is None or self.reader is None or self.reader.at_eof():
            reader, writer = await self.connect()
        else:
            reader, writer = self.reader, self.writer
        lines = [
            f"{self.args.method} {self.target.replace('{id}', request_id)} HTTP/1.1",
            f"Host: {self.args.host or self.name}",
            "Accept: application/json",
            *(["Content-Length: 0"] if self.args.method == "POST" else []),
            *(["Connection: close"] if self.args.close else []),
            *self.args.header,
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        return await self._answer(reader)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a new connection."""
        self.close()
        name = self.name if self.tls else None
        reader, writer = await asyncio.open_connection(
            *self.where, ssl=self.tls, server_hostname=name
        )
        self.reader, self.writer = reader, writer
        self.tally.connections += 1
        return reader, writer

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[str, str]:
        head = b""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").split("\r\n")
            fields = [line.lower().split(":", 1) for line in lines if ":" in line]
            headers = {name: value.strip() for name, value in fields}
            await reader.readexactly(int(headers.get("content-length", 0)))
        except asyncio.IncompleteReadError:
            raise Lost(CLOSED[bool(head)]) from None
        if headers.get("connection") == "close":
            self.close()
        return status.split()[1], headers.get("x-served-by", "")

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Refused(Exception):
    """The server goes away, and has not taken this request."""


class Http2Client(Client):
    """A client of HTTP/2 with one connection and one request at a time.

    It reads frames itself, because the library h2 ends a connection at once whose server goes away.
    """

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a new connection, and begin to speak HTTP/2."""
        reader, writer = await super().connect()
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.stream = -1
        self.taken = math.inf  # the last request that the server has taken, if it goes away
        settings = frames.SettingsFrame(0, settings={frames.SettingsFrame.ENABLE_PUSH: 0})
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings.serialize())
        return reader, writer

    async def _ask(self, request_id: str) -> tuple[str, str]:
        while True:
            if self.reader is None or self.writer is None or self.taken < math.inf:
                await self.connect()
            try:
                return await self._converse(request_id)
            except Refused:
                self.tally.sent_again += 1
                self.close()

    async def _converse(self, request_id: str) -> tuple[str, str]:
        self.stream += 2
        fields = [
            (":method", self.args.method),
            (":path", self.target.replace("{id}", request_id)),
            (":scheme", "https"),
            (":authority", self.args.host or self.name),
            ("accept", "application/json"),
        ]
        flags = ["END_HEADERS", "END_STREAM"]
        head = frames.HeadersFrame(self.stream, self.encoder.encode(fields), flags=flags)
        self._send(head)
        found: dict[str, str] = {}
        while True:
            frame = await self._frame(bool(found))
            if isinstance(frame, frames.GoAwayFrame):
                self.taken = frame.last_stream_id
                if self.stream > self.taken:
                    raise Refused
            elif isinstance(frame, frames.RstStreamFrame):
                raise Lost(f"reset with {frame.error_code}")
            elif isinstance(frame, frames.HeadersFrame):
                found = {str(name): str(value) for name, value in self.decoder.decode(frame.data)}
            if frame.stream_id == self.stream and "END_STREAM" in frame.flags:
                return found[":status"], found.get("x-served-by", "")

    async def _frame(self, begun: bool) -> frames.Frame:
        """Return the next frame, and answer those that want an answer."""
        if self.reader is None:
            raise Lost(CLOSED[begun])
        try:
            frame, length = frames.Frame.parse_frame_header(
                memoryview(await self.reader.readexactly(9))
            )
            frame.parse_body(memoryview(await self.reader.readexactly(length)))
        except asyncio.IncompleteReadError:
            raise Lost(CLOSED[begun]) from None
        if isinstance(frame, frames.SettingsFrame) and "ACK" not in frame.flags:
            self._send(frames.SettingsFrame(0, flags=["ACK"]))
        elif isinstance(frame, frames.DataFrame) and length:
            self._send(frames.WindowUpdateFrame(0, window_increment=length))
        return frame

    def _send(self, frame: frames.Frame) -> None:
        if self.writer is not None:
            self.writer.write(frame.serialize())


def secure(args: argparse.Namespace) -> ssl.SSLContext:
    """Return how a client trusts the server, and which version of HTTP it wants."""
    context = ssl.create_default_context(cafile=args.ca)
    context.set_alpn_protocols(["h2"] if args.http2 else ["http/1.1"])
    return context


async def load(args: argparse.Namespace) -> Tally:
    """Return the results of all clients."""
    tally = Tally()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    begun = time.monotonic() + 0.1
    kind = Http2Client if args.http2 else Client
    clients = [kind(args, number, tally) for number in range(args.connections)]
    await asyncio.gather(*(client.run(begun, stopped) for client in clients))
    return tally


def main() -> None:
    """Run the load of the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--method", choices=["GET", "POST"], default="GET")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--rate", type=float, default=100, help="requests each second, of all connections"
    )
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--timeout", type=float, default=65, help="seconds to wait for an answer")
    parser.add_argument("--close", type=bool, default=False, help="a connection for each request")
    parser.add_argument("--host", default="", help="the Host header; the URL's host if not given")
    parser.add_argument(
        "--connect", default="", help="where to connect; the URL's host if not given"
    )
    parser.add_argument("--ca", help="a file with the CA to trust")
    parser.add_argument("--http2", action="store_true", help="speak HTTP/2, over TLS")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--ids", default="", help="a prefix for ids; prints each one's result")
    args = parser.parse_args()
    print(json.dumps(asyncio.run(load(args)).report(bool(args.ids))))


if __name__ == "__main__":
    main()
