# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for tests, and a server of TLS without a socket."""

from __future__ import annotations

import ssl
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class SignedPair:
    """A certificate that nobody signed but itself, and its key, both in PEM."""

    certificate: str
    key: str

    @classmethod
    def make(cls, names: t.Sequence[str], days: float = 89.5) -> t.Self:
        """Return a pair for these DNS names that ends in so many days; less than 0 is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own CA")])
        now = datetime.now(timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days))
        )
        if names:
            found = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(found, critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(certificate.public_bytes(Encoding.PEM).decode(), private.decode())

    def context(self, directory: Path) -> ssl.SSLContext:
        """Return the context of a server that shows the certificate."""
        path = directory / "pair.pem"
        path.write_text(self.certificate + self.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


class TlsServer:
    """A server without a socket: it shakes hands and sends an answer to what it is asked.

    heard: what the client asked in TLS.
    """

    def __init__(self, context: ssl.SSLContext, answer: bytes) -> None:
        self.heard, self._answer = b"", answer
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._unsent, server_side=True)
        self._shaken = False

    def take(self, data: bytes) -> bytes:
        """Take what the client sent, and return what the server sends."""
        self._received.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            while not self.heard.endswith(b"\r\n\r\n"):
                self.heard += self._tls.read()
            self._tls.write(self._answer)
        except ssl.SSLError:
            pass  # it wants more, or has written an alert
        return self._unsent.read()
