# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cut connections to members that have vanished, so that nginx tries the next member at once.

nginx keeps connections to members open. A host that loses its power or its network closes none of
them, and a request that nginx sends on one waits for proxy_read_timeout. nginx has no directive for
TCP_USER_TIMEOUT, and the kernel's tcp_retries2 would apply to the clients' connections as well.

So `watch` looks at the connections to members, and at no others, four times a second. A member
counts as silent if it left data unacknowledged through the repetitions that are set (the third
comes about 1.5 s after the first attempt), or did not accept a new connection for half a second.
Until a silent member accepts a connection, the connections that wait for it are cut early.

Only the network is judged, not the application: a slow application still acknowledges data.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import typing as t
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .journal import say

# All in seconds.
INTERVAL = 0.25  # between two looks
QUICK_INTERVAL = 0.1  # between two looks while a member owes an answer
PAUSE = 5.0  # after a look that failed
ACCEPT_WITHIN = 0.5  # a member that does not accept a new connection by then is silent
SILENT_ACCEPT_WITHIN = 0.1  # what a silent member gets instead

_MOST_PORTS = 100  # in one filter
_MOST_CUTS = 100  # connections that one command cuts

TIMER = re.compile(r"timer:\(on,[^,]*,(\d+)\)")


@dataclass(frozen=True)
class Connection:
    """A connection of the kernel's table, with both ends as address:port.

    opening means that the member has not accepted it yet. repeats is how often the kernel sent the
    oldest unacknowledged data (of an opening connection, its first packet) again.
    """

    local: str
    remote: str
    opening: bool
    repeats: int


def parse(table: str) -> list[Connection]:
    """Return the connections of a table that `ss -Htno` printed for several states."""
    connections = []
    for line in table.splitlines():
        state, _received, _sent, local, remote = line.split()[:5]
        timer = TIMER.search(line)
        repeats = int(timer[1]) if timer else 0
        connections.append(Connection(local, remote, state == "SYN-SENT", repeats))
    return connections


@dataclass
class Watch:
    """What is remembered from one look to the next.

    silent holds members as address:port. _opening is when each opening connection was first seen,
    and _open is which connections were open, both by their local address.
    """

    repetitions: int
    silent: set[str] = field(default_factory=set)
    _opening: dict[str, float] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def judge(self, connections: list[Connection], now: float) -> list[Connection]:
        """Return the connections to cut, and remember which members are silent.

        now is a time in seconds of any clock that only goes forward.
        """
        first_seen = {c.local: self._opening.get(c.local, now) for c in connections if c.opening}
        accepted = {c.local: c.remote for c in connections if not c.opening}
        # A member that accepted a connection since the last look has a network again.
        self.silent -= {accepted[local] for local in accepted.keys() - self._open}
        self._opening, self._open = first_seen, set(accepted)

        def overdue(c: Connection, accept_within: float, repetitions: int) -> bool:
            if c.opening:
                return now - first_seen[c.local] >= accept_within
            return c.repeats >= repetitions

        self.silent |= {
            c.remote for c in connections if overdue(c, ACCEPT_WITHIN, self.repetitions)
        }
        return [
            c
            for c in connections
            if c.remote in self.silent and overdue(c, SILENT_ACCEPT_WITHIN, 1)
        ]


class SsError(Exception):
    """The command ss failed; the message says how."""


async def watch(places: Callable[[], Collection[str]], memory: Watch) -> None:
    """Watch the members for ever, and print a line for each connection that is cut.

    places returns the members of this moment as address:port. memory.silent always says which of
    them are silent. A command that fails is said once, and tried again.
    """
    said = ""
    while True:
        try:
            wait, said = await _look(set(places()), memory), ""
        except SsError as exc:
            if str(exc) != said:
                said = str(exc)
                say(f"connections cannot be watched: {said}")
            wait = PAUSE
        await asyncio.sleep(wait)


async def _look(known: set[str], memory: Watch) -> float:
    """Look once, cut what has to be cut, and return the seconds until the next look."""
    memory.silent &= known
    connections = await _connections_to(known)
    dead = memory.judge(connections, time.monotonic())
    for start in range(0, len(dead), _MOST_CUTS):
        await _cut(dead[start : start + _MOST_CUTS])
    awaited = memory.silent or any(each.opening or each.repeats for each in connections)
    return QUICK_INTERVAL if awaited else INTERVAL


async def _connections_to(known: set[str]) -> list[Connection]:
    if not known:
        return []
    table = await _ss("-Htno", "state", "established", "state", "syn-sent", port_filter(known))
    return [each for each in parse(table) if each.remote in known]


def port_filter(places: t.Iterable[str]) -> str:
    """Return the filter of ss for the ports of these places: "( dport = :3000 or dport = :3306 )".

    The kernel filters, because there may be thousands of connections to clients. It filters by
    ports, of which there are few: a filter of 1,000 addresses takes three times as long.
    """
    ports = sorted({int(place.rpartition(":")[2]) for place in places})
    if len(ports) > _MOST_PORTS:
        return f"( dport >= :{ports[0]} and dport <= :{ports[-1]} )"
    return "( " + " or ".join(f"dport = :{port}" for port in ports) + " )"


async def _cut(connections: list[Connection]) -> None:
    pairs = (f"( src {each.local} and dst {each.remote} )" for each in connections)
    await _ss("-KHtn", " or ".join(pairs))
    for each in connections:
        say(f"cut {each.local} -> {each.remote}: no answer")


async def _ss(*arguments: str) -> str:
    """Return what the command ss prints. Raises SsError."""
    pipe = asyncio.subprocess.PIPE
    try:
        ss = await asyncio.create_subprocess_exec("ss", *arguments, stdout=pipe, stderr=pipe)
    except OSError as exc:
        raise SsError(f"ss cannot be run: {exc.strerror}") from None
    try:
        out, problems = await ss.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            ss.kill()
        await ss.wait()
        raise
    if ss.returncode:
        raise SsError(
            f"ss ends with {ss.returncode}: {problems.decode(errors='replace')[:200].strip()}"
        )
    return out.decode()
