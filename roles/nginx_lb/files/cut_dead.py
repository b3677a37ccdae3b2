# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cut connections to members that have vanished, so that nginx tries the next member at once.

nginx keeps connections to members open. A host that loses its power or its network says nothing,
and a request on such a connection waits for proxy_read_timeout: nginx has no directive for
TCP_USER_TIMEOUT, and the kernel's setting (tcp_retries2) would hold for the clients' connections
too. So the connections to members, and no others, are looked at four times a second. A member
counts as silent once data went unacknowledged through so many repetitions (the third is some 1.5 s
after the first attempt), or a new connection was not answered for half a second; until it accepts
one, what waits for it is aborted early. That is about the network, not about the application: a
slow answer is acknowledged.

    cut_dead.py STATE_FILE REPETITIONS
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.25  # seconds between two looks
QUICK = 0.1  # while something is awaited
UNANSWERED = 0.5  # seconds after which a new connection makes a member silent
PATIENCE = 0.1  # seconds that a silent member has for a new connection
TIMER = re.compile(r"timer:\(on,[^,]*,(\d+)\)")


@dataclass(frozen=True)
class Connection:
    """One of the kernel's; repeats: how often its data, or its first packet, was sent again."""

    local: str
    remote: str
    opening: bool
    repeats: int


def parse(table: str) -> list[Connection]:
    """Read what ss -Htno says of several states."""
    found = []
    for line in table.splitlines():
        state, _received, _sent, local, remote = line.split()[:5]
        timer = TIMER.search(line)
        found.append(Connection(local, remote, state == "SYN-SENT", int(timer[1]) if timer else 0))
    return found


@dataclass
class Watch:
    """What is known from one look to the next."""

    repetitions: int
    silent: set[str] = field(default_factory=set)  # members, as address:port
    _opening: dict[str, float] = field(default_factory=dict)  # local address: when first seen
    _open: set[str] = field(default_factory=set)

    def judge(self, connections: list[Connection], now: float) -> list[Connection]:
        """Return the connections to be cut, and keep in mind which members are silent."""
        first = {c.local: self._opening.get(c.local, now) for c in connections if c.opening}
        settled = {c.local: c.remote for c in connections if not c.opening}
        self.silent -= {settled[local] for local in settled.keys() - self._open}
        self._opening, self._open = first, set(settled)
        self.silent |= {
            c.remote
            for c in connections
            if (now - first[c.local] >= UNANSWERED if c.opening else c.repeats >= self.repetitions)
        }
        return [
            c
            for c in connections
            if c.remote in self.silent
            and (now - first[c.local] >= PATIENCE if c.opening else c.repeats >= 1)
        ]


def members(state: Path) -> list[str]:
    """Return the address:port of every member of the live release; none while there is none."""
    try:
        pools = json.loads(state.read_text(encoding="utf-8"))["pools"]
    except (OSError, ValueError):
        return []
    return sorted(
        {f"{each['address']}:{each['port']}" for pool in pools for each in pool["members"]}
    )


def ss(*arguments: str) -> str:
    return subprocess.run(["ss", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def connections_to(known: list[str]) -> list[Connection]:
    """Ask the kernel, which sorts out the clients' connections itself: there may be thousands."""
    if not known:
        return []
    wanted = " or ".join(f"dst {address}" for address in known)
    return parse(ss("-Htno", "state", "established", "state", "syn-sent", f"( {wanted} )"))


def main() -> None:
    state, watch = Path(sys.argv[1]), Watch(int(sys.argv[2]))
    while True:
        known = members(state)
        watch.silent &= set(known)
        connections = connections_to(known)
        for each in watch.judge(connections, time.monotonic()):
            ss("-KHtn", "src", each.local, "dst", each.remote)
            print(f"cut {each.local} -> {each.remote}: no answer", flush=True)
        awaited = watch.silent or any(each.opening or each.repeats for each in connections)
        time.sleep(QUICK if awaited else INTERVAL)


if __name__ == "__main__":
    main()
