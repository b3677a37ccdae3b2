# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether nginx grows with changes of weights while sessions are held."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import typing as t
from pathlib import Path

from datapath import place

from . import stage
from .stage import Nginx, Unit, free_port, say

SESSIONS, WORKERS, LEAST_POOLS, CHANGES_EACH = 50, 2, 20, 50
ADDRESSES = [f"127.1.0.{number}" for number in range(1, 4)]
WEIGHTS = ((3, 1, 1), (1, 3, 1))
TROUBLE = ("[alert]", "[emerg]", "[crit]", "cannot add new server")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, until the client closes."""
    with contextlib.suppress(OSError):
        while text := await reader.read(4096):
            writer.write(text)
            await writer.drain()
    writer.close()


def measure(home: Path, changes: int) -> None:
    """Change weights so many times, in several pools at once, and say how nginx has grown."""
    pools = max(LEAST_POOLS, changes // CHANGES_EACH)
    unit, port, front = Unit(), free_port(), free_port()
    members = [f"{address}:{port}" for address in ADDRESSES]
    # Each listener has an address of its own and the same port.
    served = {
        f"127.2.{number // 250}.{number % 250 + 1}:{front}": stage.pool(f"db{number}", members)
        for number in range(pools)
    }
    gate = f"server {{ listen 127.0.0.1:{front}; return ''; }}"
    nginx = Nginx(home, WORKERS, tcp_pools=served, unit_port=unit.port, stream=gate)
    told = [stage.shares(members, weights) for weights in WEIGHTS]
    names = [pool.name for pool in served.values()]
    with unit.running(), contextlib.ExitStack() as stack:
        for address in ADDRESSES:
            unit.do(asyncio.start_server(echo, address, port))
        unit.tell(dict.fromkeys(names, told[0]))
        pid = stack.enter_context(nginx.running(f"127.0.0.1:{front}"))
        time.sleep(3)
        held = [stack.enter_context(session(list(served)[n % pools])) for n in range(SESSIONS)]
        say("pools, changes of each, sessions held", f"{pools}, {changes // pools}, {SESSIONS}")
        change(unit, pid, [dict.fromkeys(names, each) for each in told], changes // pools)
        say("sessions that still answer", str(sum(map(answers, held))))
        trouble = [line for line in nginx.errors() if any(each in line for each in TROUBLE)]
        say("lines of trouble in the error log", " | ".join([str(len(trouble)), *trouble[:2]]))


def change(unit: Unit, pid: int, answers: t.Sequence[dict[str, t.Any]], times: int) -> None:
    """Tell one answer and the other in turn, so many times, and say how large nginx is."""
    unit.forget()
    for number in range(times):
        if number in (0, 2, times // 2):
            say(f"after {number * len(answers[0]):,} changes", size(pid))
        unit.tell(answers[(number + 1) % 2])
        time.sleep(1.1)
    unit.count()
    say(f"after {unit.changes:,} changes, {unit.taken:,} of them taken", size(pid))


@contextlib.contextmanager
def session(address: str) -> t.Iterator[socket.socket]:
    """Open a connection and use it once; it stays open until the end of the block."""
    host, _colon, port = address.partition(":")
    with socket.create_connection((host, int(port)), 5) as opened:
        if not answers(opened):
            raise OSError(f"{address} does not answer")
        yield opened


def answers(opened: socket.socket) -> bool:
    """Tell whether a session sends back what it is sent."""
    try:
        opened.sendall(b"ping")
        return opened.recv(4) == b"ping"
    except OSError:
        return False


def size(pid: int) -> str:
    """Return the number of workers and the memory of a nginx."""
    pids = place.family(pid)
    return f"{len(pids) - 1} workers, Pss {place.memory(pids) / 1024:.2f} MiB"
