# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates one's own CA has to issue, by the files that it has issued. No I/O.

DIRECTORY/ca.pem, ca.key   the CA; DIRECTORY/NAME.pem   a certificate followed by its key
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone

from ...module_utils._values.entries import missing
from .certificates import PEM_KEY, Certificate, TlsError

try:
    from cryptography import x509

    LACKING = ""
except ImportError as exc:  # Ansible brings it; community.crypto needs it too
    LACKING = str(exc)

CA = "ca.pem"
RENEWED_AT = 1 / 3  # of its lifetime is left


@dataclass(frozen=True)
class Issued:
    """What the CA has issued for a certificate: PEM, or "" for both."""

    certificate: str = ""
    key: str = ""

    @classmethod
    def of(cls, text: str) -> Issued:
        """Return the certificate and the key in a file of the CA."""
        begin = text.rfind("-----BEGIN", 0, max(text.find(PEM_KEY), 0))
        return cls(text[:begin], text[begin:]) if begin > 0 else cls()


def due(certificate: Certificate, issued: Issued, ca: str, now: datetime) -> str:
    """Return why a certificate has to be issued anew; "" if it has not.

    ca: the CA's own certificate. now has a time zone.
    """
    try:
        leaf = x509.load_pem_x509_certificate(issued.certificate.encode())
        authority = x509.load_pem_x509_certificate(ca.encode())
    except ValueError:
        return "none is issued yet"
    left, lifetime = _lifetime(leaf, now)
    if leaf.issuer != authority.subject:
        return "another CA has issued it"
    if _names(leaf) != set(certificate.names):
        return "its names have changed"
    if left < lifetime * RENEWED_AT:
        return f"{left / 86400:.0f} of its {lifetime / 86400:.0f} days are left"
    return ""


def _lifetime(leaf: t.Any, now: datetime) -> tuple[float, float]:
    """Return how many seconds are left, and how many there are in all."""
    begins, ends = _moment(leaf, "not_valid_before"), _moment(leaf, "not_valid_after")
    return (ends - now).total_seconds(), (ends - begins).total_seconds()


def _moment(leaf: t.Any, name: str) -> datetime:
    """Return a time of a certificate; versions before 42 tell it without a time zone."""
    told = getattr(leaf, f"{name}_utc", None)
    return told or getattr(leaf, name).replace(tzinfo=timezone.utc)


def _names(leaf: t.Any) -> set[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return set(found.value.get_values_for_type(x509.DNSName))


def entry(certificate: Certificate, issued: Issued, ca: str, now: datetime) -> dict[str, t.Any]:
    """Return a certificate as the module nginx_certificates takes it.

    One of one's own CA that is due has no PEM, so that check mode tells that it will change.
    """
    given = {"name": certificate.name, "names": list(certificate.names)}
    pem = {"certificate": certificate.certificate, "key": certificate.key, "ca": certificate.ca}
    if certificate.source == "own_ca":
        whole = Issued() if due(certificate, issued, ca, now) else issued
        pem = {"certificate": whole.certificate, "key": whole.key, "ca": ca}
    return {**given, "source": certificate.source, **pem}


def refuse_without(certificates: t.Sequence[Certificate], directory: str) -> None:
    """Raise a TlsError if a certificate needs the CA, and what that needs is missing."""
    if not any(each.source == "own_ca" for each in certificates):
        return
    if not directory:
        raise TlsError(f"peerlb_ca_dir: {missing('the directory of the CA')}")
    if LACKING:
        raise TlsError(f"source own_ca needs the Python package cryptography here: {LACKING}")
