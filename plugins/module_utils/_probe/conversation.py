# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe says after connect(), and what the server's answers mean. No I/O."""

from __future__ import annotations

import re

from .mysql import (
    ACCESS_DENIED,
    BLIND_LOGIN,
    HOST_IS_BLOCKED,
    QUIT,
    SERVER_SHUTDOWN,
    MysqlFormatError,
    Packet,
    ServerError,
    answer_login,
    parse_greeting,
    take_packet,
)
from .target import BLOCKED, OPEN, TIMEOUT, WRONG_PROTOCOL, WRONG_STATUS, Outcome, Target


class Conversation:
    """A probe's conversation with a server, from the connection to its outcome.

    outcome: None until it is known. opening: the bytes that the probe sends first; parting: those
    that it sends before it gives up. reached, awaited: in words, what the server has done so far
    and what the probe waits for; answered: whether the server has sent anything. complaint: why a
    server that speaks the protocol should get no traffic all the same, "" if it should.
    """

    def __init__(self, _target: Target) -> None:
        self.opening = self.parting = b""
        self.reached, self.awaited = "TCP open", "answer"
        self.outcome: Outcome | None = None
        self.answered = False
        self.complaint = ""
        self._buffer = b""

    def receive(self, data: bytes) -> bytes:
        """Take bytes that the server sent; return the bytes to send back, b"" for none."""
        raise NotImplementedError

    def timed_out(self, timeout: float) -> Outcome:
        """Return the outcome if the time for the probe, in seconds, ends before it is known."""
        return Outcome(TIMEOUT, True, f"{self.reached}, no {self.awaited} in {timeout:g} s")

    def cut_off(self, how: str) -> Outcome:
        """Return the outcome if the connection ends (how: closed, reset) before it is known."""
        # A proxy of layer 4 accepts the connection before it knows that no server is behind it.
        hint = "" if self.answered else ": is the server behind the proxy up?"
        return Outcome(WRONG_PROTOCOL, True, f"connection {how} before the {self.awaited}{hint}")


class TcpConversation(Conversation):
    """No conversation: the connection is all that a probe of TCP wants."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.outcome = Outcome(OPEN, True, "connected")


class HttpConversation(Conversation):
    """A GET request; any valid status line is the answer, unless the target says which are good.

    A redirect is an answer like any other: the probe does not follow it. status: that of the
    answer, 0 until it is known.
    """

    def __init__(self, target: Target, user_agent: str = "peerlb_probe") -> None:
        super().__init__(target)
        self.awaited = "HTTP answer"
        self.status = 0
        self.opening = (
            f"GET {target.path} HTTP/1.1\r\n"
            f"Host: {target.host or f'{target.address}:{target.port}'}\r\n"
            f"User-Agent: {user_agent}\r\nConnection: close\r\n\r\n"
        ).encode()
        self._good = target.statuses

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the response; nothing is sent back."""
        self.answered = True
        self._buffer += data
        head = self._buffer[:12]
        if re.fullmatch(rb"HTTP/1\.[01] [1-5]\d\d", head):
            self.outcome = self._judge(head.decode())
        elif len(head) == 12 or not b"HTTP/1.".startswith(head[:7]):
            self.outcome = Outcome(WRONG_PROTOCOL, True, f"not HTTP: {self._buffer[:24]!r}")
        return b""

    def _judge(self, status_line: str) -> Outcome:
        """Return the outcome of an answer that begins with "HTTP/1.1 200"."""
        self.status = int(status_line[-3:])
        if not self._good or self.status in self._good:
            return Outcome(OPEN, True, status_line)
        wanted = ", ".join(map(str, self._good))
        return Outcome(WRONG_STATUS, True, f"{status_line}, good would be {wanted}")


class MysqlConversation(Conversation):
    """A login that the server refuses, to its very end.

    MySQL counts a handshake that is cut short against the probing host. A server that looks up the
    host's name before it greets may do so after the probe's time. The server must then find a
    login in its buffer, so the parting is a login that does not wait for the greeting.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.awaited = "MySQL greeting"
        self.parting = BLIND_LOGIN
        self._greeted = False

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the handshake; return the packets that carry it on."""
        self.answered = True
        self._buffer += data
        replies = []
        try:
            while self.outcome is None:
                packet, self._buffer = take_packet(self._buffer)
                if packet is None:
                    break
                replies.append(self._answer(packet))
        except MysqlFormatError as exc:
            self.outcome = Outcome(WRONG_PROTOCOL, True, f"not MySQL: {exc}")
        return b"".join(replies)

    def _answer(self, packet: Packet) -> bytes:
        if not self._greeted:
            return self._log_in(packet)
        answer = answer_login(packet.payload)
        if isinstance(answer, bytes):
            return packet.reply(answer) if answer else b""
        self.outcome = _login_outcome(f"{self.reached}, ", answer)
        if answer is not None and answer.code == SERVER_SHUTDOWN:
            self.complaint = str(answer)
        return QUIT if answer is None else b""

    def _log_in(self, packet: Packet) -> bytes:
        greeting = parse_greeting(packet.payload)
        if isinstance(greeting, ServerError):
            # Without a greeting there is no login either: "Too many connections", for example.
            self.outcome, self.complaint = _login_outcome("", greeting), str(greeting)
            return b""
        self._greeted = True
        self.reached, self.awaited = f"{greeting.product} greeting", "answer to the login"
        self.parting = b""
        return packet.reply(greeting.response())


def _login_outcome(evidence: str, error: ServerError | None) -> Outcome:
    if error is None:
        return Outcome(OPEN, True, f"{evidence}login accepted without a password")
    if error.code == ACCESS_DENIED:
        return Outcome(OPEN, True, f"{evidence}access denied as expected")
    # Any other refusal comes from MySQL as well, so the way to the server is open.
    state = BLOCKED if error.code == HOST_IS_BLOCKED else OPEN
    return Outcome(state, True, f"{evidence}{error}")
