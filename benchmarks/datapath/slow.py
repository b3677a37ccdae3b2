# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a slow client costs: the memory that a balancer holds for an answer which nobody reads."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path

from . import place

CLIENTS, SECONDS = 200, 4


def memory(port: int, pids: set[int]) -> float:
    """Return the kB that a balancer takes for each of 200 clients of 1 MB that do not read."""
    before = place.memory(pids)
    code = f"from datapath import slow; slow.hold({port})"
    command = place.inside(place.CLIENT, "taskset", "-c", "1", "python3", "-c", code)
    with subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1]):
        time.sleep(SECONDS)
        return round((place.memory(pids) - before) / CLIENTS, 0)


def table(held: dict[str, float]) -> list[str]:
    """Return the lines of a table of the kB by peer."""
    rows = [f"| {name} | {kilobytes:.0f} |" for name, kilobytes in held.items()]
    return ["| peer | kB for a slow client of 1 MB |", "|---|---|", *rows]


def hold(port: int) -> None:
    """Ask for the large answer on many connections, and read nothing for some seconds."""
    ask = f"GET /large HTTP/1.1\r\nHost: {place.ADDRESS}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        for _each in range(CLIENTS):
            client = stack.enter_context(socket.create_connection((place.ADDRESS, port)))
            client.sendall(ask)
        time.sleep(SECONDS + 2)
