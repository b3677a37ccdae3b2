# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe says to a Redis or Valkey server, and what the answers mean. No I/O."""

from __future__ import annotations

from .conversation import Conversation
from .mysql import printable
from .target import OPEN, WRONG_PROTOCOL, Outcome, Target

_LONGEST_LINE = 512  # bytes; the lines that answer PING and ROLE are far shorter
# The server is up, but tells its role only to those who log in.
_REFUSALS = (b"-NOAUTH", b"-NOPERM")


class RedisConversation(Conversation):
    """PING, in the protocol's form of a plain line; with writes, ROLE after it.

    A server that wants a password is up. A server that still loads its data answers ROLE as well,
    so PING is asked in either case.
    """

    def __init__(self, target: Target, writes: bool = False) -> None:
        super().__init__(target)
        self.awaited = "Redis answer"
        self.opening = b"PING\r\nROLE\r\n" if writes else b"PING\r\n"
        self._writes = writes

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the answers; nothing is sent back."""
        self.answered = True
        self._buffer += data
        *lines, rest = self._buffer.split(b"\r\n")
        if self._buffer[:1] not in b"+-" or len(rest) > _LONGEST_LINE:
            problem = f"not Redis: {self._buffer[:24]!r}"
            self.outcome = Outcome(WRONG_PROTOCOL, True, problem)
        elif lines:
            self._judge(lines)
        return b""

    def _judge(self, lines: list[bytes]) -> None:
        if lines[0].startswith(_REFUSALS):
            self._end("needs a password to tell its role" if self._writes else "")
        elif lines[0] != b"+PONG":
            self._end(f"answers {printable(lines[0][1:])}")
        elif not self._writes:
            self._end("")
        elif len(lines) > 1 and lines[1].startswith(b"-"):
            self._end("needs a password to tell its role")
        elif len(lines) > 3:  # *3, $6, master
            role = printable(lines[3])
            self._end({"master": "", "slave": "is a replica"}.get(role, f"says its role is {role}"))

    def _end(self, complaint: str) -> None:
        self.outcome, self.complaint = Outcome(OPEN, True, "Redis answer"), complaint
