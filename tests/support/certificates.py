# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates made for tests: a CA, one below it, and certificates of servers."""

from __future__ import annotations

import datetime
import functools
import typing as t
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> str:
    """Return a key as PEM."""
    encryption: t.Any = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, encryption).decode()


@dataclass(frozen=True)
class Made:
    """A certificate with its key, and the certificates that stand between it and the root."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey
    above: tuple[str, ...] = ()

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def chain(self) -> str:
        """The certificate and those between it and the root."""
        return "".join((self.pem, *self.above))

    @property
    def key(self) -> str:
        """The key."""
        return key_pem(self.private)

    @property
    def text(self) -> str:
        """Chain and key, as nginx reads them."""
        return self.chain + self.key


@dataclass(frozen=True)
class Authority:
    """A CA; above is the one that vouches for it, or None for a root."""

    name: str = "test root"
    above: Authority | None = None
    private: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @functools.cached_property
    def pem(self) -> str:
        """Its own certificate."""
        signer = self.above or self
        builder = _builder(self.name, signer.name, self.private, -1, 3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        signed = builder.sign(signer.private, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self,
        *names: str,
        begins: float = -1,
        ends: float = 90,
        usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    ) -> Made:
        """Return a certificate for names of hosts; begins and ends are days from now."""
        private = new_key()
        builder = _builder(names[0] if names else "none", self.name, private, begins, ends)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
            builder = builder.add_extension(alternatives, False)
        between = (self.pem,) if self.above else ()
        return Made(builder.sign(self.private, hashes.SHA256()), private, between)


def _builder(
    subject: str, issuer: str, private: ec.EllipticCurvePrivateKey, begins: float, ends: float
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + ends * DAY)
    )
