# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name server that nginx's resolver asks, by UDP and TCP on loopback. No Ansible."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import typing as t

from .codec import TCP_BYTES, UDP_BYTES, Question, Zone, answer

ADDRESS = "127.0.0.1"
# Python's socket module does not name Linux's options that exceed the limit of the usual ones.
# They need CAP_NET_ADMIN.
BUFFERS = ((32, socket.SO_SNDBUF), (33, socket.SO_RCVBUF))  # SO_SNDBUFFORCE, SO_RCVBUFFORCE
# All workers of an nginx that starts send a question for each member, and only then read.
BUFFER_BYTES = 8 * 1024 * 1024
# The buffer in which nginx receives holds about 270 answers. An answer that is lost costs the
# member a second without requests, so that a burst of questions is answered in parts.
BURST, PAUSE = 50, 0.004  # answers, seconds

MOST_CONNECTIONS = 64  # by TCP; a worker of nginx keeps one
IDLE_SECONDS = 30.0  # nginx closes a connection that was idle for 5 seconds
LENGTH = struct.Struct("!H")  # stands before each message


class Server:
    """A name server that answers from its zone, which is replaced by an assignment.

    asked(protocol, label) is called for each question for a pool's members.
    """

    def __init__(self, port: int, asked: t.Callable[[str, str], None]) -> None:
        """Take the port and the function to call; nothing is bound before `start`."""
        self.zone = Zone({})
        self._port = port
        self._asked = asked
        self._datagrams: socket.socket | None = None
        self._listener: asyncio.AbstractServer | None = None
        self._conversations: set[asyncio.Task[None]] = set()
        self._began, self._taken = 0.0, 0  # when the burst began, and its questions since then

    async def start(self) -> None:
        """Bind the port for UDP and TCP; an OSError says which of them is taken, and binds none."""
        with contextlib.ExitStack() as undo:
            datagrams = undo.enter_context(_bound(socket.SOCK_DGRAM, self._port))
            listener = undo.enter_context(_bound(socket.SOCK_STREAM, self._port))
            self._listener = await asyncio.start_server(self._converse, sock=listener)
            undo.pop_all()
        self._datagrams = datagrams
        self._resume()

    async def close(self) -> None:
        """Free the port and close all connections."""
        if self._datagrams and self._listener:
            asyncio.get_running_loop().remove_reader(self._datagrams)
            self._datagrams.close()
            self._datagrams = None
            self._listener.close()
            for task in self._conversations:
                task.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)

    def _resume(self) -> None:
        """Read questions from now on, unless the server was closed meanwhile."""
        if self._datagrams:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._datagrams, self._read_datagrams, self._datagrams)

    def _read_datagrams(self, datagrams: socket.socket) -> None:
        """Answer the questions that wait, or as many as a burst may have."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._began > PAUSE:
            self._began, self._taken = loop.time(), 0
        while self._taken < BURST:
            try:
                query, client = datagrams.recvfrom(UDP_BYTES)
            except OSError:  # no more questions wait
                return
            self._taken += 1
            told = self._answer(query, UDP_BYTES)
            if told:
                with contextlib.suppress(OSError):  # nginx asks again
                    datagrams.sendto(told, client)
        # The other questions wait in the socket's buffer.
        loop.remove_reader(datagrams)
        loop.call_later(PAUSE, self._resume)

    def _answer(self, query: bytes, limit: int) -> bytes | None:
        """Return the answer to a query; None if the query is no question."""
        question = Question.read(query)
        if question is None:
            return None
        if question.service:
            # An error in it must not cost nginx the answer.
            asyncio.get_running_loop().call_soon(self._asked, *question.service)
        return answer(question, self.zone, limit)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the questions of a connection until it ends, idles or sends something else."""
        task = asyncio.current_task()
        ends = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, asyncio.CancelledError)
        with contextlib.closing(writer), contextlib.suppress(*ends):
            if task is None or len(self._conversations) >= MOST_CONNECTIONS:
                return
            self._conversations.add(task)
            task.add_done_callback(self._conversations.discard)
            while await asyncio.wait_for(self._take_turn(reader, writer), IDLE_SECONDS):
                pass

    async def _take_turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one question and answer it; return whether it was one."""
        (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        told = self._answer(await reader.readexactly(size), TCP_BYTES)
        if told is None:
            return False
        writer.write(LENGTH.pack(len(told)) + told)
        await writer.drain()
        return True


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    """Return a socket with large buffers at the port; an OSError says what is taken."""
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.setblocking(False)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            _enlarge(bound)
        bound.bind((ADDRESS, port))
    except OSError as error:
        bound.close()
        name = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        reason = f"cannot listen at {ADDRESS}:{port} by {name}: {error.strerror}"
        raise OSError(error.errno, reason) from None
    return bound


def _enlarge(datagrams: socket.socket) -> None:
    """Make the buffers of a socket as large as the kernel allows, up to BUFFER_BYTES."""
    for forced, plain in BUFFERS:
        try:
            datagrams.setsockopt(socket.SOL_SOCKET, forced, BUFFER_BYTES)
        except OSError:
            datagrams.setsockopt(socket.SOL_SOCKET, plain, BUFFER_BYTES)
