# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cut connections to members that have vanished, so that nginx tries the next member at once.

nginx keeps connections to members open. A host that loses its power or its network closes none of
them, and a request that nginx sends on one waits for proxy_read_timeout. nginx has no directive for
TCP_USER_TIMEOUT, and the kernel's tcp_retries2 would apply to the clients' connections as well.

So this program looks at the connections to members, and at no others, four times a second. A member
counts as silent if it left data unacknowledged through REPETITIONS repetitions (the third comes
about 1.5 s after the first attempt), or did not accept a new connection for half a second. Until a
silent member accepts a connection, the connections that wait for it are cut early.

Only the network is judged, not the application: a slow application still acknowledges data.

    cut_dead.py STATE_FILE REPETITIONS

STATE_FILE is the state.json of the live release, which lists the members.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

# All in seconds.
INTERVAL = 0.25  # between two looks
QUICK_INTERVAL = 0.1  # between two looks while a member owes an answer
ACCEPT_WITHIN = 0.5  # a member that does not accept a new connection by then is silent
SILENT_ACCEPT_WITHIN = 0.1  # what a silent member gets instead

FILTERED_AT_ONCE = 500  # addresses: an argument and the kernel's filter have a greatest length

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
    """What the program remembers from one look to the next.

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


def members(state: Path) -> list[str]:
    """Return every member of the live release as address:port; none while there is no release."""
    try:
        pools = json.loads(state.read_text(encoding="utf-8"))["pools"]
    except (OSError, ValueError):
        return []
    return sorted(
        {f"{member['address']}:{member['port']}" for pool in pools for member in pool["members"]}
    )


def ss(*arguments: str) -> str:
    """Return what the command ss prints; a CalledProcessError says that it failed."""
    command = ["ss", *arguments]
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, errors="replace", check=True
    ).stdout


def connections_to(addresses: list[str]) -> list[Connection]:
    """Return the connections to these addresses.

    The kernel filters them, because there may be thousands of connections to clients.
    """
    found = []
    for start in range(0, len(addresses), FILTERED_AT_ONCE):
        some = addresses[start : start + FILTERED_AT_ONCE]
        wanted = " or ".join(f"dst {address}" for address in some)
        found += parse(ss("-Htno", "state", "established", "state", "syn-sent", f"( {wanted} )"))
    return found


def main() -> None:
    """Watch the members for ever, and print a line for each connection that is cut."""
    state, watch = Path(sys.argv[1]), Watch(int(sys.argv[2]))
    while True:
        known = members(state)
        watch.silent &= set(known)
        connections = connections_to(known)
        for connection in watch.judge(connections, time.monotonic()):
            ss("-KHtn", "src", connection.local, "dst", connection.remote)
            print(f"cut {connection.local} -> {connection.remote}: no answer", flush=True)
        awaited = watch.silent or any(each.opening or each.repeats for each in connections)
        time.sleep(QUICK_INTERVAL if awaited else INTERVAL)


if __name__ == "__main__":
    main()
