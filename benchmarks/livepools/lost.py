# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether requests are lost while the answer changes each second: nginx#1656."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import threading
import time
import typing as t
from collections import Counter
from pathlib import Path

from . import stage
from .stage import Nginx, Unit, free_port, say

WORKERS, CONNECTIONS, THREADS = 8, 192, 2
DELAY_MILLISECONDS = 40  # of each connection between two requests
BODY_BYTES = 1000
# The members m1 to m6 with their weights, which alternate: m1 is in the first answer alone, and m6
# in the second.
WEIGHTS = ((30, 10, 30, 30, 30, 0), (0, 30, 10, 30, 30, 30))
FICKLE = "127.1.0.99"  # the member that takes no connections part of the time, of weight 1
TAKES_SECONDS, REFUSES_SECONDS = 3.0, 2.0
SCRIPT = """\
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init() count = 0; body = string.rep("x", %d) end
function request()
    count = count + 1
    return wrk.format("POST", "/", {["X-Id"] = count * %d + number}, body)
end
function delay() return %d end
function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"answered": %%d, "seconds": %%f, "p50": %%f, "p99": %%f, "max": %%f, "lost": %%d}',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""
MEMBERS = """\
log_format member '$http_x_id $msec $server_addr';
log_format front '$status|$upstream_addr|$upstream_status';
map "$status $upstream_addr" $told {{ "~(^[45]|[ ]web( |$))" 1; default 0; }}
server {{ {listens} access_log {home}/members.log member buffer=64k flush=1s; return 200; }}
"""


class Fickle:
    """A member that takes one connection for each request, and none part of the time.

    Nothing is sent to it meanwhile: nginx waits for the connection, and then asks the next member.
    """

    def __init__(self, port: int) -> None:
        self.ids: list[int] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        self._listener.bind((FICKLE, port))
        self._listener.listen(1)
        self._answers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Take connections, and take none, in turn, until the task is cancelled."""
        loop = asyncio.get_running_loop()
        with self._listener:
            while True:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._accept(loop), TAKES_SECONDS)
                await asyncio.sleep(REFUSES_SECONDS)

    async def _accept(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            connection, _address = await loop.sock_accept(self._listener)
            task = loop.create_task(self._answer(connection))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        with contextlib.closing(writer), contextlib.suppress(OSError, EOFError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await reader.readexactly(BODY_BYTES)
            self.ids.append(int(re.findall(r"(?i)x-id: (\d+)", head)[0]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()


def measure(home: Path, seconds: float) -> None:
    """Send POSTs for so long, and say what became of them."""
    port, front = free_port(), f"127.0.0.1:{free_port()}"
    members = [f"127.1.0.{number}:{port}" for number in range(1, 7)]
    unit, fickle = Unit(), Fickle(port)
    nginx = Nginx(
        home,
        WORKERS,
        {front: stage.pool("web", [*members, f"{FICKLE}:{port}"])},
        unit_port=unit.port,
        http=MEMBERS.format(home=home, listens="".join(f"listen {m} reuseport;" for m in members)),
        log=f"{home}/front.log front buffer=64k flush=1s if=$told",
    )
    answers = [
        {"web": stage.shares([*members, f"{FICKLE}:{port}"], [*weights, 1])} for weights in WEIGHTS
    ]
    with unit.running():
        unit.tell(answers[0])
        asyncio.run_coroutine_threadsafe(fickle.run(), unit.loop)
        with nginx.running(front):
            time.sleep(3)  # nginx has asked, and the zones are filled
            told = load(home, front, seconds, unit, answers)
            time.sleep(3)  # what waits at a member is answered, and the logs are written
    show(home, told, unit, fickle.ids)


def load(
    home: Path, front: str, seconds: float, unit: Unit, answers: t.Sequence[t.Any]
) -> dict[str, float]:
    """Send requests while the answer changes each second; return what wrk tells."""
    (home / "wrk.lua").write_text(SCRIPT % (BODY_BYTES, THREADS, DELAY_MILLISECONDS))
    ended = threading.Event()
    unit.forget()

    def change() -> None:
        number = 0
        while not ended.wait(1):
            number += 1
            unit.tell(answers[number % 2])

    changing = threading.Thread(target=change)
    changing.start()
    try:
        words = [f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "10s"]
        printed = stage.wrk(*words, "-s", home / "wrk.lua", f"http://{front}/")
    finally:
        ended.set()
        changing.join()
    unit.count()
    return json.loads(re.findall(r"^\{.*\}", printed, re.MULTILINE)[0])


def show(home: Path, told: dict[str, float], unit: Unit, ids: t.Iterable[int]) -> None:
    """Say what became of the requests."""
    seen, twice, members, switches = executed(home / "members.log", ids)
    first, later, bad = holes(home / "front.log")
    say(f"POSTs in {told['seconds']:.0f} s, {WORKERS} workers",
        f"{told['answered']:,.0f}, {told['answered'] / told['seconds']:,.0f} a second")  # fmt: skip
    say("latency p50, p99, most", ", ".join(f"{told[k]:.1f} ms" for k in ("p50", "p99", "max")))
    say("changes of the answer, taken by nginx", f"{unit.changes}, {unit.taken}")
    say("changes that the members saw", str(switches))
    say("requests without a member, at first, at a later try", f"{first}, {later}")
    say("lost", f"{told['lost']:.0f} {bad or ''}")
    say("executed, executed twice", f"{seen:,}, {twice}")
    say("members that were asked", ", ".join(f"{m} {n:,}" for m, n in sorted(members.items())))


def executed(log: Path, others: t.Iterable[int]) -> tuple[int, int, Counter[str], int]:
    """Return how many requests members had, how many twice, by member, and switches of members.

    A switch is a tenth of a second in which m6 has more requests than m1 after one in which it has
    fewer, or the other way round.
    """
    seen: set[int] = set()
    twice = 0
    members: Counter[str] = Counter()
    sides: Counter[int] = Counter()
    for number in others:
        twice += number in seen
        seen.add(number)
        members[FICKLE] += 1
    with log.open() as lines:
        for line in lines:
            written, at, member = line.split()
            twice += (number := int(written)) in seen
            seen.add(number)
            members[member] += 1
            if member.endswith((".1", ".6")):
                sides[int(float(at) * 10)] += 1 if member.endswith(".6") else -1
    signs = [sides[at] > 0 for at in sorted(sides) if sides[at]]
    return len(seen), twice, members, sum(a != b for a, b in zip(signs, signs[1:]))


def holes(log: Path) -> tuple[int, int, dict[str, int]]:
    """Return how often nginx found nobody to ask, at first and at a later try, and lost requests.

    Those are by what nginx logged of them. 499 is what wrk leaves unanswered at its end.
    """
    first = later = 0
    bad: Counter[str] = Counter()
    with log.open() as lines:
        for line in lines:
            status, asked, _statuses = line.strip().split("|")
            first += len(re.findall(r"(?:^| : )web\b", asked))
            later += len(re.findall(r", web\b", asked))
            if status[0] in "45" and status != "499":
                bad[line.strip()] += 1
    return first, later, dict(bad.most_common(5))
