# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fingerprint of an OpenPGP key, without a program that a small host may lack. No I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

ARMOR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:.+\r?\n)*?\r?\n(.+?)\r?\n(?:=|-----END)", re.S
)
PUBLIC_KEY = 6  # the tag of a packet with a primary key


def fingerprints(data: bytes) -> list[str]:
    """Return the fingerprints of the primary keys in a file, armored or not; [] if it has none."""
    armored = ARMOR.search(data)
    try:
        packets = list(_packets(base64.b64decode(armored[1]) if armored else data))
    except (binascii.Error, IndexError):
        return []
    return [
        hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
        .hexdigest()
        .upper()
        for tag, body in packets
        if tag == PUBLIC_KEY and body[:1] == b"\x04"
    ]


def is_key(data: bytes, fingerprint: str) -> bool:
    """Tell whether a file holds the key of a fingerprint, which may have spaces, and no other."""
    return fingerprints(data) == [fingerprint.replace(" ", "").upper()]


def _packets(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    """Yield the tag and body of each packet (RFC 4880, section 4.2)."""
    while data:
        first = data[0]
        if first & 0x40:
            tag, start, size = first & 0x3F, *_new_length(data)
        else:
            tag, width = (first >> 2) & 0x0F, 1 << (first & 0x03)
            start, size = 1 + width, int.from_bytes(data[1 : 1 + width], "big")
        yield tag, data[start : start + size]
        data = data[start + size :]


def _new_length(data: bytes) -> tuple[int, int]:
    """Return where the body of a packet of the new format starts, and its length."""
    if data[1] < 192:
        return 2, data[1]
    if data[1] < 224:
        return 3, ((data[1] - 192) << 8) + data[2] + 192
    return 6, int.from_bytes(data[2:6], "big")
