# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chain of certificates with its key, as PEM. No I/O."""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass, field

BLOCK = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----\s.*?-----END (?P=label)-----", re.DOTALL)
KEYS = ("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")
CERTIFICATE = "CERTIFICATE"


class CertificateError(Exception):
    """A certificate is refused, or could not be brought into service; one line for each fault."""


@dataclass(frozen=True)
class Pair:
    """A chain, with the certificate of the server first, and its key. All are blocks of PEM."""

    chain: tuple[str, ...]
    key: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Pair:
        """Return the pair in a text; a ValueError says what the text lacks, and never shows it."""
        blocks = [(match["label"], _lines(match[0])) for match in BLOCK.finditer(text)]
        chain = tuple(block for label, block in blocks if label == CERTIFICATE)
        keys = [block for label, block in blocks if label in KEYS]
        if any("ENCRYPTED" in label or "ENCRYPTED" in block for label, block in blocks):
            raise ValueError("the key has a passphrase, which nginx cannot be asked for: remove it")
        if not chain:
            raise ValueError("there is no certificate: no block BEGIN CERTIFICATE")
        if len(keys) != 1:
            raise ValueError(f"there are {len(keys)} keys, not one block BEGIN PRIVATE KEY")
        return cls(chain, keys[0])

    @property
    def text(self) -> str:
        """The file that nginx reads: the chain, then the key."""
        return "\n".join((*self.chain, self.key)) + "\n"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the chain, which tells nothing of the key."""
        return hashlib.sha256("\n".join(self.chain).encode()).hexdigest()

    @property
    def leaf(self) -> bytes:
        """The certificate of the server as DER, which is what a handshake shows."""
        return ssl.PEM_cert_to_DER_cert(self.chain[0])


def certificates(text: str) -> tuple[str, ...]:
    """Return the blocks of certificates in a text, such as those of CAs."""
    found = (match for match in BLOCK.finditer(text) if match["label"] == CERTIFICATE)
    return tuple(_lines(match[0]) for match in found)


def _lines(block: str) -> str:
    """Return a block of PEM with the line ends of this system, and without blanks around lines."""
    return "\n".join(line.strip() for line in block.splitlines())
