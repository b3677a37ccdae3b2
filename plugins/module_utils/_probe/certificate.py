# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate says of itself, read from its bytes (DER) without trust in it. No I/O.

Python's `ssl` tells the names of a certificate only if it trusts it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone

from .mysql import printable

_UTC_TIME = 0x17
_VERSION, _EXTENSIONS, _DNS_NAME = 0xA0, 0xA3, 0x82  # with tags of their own
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_SUBJECT_NAMES = b"\x55\x1d\x11"

Element = tuple[int, bytes]  # a tag of one byte, and the content


class CertificateFormatError(ValueError):
    """The bytes are no certificate."""


@dataclass(frozen=True)
class Certificate:
    """What a probe tells of a certificate.

    names: the DNS names that it is for, else the common name of its subject; issuer: the common
    name of who signed it, or the organisation; ends: until when it is good.
    """

    names: tuple[str, ...]
    issuer: str
    ends: datetime

    @classmethod
    def parse(cls, raw: bytes) -> Certificate:
        """Read a certificate in DER. Raises CertificateFormatError."""
        try:
            (_tag, whole), *_rest = _elements(raw)
            (_tag, body), *_rest = _elements(whole)
            fields = _elements(body)
            if fields[0][0] == _VERSION:
                del fields[0]
            _serial, _algorithm, issuer, validity, subject, *others = fields
            _begins, (kind, ends) = _elements(validity[1])
            names = _dns_names(others) or (_name(subject[1]),)
            return cls(names, _name(issuer[1]), _time(kind, ends))
        except (IndexError, ValueError) as exc:
            raise CertificateFormatError(f"no certificate: {raw[:16]!r}") from exc

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it ends; less than 0 once it has ended."""
        return (self.ends - now).days

    def sentence(self, now: datetime) -> str:
        """Return "certificate of shop.example by own CA, 89 days left"."""
        days = self.days_left(now)
        left = f"{days} days left" if days >= 0 else f"ended {-days} days ago"
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        return f"certificate of {self.names[0]}{more} by {self.issuer}, {left}"


def _elements(data: bytes) -> list[Element]:
    """Return the elements that stand one after the other. Raises a ValueError or IndexError."""
    found = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        if start + length > len(data):
            raise ValueError("an element is cut short")
        found.append((tag, data[start : start + length]))
        data = data[start + length :]
    return found


def _name(content: bytes) -> str:
    """Return the common name of a subject or an issuer, else its organisation, else "nobody"."""
    found = {}
    for _tag, group in _elements(content):
        for _tag, pair in _elements(group):
            (_oid, key), (_kind, value) = _elements(pair)
            found[key] = printable(value)
    return found.get(_COMMON_NAME) or found.get(_ORGANISATION) or "nobody"


def _time(kind: int, content: bytes) -> datetime:
    """Return a time as certificates write it: 261128225354Z, or with four digits of the year."""
    pattern = "%y%m%d%H%M%SZ" if kind == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(content.decode(), pattern).replace(tzinfo=timezone.utc)


def _dns_names(fields: t.Iterable[Element]) -> tuple[str, ...]:
    """Return the DNS names of the extension subjectAltName; () if there are none."""
    for _tag, content in (each for each in fields if each[0] == _EXTENSIONS):
        for _tag, extension in _elements(_elements(content)[0][1]):
            (_kind, key), *_critical, (_octets, value) = _elements(extension)
            if key == _SUBJECT_NAMES:
                names = _elements(_elements(value)[0][1])
                return tuple(printable(name) for kind, name in names if kind == _DNS_NAME)
    return ()
