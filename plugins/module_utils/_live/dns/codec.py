# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx's resolver is answered, as the bytes of DNS. No Ansible, no I/O.

nginx asks for two types of records. SRV of a service, such as _http._tcp.web.peerlb, are the
members of a pool with their weights. A of a member, such as 0a0100020bb8.m.peerlb, is the member's
address. The address stands in the name, so that the answer is the same for ever.

nginx empties a pool that does not exist (NXDOMAIN) or has no records, and keeps the last answer
after any other error. So whatever is not known here is answered with SERVFAIL.
"""

from __future__ import annotations

import hashlib
import re
import struct
import typing as t
from dataclasses import dataclass

from ..shares import Share

DOMAIN = "peerlb"
# nginx sends no EDNS, and reads answers of up to 4096 bytes by UDP all the same.
UDP_BYTES = 4096
TCP_BYTES = 65535

A, AAAA, SRV = 1, 28, 33
IN = 1  # the class of the Internet
SERVFAIL = 2
# Flags of a head: whether it is a response, its kind, of authority, truncated, recursion desired.
RESPONSE, OPCODE, AUTHORITY, TRUNCATED, RECURSION = 0x8000, 0x7800, 0x0400, 0x0200, 0x0100

# nginx asks for a pool again each second. With a TTL of 1 it would ask each other second, because
# its cache keeps an answer to the end of the second in which the TTL ends.
SRV_SECONDS = 0
A_SECONDS = 3600
SERVING, BACKUP = 0, 10  # priorities; nginx takes all but the lowest number for backups

_HEAD = struct.Struct("!6H")
_TYPE_AND_CLASS = struct.Struct("!2H")
_RECORD = struct.Struct("!3HLH")  # name, type, class, seconds to live, length of the data
_SERVICE = struct.Struct("!3H")  # priority, weight, port
_NAME_ASKED = 0xC000 + _HEAD.size  # a pointer to the name in the question
_MEMBER = re.compile(rf"([0-9a-f]{{8}})[0-9a-f]{{4}}\.m\.{DOMAIN}")
_POOL = re.compile(rf"_(http|tcp)\._tcp\.([^.]+)\.{DOMAIN}")

Service = tuple[str, str]  # protocol and label, such as ("http", "web")


@dataclass(frozen=True)
class Question:
    """What a query asks: its name in lower case without the last dot, type and class.

    text holds the bytes of the question, which an answer repeats as they are.
    """

    number: int
    flags: int
    name: str
    kind: int
    of_class: int
    text: bytes

    @classmethod
    def read(cls, query: bytes) -> Question | None:
        """Return the question of a query; None if the bytes are no query with one question."""
        if len(query) < _HEAD.size:
            return None
        number, flags, questions = _HEAD.unpack_from(query)[:3]
        if flags & (RESPONSE | OPCODE) or questions != 1:
            return None
        labels, at = [], _HEAD.size
        while at < len(query) and query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]])
            # A name of a question is not compressed, so a label has at most 63 bytes.
            if query[at] > 63:
                return None
            at += 1 + query[at]
        end = at + 1 + _TYPE_AND_CLASS.size
        if len(query) < end or end - _HEAD.size > 255 + _TYPE_AND_CLASS.size:
            return None
        kind, of_class = _TYPE_AND_CLASS.unpack_from(query, at + 1)
        # latin-1 reads any byte. A dot inside of a label must not look like the end of a label.
        name = ".".join(label.decode("latin-1").replace(".", "\\") for label in labels).lower()
        return cls(number, flags, name, kind, of_class, query[_HEAD.size : end])

    @property
    def service(self) -> Service | None:
        """Return protocol and label of the pool whose SRV records are asked for, or None."""
        found = _POOL.fullmatch(self.name)
        asks_for_it = found and (self.kind, self.of_class) == (SRV, IN)
        return (found[1], found[2]) if found and asks_for_it else None


class Zone:
    """The members of all pools at one moment, as records; it never changes."""

    def __init__(self, answers: t.Mapping[Service, t.Sequence[Share]]) -> None:
        """Take the shares of each pool, by protocol and label such as ("http", "web")."""
        self._records = {service: _srv_records(shares) for service, shares in answers.items()}

    def records(self, service: Service) -> list[bytes]:
        """Return the SRV records of a pool; [] if the pool is not known or no member serves."""
        return self._records.get(service, [])


def answer(question: Question, zone: Zone, limit: int) -> bytes:
    """Return the answer to a question, of at most so many bytes: UDP_BYTES or TCP_BYTES.

    An answer that is longer says by a flag that it was truncated, and has no records: nginx asks
    again by TCP.
    """
    records, error = _records(question, zone), 0
    # nginx refuses a truncated answer by TCP and asks again and again.
    if records is None or len(records) > MOST_MEMBERS:
        records, error = [], SERVFAIL
    flags = RESPONSE | AUTHORITY | question.flags & RECURSION | error
    if _HEAD.size + len(question.text) + sum(map(len, records)) > limit:
        records, flags = [], flags | TRUNCATED
    head = _HEAD.pack(question.number, flags, 1, len(records), 0, 0)
    return b"".join([head, question.text, *records])


def label_of(pool: str) -> str:
    """Return the label that names a pool in DNS: its own name where DNS and nginx can take it.

    "web" stays "web"; "Web_1" becomes "x-" and 16 hexadecimal digits.
    """
    if re.fullmatch(r"[a-z][a-z0-9-]{0,62}", pool):
        return pool
    return "x-" + hashlib.sha256(pool.encode()).hexdigest()[:16]


def member_name(address: str, port: int) -> str:
    """Return the name of a member in DNS: 10.1.0.2 and 3000 give "0a0100020bb8.m.peerlb"."""
    return bytes(map(int, address.split("."))).hex() + f"{port:04x}.m.{DOMAIN}"


def _records(question: Question, zone: Zone) -> list[bytes] | None:
    """Return the records that answer a question; None if nothing is known of what it asks."""
    if question.service:
        return zone.records(question.service) or None
    member = _MEMBER.fullmatch(question.name)
    if not member or question.of_class != IN:
        return None
    # A member has no IPv6 address, which is no error.
    known = {A: [_record(A, A_SECONDS, bytes.fromhex(member[1]))], AAAA: []}
    return known.get(question.kind)


def _srv_records(shares: t.Iterable[Share]) -> list[bytes]:
    """Return a record for each share; one of weight 0 has none, because nginx takes 0 for 1."""
    return [
        _record(
            SRV,
            SRV_SECONDS,
            _SERVICE.pack(BACKUP if each.backup else SERVING, each.weight, each.port)
            # RFC 2782 forbids that this name is compressed.
            + _encoded(member_name(each.address, each.port)),
        )
        for each in shares
        if each.weight
    ]


def _record(kind: int, seconds: int, data: bytes) -> bytes:
    return _RECORD.pack(_NAME_ASKED, kind, IN, seconds, len(data)) + data


def _encoded(name: str) -> bytes:
    """Return a name as labels, each after its length."""
    labels = name.encode().split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _most_members() -> int:
    """Return how many members fit the answer to the longest question, by TCP."""
    longest = _encoded(f"_http._tcp.{'x' * 63}.{DOMAIN}")
    rest = TCP_BYTES - _HEAD.size - len(longest) - _TYPE_AND_CLASS.size
    return rest // len(_srv_records([Share("", "10.0.0.1", 1)])[0])


MOST_MEMBERS = _most_members()  # of one pool
