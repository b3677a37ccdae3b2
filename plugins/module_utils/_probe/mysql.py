# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packets of a MySQL handshake, as a probe reads and writes them. No I/O."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

# An account that no server should have: the refusal is what ends the handshake.
USER = "peerlb_probe"

HOST_IS_BLOCKED = 1129
ACCESS_DENIED = 1045
SERVER_SHUTDOWN = 1053

_LONG_PASSWORD = 0x1
_PROTOCOL_41 = 0x200
_TLS = 0x800
_SECURE_CONNECTION = 0x8000
_PLUGIN_AUTH = 0x80000
_UTF8MB4 = 45
_SECRET_LOGIN = _LONG_PASSWORD | _PROTOCOL_41 | _TLS | _SECURE_CONNECTION | _PLUGIN_AUTH
_MAX_PAYLOAD = 16 * 1024  # bytes; a packet of a handshake is far smaller

_FAST_AUTH_OK = b"\x03"


class MysqlFormatError(ValueError):
    """The bytes that the server sent are no packet of a MySQL handshake.

    evidence: these bytes; the message shows the first 24 of them.
    """

    def __init__(self, problem: str, evidence: bytes) -> None:
        super().__init__(f"{problem}: {evidence[:24]!r}")


@dataclass(frozen=True)
class Packet:
    """A packet of MySQL's protocol; sequence: its number in the exchange, modulo 256."""

    sequence: int
    payload: bytes

    def render(self) -> bytes:
        """Return the packet as it is sent: a length of 3 bytes, the sequence, the payload."""
        return struct.pack("<I", len(self.payload))[:3] + bytes([self.sequence]) + self.payload

    def reply(self, payload: bytes) -> bytes:
        """Return the packet that answers this one, as it is sent."""
        return Packet((self.sequence + 1) % 256, payload).render()


def take_packet(buffer: bytes) -> tuple[Packet | None, bytes]:
    """Return the first packet of a buffer, None while it is incomplete, and the rest.

    Raises MysqlFormatError as soon as the length cannot be that of a handshake packet.
    """
    if len(buffer) < 4:
        return None, buffer
    length = int.from_bytes(buffer[:3], "little")
    if not 1 <= length <= _MAX_PAYLOAD:
        raise MysqlFormatError("impossible packet length", buffer)
    if len(buffer) < 4 + length:
        return None, buffer
    return Packet(buffer[3], buffer[4 : 4 + length]), buffer[4 + length :]


@dataclass(frozen=True)
class ServerError:
    """An ERR packet, such as 1045 with the message "Access denied …"."""

    code: int
    message: str

    def __str__(self) -> str:
        """Return both: "MySQL error 1040: Too many connections"."""
        return f"MySQL error {self.code}: {self.message}"

    @classmethod
    def parse(cls, payload: bytes) -> ServerError:
        """Read the payload of an ERR packet. Raises MysqlFormatError."""
        if len(payload) < 3:
            raise MysqlFormatError("an error packet without a code", payload)
        # An SQL state of 6 bytes stands before the message, but not in place of a greeting.
        text = payload[9:] if payload[3:4] == b"#" else payload[3:]
        return cls(int.from_bytes(payload[1:3], "little"), printable(text))


