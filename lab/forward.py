# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways in for a browser: ports of 127.0.0.1 on this machine lead to the load balancer.

There is a relay for http and one for https. It listens in the machine's own network and connects
from the client's, so the load balancer sees the lab's client. It is one of the lab's processes, and
ends with the lab.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import sys
import typing as t
from functools import partial
from pathlib import Path

from . import procs
from .names import CLONE, DISKS, PREFIX, STATE
from .run import LabError, say, wait_until

if t.TYPE_CHECKING:
    from .plan import WayIn

GROUPS = {"http": PREFIX + "forward", "https": PREFIX + "forward-tls"}
PORTS = {"http": 8080, "https": 8443}  # a free one takes the place if another program has it
ADDRESS = STATE / "forward"  # the file that says where a relay listens, as forward.http
NETWORK = 0x40000000  # CLONE_NEWNET of setns(2)
NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"The load balancer does not answer. Is the stack deployed? ansible-playbook site.yml\n"
)


def start(ways: t.Iterable[WayIn]) -> None:
    """Start the relay of each way in, unless it runs."""
    for way in ways:
        group, place = GROUPS[way.scheme], _place(way.scheme)
        if procs.alive(group):
            continue
        place.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "lab.forward", *map(str, way)]
        log = DISKS / "forward.log"
        procs.start(group, argv, log, {"PYTHONPATH": str(CLONE)})
        if not wait_until(partial(_settled, way.scheme), 20) or not url(way.scheme):
            raise LabError(f"the way in for a browser does not start; see {log}")
        say(f"for a browser on this machine: {url(way.scheme)}")


def _settled(scheme: str) -> bool:
    """Tell whether a relay listens, or has ended."""
    return _place(scheme).exists() or not procs.alive(GROUPS[scheme])


def _place(scheme: str) -> Path:
    return ADDRESS.with_name(f"{ADDRESS.name}.{scheme}")


def url(scheme: str = "http") -> str:
    """Return where a browser on this machine finds the service; "" if it cannot.

    By https it asks by name, as certificates are for names: "https://localhost:8443/".
    """
    if not procs.alive(GROUPS[scheme]):
        return ""
    with contextlib.suppress(FileNotFoundError):
        where = _place(scheme).read_text(encoding="ascii")
        where = where.replace("127.0.0.1", "localhost") if scheme == "https" else where
        return f"{scheme}://{where}/"
    return ""


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this port of 127.0.0.1, or on a free one if it is taken."""
    for each in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", each))
            listener.listen(100)
            return listener
        except OSError:
            listener.close()
    raise LabError("no port of 127.0.0.1 is free")


def enter(namespace: str) -> None:
    """Move this process to a network namespace. Sockets that are open stay where they are."""
    with (procs.NETNS / namespace).open("rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), NETWORK):
            raise LabError(f"cannot enter {namespace}: {os.strerror(ctypes.get_errno())}")


async def serve(listener: socket.socket, address: str, port: int, excuse: bytes = NOBODY) -> None:
    """Relay each connection to this address until the process is ended.

    excuse: what a browser is told if nobody answers there; b"" in TLS, which it does not speak.
    """

    async def relay(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.wait_for(asyncio.open_connection(address, port), 3)
        except (OSError, asyncio.TimeoutError):
            back.write(excuse)
            await _end(back)
            return
        await asyncio.gather(_copy(near, forth), _copy(far, back))
        await asyncio.gather(_end(forth), _end(back))

    server = await asyncio.start_server(relay, sock=listener)
    await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy until the source ends, and tell the target that it did."""
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()


async def _end(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.close()
        await writer.wait_closed()


def main(namespace: str, address: str, port: str, scheme: str) -> None:
    """Listen here, write down where, and relay from the namespace."""
    listener = listen(PORTS[scheme])
    enter(namespace)
    fresh = _place(f"{scheme}.new")
    fresh.write_text(":".join(map(str, listener.getsockname())), encoding="ascii")
    fresh.replace(_place(scheme))
    excuse = NOBODY if scheme == "http" else b""
    asyncio.run(serve(listener, address, int(port), excuse))


if __name__ == "__main__":
    main(*sys.argv[1:])
