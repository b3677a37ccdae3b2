# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conversations of a probe, fed with bytes: what to say, what the answer means. No I/O."""

from __future__ import annotations

import re

from .mysql import (
    ACCESS_DENIED,
    BLIND_LOGIN,
    HOST_IS_BLOCKED,
    QUIT,
    MysqlFormatError,
    Packet,
    ServerError,
    answer_login,
    parse_greeting,
    take_packet,
)
from .target import BLOCKED, OPEN, TIMEOUT, WRONG_PROTOCOL, Finding, Target


class Talk:
    """One conversation after connect().

    opening: what the client says first; parting: what it says if it has to give up.
    seen, missing: how far the server came, in words; heard: whether it said anything at all.
    finding: None until it is known.
    """

    def __init__(self, _target: Target) -> None:
        self.opening = self.parting = b""
        self.seen, self.missing = "TCP open", "answer"
        self.finding: Finding | None = None
        self.heard = False
        self._buffer = b""

    def receive(self, data: bytes) -> bytes:
        """Take what the server sent; return what to send back (maybe nothing)."""
        raise NotImplementedError

    def unanswered(self, timeout: float) -> Finding:
        """Return what it means that the server said too little in timeout seconds."""
        return Finding(TIMEOUT, True, f"{self.seen}, no {self.missing} in {timeout:g} s")

    def broken(self, how: str) -> Finding:
        """Return what it means that the server's side ended (closed, reset) before a finding."""
        # an L4 proxy accepts first and finds out afterwards that nobody is behind it
        hint = "" if self.heard else ": is the server behind the proxy up?"
        return Finding(WRONG_PROTOCOL, True, f"connection {how} before the {self.missing}{hint}")


class TcpTalk(Talk):
    """Nothing to say: that the connection came up is all there is to know."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.finding = Finding(OPEN, True, "connected")


class HttpTalk(Talk):
    """GET, and any valid status line."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.missing = "HTTP answer"
        self.opening = (
            f"GET {target.path} HTTP/1.1\r\nHost: {target.address}:{target.port}\r\n"
            "User-Agent: peerlb_probe\r\nConnection: close\r\n\r\n"
        ).encode()

    def receive(self, data: bytes) -> bytes:
        self.heard = True
        self._buffer += data
        head = self._buffer[:12]
        if re.fullmatch(rb"HTTP/1\.[01] [1-5]\d\d", head):
            self.finding = Finding(OPEN, True, head.decode())
        elif len(head) == 12 or not b"HTTP/1.".startswith(head[:7]):
            self.finding = Finding(WRONG_PROTOCOL, True, f"not HTTP: {self._buffer[:24]!r}")
        return b""


class MysqlTalk(Talk):
    """A login that is refused, to its very end: a handshake cut short counts against us.

    A server that looks our name up before it greets may do so long after our time is out. It must
    then find a login in its buffer: hence the blind one as the parting.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.missing = "MySQL greeting"
        self.parting = BLIND_LOGIN
        self._greeted = False

    def receive(self, data: bytes) -> bytes:
        self.heard = True
        self._buffer += data
        replies = []
        try:
            while self.finding is None:
                packet, self._buffer = take_packet(self._buffer)
                if packet is None:
                    break
                replies.append(self._answer(packet))
        except MysqlFormatError as exc:
            self.finding = Finding(WRONG_PROTOCOL, True, f"not MySQL: {exc}")
        return b"".join(replies)

    def _answer(self, packet: Packet) -> bytes:
        if not self._greeted:
            return self._greet(packet)
        answer = answer_login(packet.payload)
        if isinstance(answer, bytes):
            return packet.reply(answer) if answer else b""
        self.finding = _ending(f"{self.seen}, ", answer)
        return QUIT if answer is None else b""

    def _greet(self, packet: Packet) -> bytes:
        greeting = parse_greeting(packet.payload)
        if isinstance(greeting, ServerError):
            self.finding = _ending("", greeting)
            return b""
        self._greeted = True
        self.seen, self.missing = f"{greeting.product} greeting", "answer to the login"
        self.parting = b""
        return packet.reply(greeting.response())


# The conversation for each protocol.
TALKS: dict[str, type[Talk]] = {"tcp": TcpTalk, "http": HttpTalk, "mysql": MysqlTalk}


def start(target: Target) -> Talk:
    """Return the conversation that the target's protocol asks for."""
    return TALKS[target.protocol](target)


def _ending(evidence: str, error: ServerError | None) -> Finding:
    if error is None:
        return Finding(OPEN, True, f"{evidence}login accepted without a password")
    if error.code == ACCESS_DENIED:
        return Finding(OPEN, True, f"{evidence}access denied as expected")
    # any other refusal comes from MySQL as well: the way there is open
    state = BLOCKED if error.code == HOST_IS_BLOCKED else OPEN
    return Finding(state, True, f"{evidence}MySQL error {error.code}: {error.message}")