@dataclass(frozen=True)
class Greeting:
    """The server's first packet: a handshake of protocol version 10."""

    version: str
    plugin: str
    capabilities: int
    nonce: bytes = b""  # 20 bytes, with which a password is scrambled

    @classmethod
    def parse(cls, payload: bytes) -> Greeting:
        """Read the payload of a greeting. Raises MysqlFormatError."""
        version, _nul, rest = payload[1:].partition(b"\0")
        if payload[:1] != b"\x0a" or len(rest) < 15:
            raise MysqlFormatError("no greeting of protocol 10", payload)
        # thread id 4, scramble 8, filler 1, capabilities 2, charset 1, status 2, capabilities 2,
        # scramble length 1, reserved 10, rest of the scramble, plugin
        capabilities = int.from_bytes(rest[13:15] + rest[18:20], "little")
        plugin = b"mysql_native_password"
        if capabilities & _PLUGIN_AUTH and len(rest) > 31:
            plugin = rest[31 + max(13, rest[20] - 8) :].partition(b"\0")[0]
        nonce = rest[4:12] + rest[31:43]
        return cls(printable(version), printable(plugin), capabilities, nonce)

    @property
    def product(self) -> str:
        """The server's name and version: "MySQL 9.7.4"."""
        # MariaDB puts a version of MySQL before its own version, for old replicas.
        name = "MariaDB" if "MariaDB" in self.version else "MySQL"
        number = self.version[6:] if self.version.startswith("5.5.5-") else self.version
        return f"{name} {number}"

    @property
    def offers_tls(self) -> bool:
        """Whether the server can go on in TLS."""
        return bool(self.capabilities & _TLS)

    def response(self) -> bytes:
        """Return the payload of a complete HandshakeResponse41 without a password."""
        wanted = _LONG_PASSWORD | _PROTOCOL_41 | _SECURE_CONNECTION
        wanted |= self.capabilities & _PLUGIN_AUTH
        secret = no_password(self.plugin)
        fields = [
            struct.pack("<IIB23x", wanted, _MAX_PAYLOAD, _UTF8MB4),
            USER.encode() + b"\0",
            bytes([len(secret)]) + secret,
        ]
        if wanted & _PLUGIN_AUTH:
            fields.append(self.plugin.encode() + b"\0")
        return b"".join(fields)


def tls_request() -> bytes:
    """Return the payload that asks the server to go on in TLS: the head of a login."""
    return struct.pack("<IIB23x", _SECRET_LOGIN, _MAX_PAYLOAD, _UTF8MB4)


def login(user: str, secret: bytes) -> bytes:
    """Return the payload of a login in TLS, with the answer to caching_sha2_password."""
    name = user.encode() + b"\0"
    return tls_request() + name + bytes([len(secret)]) + secret + b"caching_sha2_password\0"


def scramble(password: str, nonce: bytes) -> bytes:
    """Return the answer to caching_sha2_password, which proves the password without telling it."""
    once = hashlib.sha256(password.encode()).digest()
    mask = hashlib.sha256(hashlib.sha256(once).digest() + nonce).digest()
    return bytes(left ^ right for left, right in zip(once, mask))


def no_password(plugin: str) -> bytes:
    """Return what a client without a password answers to an authentication plugin.

    The server refuses it at once: no key exchange, no second round trip and no TLS are needed.
    """
    return b"" if plugin == "mysql_native_password" else b"\0"


def parse_greeting(payload: bytes) -> Greeting | ServerError:
    """Read the payload of the server's first packet. Raises MysqlFormatError."""
    return ServerError.parse(payload) if payload[:1] == b"\xff" else Greeting.parse(payload)


def answer_login(payload: bytes) -> bytes | ServerError | None:
    """Read the payload of a packet that follows the login.

    Returns the payload to send next (b"" for none), the error that ended the login, or None if the
    server let the user in. Raises MysqlFormatError.
    """
    kind, rest = payload[:1], payload[1:]
    if kind == b"\xff":
        return ServerError.parse(payload)
    if kind == b"\x00":
        return None
    if kind == b"\xfe":  # use another plugin
        return no_password(printable(rest.partition(b"\0")[0]))
    if kind == b"\x01":  # more data; 0x04 asks for the password in full: there is none
        return b"" if rest == _FAST_AUTH_OK else b"\0"
    raise MysqlFormatError("no answer to a login", payload)


def printable(raw: bytes) -> str:
    """Return bytes from a server as one short line that is safe to print."""
    text = raw[:120].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "." for char in text)


# The login for a server whose greeting did not come in time.
BLIND_LOGIN = Packet(1, Greeting("", "caching_sha2_password", _PLUGIN_AUTH).response()).render()
QUIT = Packet(0, b"\x01").render()
# super_read_only switches read_only on as well, so one variable tells of both.
ASK_READ_ONLY = Packet(0, b"\x03SELECT @@global.read_only").render()
