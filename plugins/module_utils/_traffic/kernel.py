# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count nginx's connections and workers, from /proc.

nginx's container uses the host's network, so its connections stand in the host's own table.
"""

from __future__ import annotations

import collections
import socket
import struct
import typing as t
from pathlib import Path

ESTABLISHED, SYN_SENT = "01", "02"  # states in /proc/net/tcp
# How nginx titles its processes.
SHUTTING_DOWN = b"nginx: worker process is shutting down"
WORKER = b"nginx: worker process"


def read_connections(proc: str = "/proc") -> dict[str, int]:
    """Return how many connections this host has to each remote address: {"10.1.0.3:3000": 4}."""
    return count_by_remote([Path(proc, "net/tcp").read_text(encoding="ascii")])


def count_by_remote(tables: t.Iterable[str]) -> dict[str, int]:
    """Return the number of open or opening connections by remote address and port.

    tables are texts in the format of /proc/net/tcp.
    """
    counts: collections.Counter[str] = collections.Counter()
    for table in tables:
        for line in table.splitlines()[1:]:
            words = line.split()
            if len(words) > 3 and words[3] in (ESTABLISHED, SYN_SENT):
                counts[_address(words[2])] += 1
    return dict(counts)


def _address(text: str) -> str:
    """Return an address of the kernel's table as people write it.

    On a little-endian machine "0300010A:0BB8" gives "10.1.0.3:3000": the kernel prints the address
    as one number in the machine's byte order.
    """
    address, port = text.split(":")
    packed = struct.pack("=I", int(address[-8:], 16))
    return f"{socket.inet_ntoa(packed)}:{int(port, 16)}"


def count_workers(proc: str = "/proc") -> dict[str, int]:
    """Return how many workers of nginx there are: {"serving": 2, "shutting_down": 1}.

    A worker that is shutting down has the configuration of a former release, and finishes what it
    holds.
    """
    counts = {"serving": 0, "shutting_down": 0}
    for path in Path(proc).glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:  # the process has ended meanwhile
            continue
        if title.startswith(SHUTTING_DOWN):
            counts["shutting_down"] += 1
        elif title.startswith(WORKER):
            counts["serving"] += 1
    return counts
