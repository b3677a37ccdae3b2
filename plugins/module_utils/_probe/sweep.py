# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe targets over real sockets, many at once. The only part of a probe that does I/O."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections import defaultdict
from collections.abc import Sequence

from .talk import Talk, start
from .target import TIMEOUT, Finding, Result, Target, connect_failure

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

# A MySQL server has 151 connections by default, and they are there for the application.
_PER_MYSQL_SERVER = 8
# Files that are neither ours nor free: Python's own, the event loop's, Ansible's.
_SPARE_FILES = 32


def probe_all(targets: Sequence[Target], timeout: float, concurrency: int) -> list[Result]:
    """Probe every target once and return the results in the order given.

    timeout is the time in seconds that one probe may take in all; concurrency the number of sockets
    open at a time, less if this process may not open as many. Raises ProbeError if this host can
    not probe.
    """
    return asyncio.run(_sweep(targets, timeout, _affordable(concurrency)))


def _affordable(concurrency: int) -> int:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return concurrency
    return max(1, min(concurrency, soft - _SPARE_FILES))


async def _sweep(targets: Sequence[Target], timeout: float, workers: int) -> list[Result]:
    # the workers share one list: neither a task nor a socket waits for its turn
    work = iter(enumerate(targets))
    doors: dict = defaultdict(lambda: asyncio.Semaphore(_PER_MYSQL_SERVER))
    found: dict[int, Result] = {}

    async def worker() -> None:
        for index, target in work:
            async with contextlib.AsyncExitStack() as held:
                if target.protocol == "mysql":
                    await held.enter_async_context(doors[target.address, target.port])
                found[index] = await _probe(target, timeout)

    await asyncio.gather(*(worker() for _each in range(min(workers, len(targets)))))
    return [found[index] for index in range(len(targets))]


async def _probe(target: Target, timeout: float) -> Result:
    begin = time.monotonic()
    finding = await _connect(target, timeout)
    return Result(target, finding, (time.monotonic() - begin) * 1000)


async def _connect(target: Target, timeout: float) -> Finding:
    deadline = time.monotonic() + timeout
    connecting = asyncio.open_connection(target.address, target.port)
    try:
        reader, writer = await asyncio.wait_for(connecting, timeout)
    except asyncio.TimeoutError:
        return Finding(TIMEOUT, False, f"no answer to the connection in {timeout:g} s")
    except OSError as exc:
        return connect_failure(target, exc)
    try:
        return await _talk(start(target), (reader, writer), timeout, deadline)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _talk(talk: Talk, streams: _Streams, timeout: float, deadline: float) -> Finding:
    _reader, writer = streams
    try:
        return await asyncio.wait_for(_converse(talk, *streams), deadline - time.monotonic())
    except asyncio.TimeoutError:
        writer.write(talk.parting)
        return talk.unanswered(timeout)
    except ConnectionError:
        return talk.broken("reset")
    except OSError as exc:
        return talk.broken(f"lost ({exc.strerror})")


async def _converse(
    talk: Talk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Finding:
    writer.write(talk.opening)
    while talk.finding is None:
        data = await reader.read(4096)
        if not data:
            return talk.broken("closed")
        writer.write(talk.receive(data))
    return talk.finding
