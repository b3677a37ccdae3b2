# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients do: each function sends requests to a port, and returns how many were answered."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass

from datapath import place

CLIENTS = 4  # programs that make connections one after the other, at once
ONE_CORE = ("taskset", "-c", "1")


@dataclass(frozen=True)
class Load:
    """What clients do, and by which function of a port and a path."""

    name: str
    ask: t.Callable[[int, str], int]


def _inside(*words: str) -> list[str]:
    return place.inside(place.CLIENT, *ONE_CORE, *words)


def wrk(url: str, *more: str, connections: int = 64) -> int:
    """Return how many requests wrk saw answered with 200 in a second; others end the benchmark."""
    words = ["wrk", "-t1", f"-c{connections}", "-d1s", "--timeout", "10s", *more, url]
    text = place.run(*_inside(*words))
    count = int(re.findall(r"(\d+) requests in", text)[0])
    if not count or "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{url}: {text}")
    return count


def kept(port: int, path: str) -> int:
    """Send requests of HTTP/1.1 on 64 connections that stay open."""
    return wrk(f"https://{place.ADDRESS}:{port}{path}")


def large(port: int, _path: str) -> int:
    """Ask for answers of 1 MB on 16 connections that stay open."""
    return wrk(f"https://{place.ADDRESS}:{port}/large", connections=16)


def http2(port: int, path: str) -> int:
    """Send requests of HTTP/2 on 16 connections, four at a time on each."""
    url = f"https://{place.ADDRESS}:{port}{path}"
    words = [*place.program("sid", "usr/bin/h2load"), "-t1", "-c16", "-m4", "-D1", url]
    text = place.run(*_inside(*words))
    told = re.findall(r"(\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    if not told or told[0][0] == "0" or any(map(int, told[0][1:])) or "protocol: h2" not in text:
        sys.exit(f"{url}: {text}")
    return int(told[0][0])


def full(port: int, path: str) -> int:
    """Send each request on a connection of its own, with a whole handshake of TLS 1.3."""
    return _connections(port, path, "-new")


def resumed(port: int, path: str) -> int:
    """Send each request on a connection of its own, which goes on with a session of before."""
    return _connections(port, path, "-reuse")


def _connections(port: int, path: str, kind: str) -> int:
    address = f"{place.ADDRESS}:{port}"
    words = ["openssl", "s_time", "-connect", address, kind, "-tls1_3", "-www", path, "-time", "1"]
    running = [
        subprocess.Popen(_inside(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _each in range(CLIENTS)
    ]
    return sum(_answered(process, address, kind) for process in running)


def _answered(process: subprocess.Popen[str], address: str, kind: str) -> int:
    """Return how many connections a client made; one of the wrong kind ends the benchmark."""
    text, errors = process.communicate()
    found = re.findall(r"(\d+) connections in \d+ real seconds, (\d+) bytes read", text)
    # It writes a letter for each connection: r for one that was resumed.
    again = len("".join(re.findall(r"^[rt*]+$", text, re.MULTILINE)).replace("t", "").strip("*"))
    if process.returncode or not found or found[0][1] == "0":
        sys.exit(f"{address}: {text}{errors}")
    count = int(found[0][0])
    if abs(again - (count if kind == "-reuse" else 0)) > 1:
        sys.exit(f"{address}: {again} of {count} connections were resumed")
    return count
