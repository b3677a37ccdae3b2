# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe many targets at once over real sockets. The only part of a probe that does I/O."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections import defaultdict
from collections.abc import Sequence

from .conversation import Conversation
from .conversations import start
from .target import TIMEOUT, Outcome, Result, Target, connect_failure

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

# Probes at a time. MySQL allows 151 connections by default, and the application needs them.
_PER_MYSQL_SERVER = 8
# Open files that this process needs for itself: Python's, the event loop's, Ansible's.
_SPARE_FILES = 32


def probe_all(targets: Sequence[Target], timeout: float, concurrency: int) -> list[Result]:
    """Probe each target once and return the results in the order of the targets.

    timeout: the seconds that one probe may take in all; concurrency: the number of sockets open at
    a time, less if this process may not open as many. Raises ProbeError if this host cannot probe.
    """
    return asyncio.run(_sweep(targets, timeout, _affordable(concurrency)))


def _affordable(concurrency: int) -> int:
    """Return how many sockets this process may open at a time, at most the concurrency."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return concurrency
    return max(1, min(concurrency, soft - _SPARE_FILES))


async def _sweep(targets: Sequence[Target], timeout: float, workers: int) -> list[Result]:
    # The workers take their targets from one iterator, so that each is busy until all is done.
    remaining = iter(enumerate(targets))
    mysql_slots: dict = defaultdict(lambda: asyncio.Semaphore(_PER_MYSQL_SERVER))
    results: dict[int, Result] = {}

    async def worker() -> None:
        for index, target in remaining:
            async with contextlib.AsyncExitStack() as slot:
                if target.protocol == "mysql":
                    await slot.enter_async_context(mysql_slots[target.address, target.port])
                results[index] = await _probe(target, timeout)

    await asyncio.gather(*(worker() for _number in range(min(workers, len(targets)))))
    return [results[index] for index in range(len(targets))]


async def _probe(target: Target, timeout: float) -> Result:
    begin = time.monotonic()
    outcome = await _connect(target, timeout)
    return Result(target, outcome, (time.monotonic() - begin) * 1000)


async def _connect(target: Target, timeout: float) -> Outcome:
    deadline = time.monotonic() + timeout
    connecting = asyncio.open_connection(target.address, target.port)
    try:
        reader, writer = await asyncio.wait_for(connecting, timeout)
    except asyncio.TimeoutError:
        return Outcome(TIMEOUT, False, f"no answer to the connection in {timeout:g} s")
    except OSError as exc:
        return connect_failure(target, exc)
    try:
        return await _until_deadline(start(target), (reader, writer), timeout, deadline)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _until_deadline(
    conversation: Conversation, streams: _Streams, timeout: float, deadline: float
) -> Outcome:
    _reader, writer = streams
    conversing = _converse(conversation, *streams)
    try:
        return await asyncio.wait_for(conversing, deadline - time.monotonic())
    except asyncio.TimeoutError:
        writer.write(conversation.parting)
        return conversation.timed_out(timeout)
    except ConnectionError:
        return conversation.cut_off("reset")
    except OSError as exc:
        return conversation.cut_off(f"lost ({exc.strerror})")


async def _converse(
    conversation: Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Outcome:
    writer.write(conversation.opening)
    while conversation.outcome is None:
        data = await reader.read(4096)
        if not data:
            return conversation.cut_off("closed")
        writer.write(conversation.receive(data))
    return conversation.outcome
