# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a MySQL server, as a user of its own, whether it takes writes. No I/O."""

from __future__ import annotations

import contextlib
import functools
import json
import ssl
from dataclasses import dataclass, field

from .conversation import Conversation
from .mysql import (
    ASK_READ_ONLY,
    BLIND_LOGIN,
    QUIT,
    MysqlFormatError,
    Packet,
    ServerError,
    login,
    parse_greeting,
    printable,
    scramble,
    take_packet,
    tls_request,
)
from .target import OPEN, WRONG_PROTOCOL, Outcome, Target

# Of the answer to a query: the number of columns, the column, the end of the columns, the row.
_ROW = 4


@dataclass(frozen=True)
class Account:
    """A user of MySQL, who needs no privilege, and the user's password."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Account:
        """Return the account of {"user": "health", "password": "…"}, written in JSON.

        The message of a ValueError does not repeat the text.
        """
        try:
            entry = json.loads(text)
            user, password = entry["user"], entry["password"]
        except (ValueError, KeyError, TypeError):
            raise ValueError("no account: a mapping with user and password is wanted") from None
        if not (isinstance(user, str) and isinstance(password, str) and user):
            raise ValueError("no account: user and password have to be texts")
        return cls(user, password)


@functools.lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    # MySQL makes its certificate itself, so there is nothing to verify it with. Who takes the
    # server's place can read the password of a user who may do nothing.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class MysqlRoleConversation(Conversation):
    """A login in TLS, and then one query: SELECT @@global.read_only.

    A server that does not know the password yet asks for it in clear, which only TLS allows.
    """

    def __init__(self, target: Target, account: Account) -> None:
        super().__init__(target)
        self.awaited, self.parting = "MySQL greeting", BLIND_LOGIN
        self._account = account
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._login = b""  # is sent as soon as TLS stands
        self._answers = -1  # packets that answered the query; -1 before the query

    def receive(self, data: bytes) -> bytes:
        """Take bytes that the server sent; return the bytes to send back, b"" for none."""
        self.answered = True
        try:
            if self._tls is None:
                return self._greet(data)
            self._received.write(data)
            self._advance(self._tls)
        except MysqlFormatError as exc:
            self.outcome = Outcome(WRONG_PROTOCOL, True, f"not MySQL: {exc}")
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as exc:
            self.outcome = Outcome(WRONG_PROTOCOL, True, f"TLS fails: {exc.reason}")
        return self._unsent.read()

    def _greet(self, data: bytes) -> bytes:
        self._buffer += data
        packet, self._buffer = take_packet(self._buffer)
        if packet is None:
            return b""
        greeting = parse_greeting(packet.payload)
        if isinstance(greeting, ServerError):
            self._end(str(greeting))
            return b""
        if not greeting.offers_tls:
            self._end("offers no TLS, so its role cannot be asked")
            return BLIND_LOGIN
        self.awaited, self.parting = "TLS handshake", b""
        secret = scramble(self._account.password, greeting.nonce)
        self._login = Packet(2, login(self._account.user, secret)).render()
        self._tls = _context().wrap_bio(self._received, self._unsent)
        return packet.reply(tls_request()) + self._hello(self._tls)

    def _hello(self, tls: ssl.SSLObject) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        return self._unsent.read()

    def _advance(self, tls: ssl.SSLObject) -> None:
        """Go on as far as the bytes reach. Raises ssl.SSLWantReadError if more are needed."""
        if self._login:
            tls.do_handshake()
            tls.write(self._login)
            self._login, self.awaited = b"", "answer to the login"
        while self.outcome is None:
            data = tls.read(4096)
            if not data:  # the end of TLS; that of the connection follows
                return
            self._buffer += data
            packet, self._buffer = take_packet(self._buffer)
            while packet is not None and self.outcome is None:
                reply = self._answer(packet)
                if reply:  # older versions of Python cannot write nothing
                    tls.write(reply)
                packet, self._buffer = take_packet(self._buffer)

    def _answer(self, packet: Packet) -> bytes:
        kind, rest = packet.payload[:1], packet.payload[1:]
        if kind == b"\xff":
            self._end(f"does not tell its role: {ServerError.parse(packet.payload)}")
            return b""
        if self._answers >= 0:
            self._answers += 1
            return self._read_row(packet.payload) if self._answers == _ROW else b""
        if kind == b"\x00":
            self._answers, self.awaited = 0, "answer to the query"
            return ASK_READ_ONLY
        clear = self._account.password.encode() + b"\0"
        if packet.payload == b"\x01\x04":
            return packet.reply(clear)
        plugin, _nul, nonce = rest.partition(b"\0")
        if kind == b"\xfe" and plugin == b"sha256_password":
            return packet.reply(clear)
        if kind == b"\xfe" and plugin == b"caching_sha2_password":
            return packet.reply(scramble(self._account.password, nonce[:20]))
        if kind == b"\xfe":
            self._end(f"wants a login by {printable(plugin)}, so its role cannot be asked")
        return b""

    def _read_row(self, row: bytes) -> bytes:
        self._end("" if row == b"\x010" else "takes no writes: read_only is on")
        return QUIT

    def _end(self, complaint: str) -> None:
        self.outcome, self.complaint = Outcome(OPEN, True, "MySQL answer"), complaint
