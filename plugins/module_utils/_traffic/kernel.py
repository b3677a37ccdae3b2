# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel and the process table say of nginx.

The load balancer uses the host's network, so its connections are in the host's own table.
"""

from __future__ import annotations

import collections
import socket
import struct
import typing as t
from pathlib import Path

ESTABLISHED, SYN_SENT = "01", "02"
SHUTTING_DOWN = b"nginx: worker process is shutting down"
WORKER = b"nginx: worker process"


def outgoing_connections(tables: t.Iterable[str]) -> dict[str, int]:
    """Count the open connections by remote address:port, from the text of /proc/net/tcp."""
    found: collections.Counter[str] = collections.Counter()
    for table in tables:
        for line in table.splitlines()[1:]:
            words = line.split()
            if len(words) > 3 and words[3] in (ESTABLISHED, SYN_SENT):
                found[_address(words[2])] += 1
    return dict(found)


def _address(text: str) -> str:
    """Read the kernel's form: the address as a number of the machine's byte order, in hex."""
    address, port = text.split(":")
    packed = struct.pack("=I", int(address[-8:], 16))
    return f"{socket.inet_ntoa(packed)}:{int(port, 16)}"


def read_connections(proc: str = "/proc") -> dict[str, int]:
    return outgoing_connections([Path(proc, "net/tcp").read_text(encoding="ascii")])


def count_workers(proc: str = "/proc") -> dict[str, int]:
    """Count nginx's workers: those that serve, and those of former releases that finish."""
    found = {"serving": 0, "shutting_down": 0}
    for path in Path(proc).glob("[0-9]*/cmdline"):
        try:
            title = path.read_bytes()
        except OSError:  # the process has ended meanwhile
            continue
        if title.startswith(SHUTTING_DOWN):
            found["shutting_down"] += 1
        elif title.startswith(WORKER):
            found["serving"] += 1
    return found
