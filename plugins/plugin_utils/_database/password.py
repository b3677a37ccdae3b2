# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What MySQL stores of a password of the plugin caching_sha2_password."""

from __future__ import annotations

import hashlib

ROUNDS = 5000  # MySQL writes this number in thousands: "005"
ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The order in which SHA-crypt writes the bytes of a digest. Each group becomes four characters, the
# last one three.
GROUPS = [((i * 21) % 30, (i * 21 + 10) % 30, (i * 21 + 20) % 30) for i in range(10)]


def stored_password(password: str, salt: str) -> str:
    """Return what mysql.user holds: stored_password("secret", 20 * "a") begins with "$A$005$aaaa".

    salt: 20 ASCII characters.
    The password is taken as UTF-8, as the module mysql_user and the program mysql take it.
    """
    return f"$A${ROUNDS // 1000:03d}${salt}{_sha256_crypt(password.encode(), salt.encode())}"


def is_stored(text: str) -> bool:
    """Tell whether a text is what MySQL stores of a password, so that somebody can log in."""
    return text.startswith("$A$") and len(text) == len("$A$005$") + 20 + 43


def is_password(password: str, stored: str) -> bool:
    """Tell whether what MySQL stores is of this password; another number of rounds tells False."""
    return stored == stored_password(password, stored[7:27])


def salt_of(name: str, host: str, server: str) -> str:
    """Return the salt that an account keeps on one server, so that its password can be compared.

    server: the name of the server's host in the inventory.
    """
    return hashlib.sha256(f"{name}@{host} {server}".encode()).hexdigest()[:20]


def _sha256_crypt(password: bytes, salt: bytes) -> str:
    """Return the digest of SHA-crypt, 43 characters: https://www.akkadia.org/drepper/SHA-crypt.txt

    MySQL takes 20 bytes of salt, where crypt(3) takes 16.
    """
    inner = _sha256(password + salt + password)
    start = password + salt + _repeat(inner, len(password))
    bits = len(password)
    while bits:
        start += inner if bits & 1 else password
        bits >>= 1
    digest = _sha256(start)
    keys = _repeat(_sha256(password * len(password)), len(password))
    salts = _repeat(_sha256(salt * (16 + digest[0])), len(salt))
    for turn in range(ROUNDS):
        text = keys if turn & 1 else digest
        text += salts if turn % 3 else b""
        text += keys if turn % 7 else b""
        digest = _sha256(text + (digest if turn & 1 else keys))
    triples = [(digest[a] << 16) | (digest[b] << 8) | digest[c] for a, b, c in GROUPS]
    last = (digest[31] << 8) | digest[30]
    return "".join(_base64(each, 4) for each in triples) + _base64(last, 3)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _repeat(data: bytes, length: int) -> bytes:
    return (data * (length // len(data) + 1))[:length]


def _base64(value: int, length: int) -> str:
    return "".join(ALPHABET[(value >> 6 * place) & 63] for place in range(length))
