# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake's tokens: for a signed assertion, or for a VM from its metadata server."""

from __future__ import annotations

import base64
import datetime
import json
import secrets
import time
import typing as t
from dataclasses import dataclass, field
from functools import cache, cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
READER = "reader@shop-42.iam.gserviceaccount.com"
READ_ONLY = "https://www.googleapis.com/auth/compute.readonly"


def new_key() -> rsa.RSAPrivateKey:
    """Return a new private key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def account_key() -> rsa.RSAPrivateKey:
    """Return the service account's key, one for all tests because it takes time to make."""
    return new_key()


def pem(key: rsa.RSAPrivateKey) -> str:
    """Return a private key as PEM text."""
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()


def decoded(part: str) -> bytes:
    """Return the bytes of a part of a JSON Web Token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@dataclass
class Identity:
    """A service account, the tokens issued to it with their scopes, and the assertions it sent."""

    key: rsa.RSAPrivateKey = field(default_factory=account_key)
    issued: dict[str, set[str]] = field(default_factory=dict)
    assertions: list[str] = field(default_factory=list)

    def key_file(self, token_uri: str = AUDIENCE, key: rsa.RSAPrivateKey | None = None) -> str:
        """Return the JSON file that gcloud writes for a new key."""
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "shop-42",
                "private_key_id": "0123456789abcdef",
                "private_key": pem(key or self.key),
                "client_email": READER,
                "client_id": "1",
                "token_uri": token_uri,
                "universe_domain": "googleapis.com",
            }
        )

    def issue(self, scopes: t.Iterable[str]) -> dict[str, t.Any]:
        """Return the answer with a new token."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        self.issued[token] = set(scopes)
        return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, t.Any]]:
        """Return status and answer for an assertion: a token if the account's key signed it."""
        self.assertions.append(form.get("assertion", ""))
        problem = self._problem(form)
        if problem:
            return 400, {"error": "invalid_grant", "error_description": problem}
        claims = json.loads(decoded(form["assertion"].split(".")[1]))
        return 200, self.issue(claims["scope"].split())

    def _problem(self, form: dict[str, str]) -> str:
        if form.get("grant_type") != GRANT:
            return "Unsupported grant type"
        signed, _dot, signature = form["assertion"].rpartition(".")
        header, claims = (json.loads(decoded(part)) for part in signed.split("."))
        if (header["alg"], claims["iss"], claims["aud"]) != ("RS256", READER, AUDIENCE):
            return "Invalid JWT: wrong algorithm, issuer or audience"
        if not claims["iat"] - 60 <= time.time() < claims["exp"] <= claims["iat"] + 3600:
            return "Invalid JWT: Token must be a short-lived token"
        try:
            self.key.public_key().verify(
                decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return "Invalid JWT Signature."
        return ""

    def metadata(self, path: str) -> t.Any:
        """Return the answer of a VM's metadata server; None for an unknown path."""
        account = "instance/service-accounts/"
        name = path[len(account) :].split("/")[0] if path.startswith(account) else ""
        if name not in ("", "default", READER):
            return None
        return {
            "": "computeMetadata/",
            "project/project-id": "shop-42",
            "universe/universe-domain": "googleapis.com",
            f"{account}{name}/": {"email": READER, "scopes": [READ_ONLY], "aliases": ["default"]},
            f"{account}{name}/email": READER,
            f"{account}{name}/token": self.issue([READ_ONLY]),
        }.get(path)


@cache
def authority() -> Authority:
    """Return the authority of all tests, because it takes time to make one."""
    return Authority()


class Authority:
    """A certificate authority, and a server's certificate that it issued for *.googleapis.com."""

    def __init__(self) -> None:
        self._key = new_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._public = self._key.public_key()

    @cached_property
    def certificate(self) -> bytes:
        """The authority's own certificate as PEM text."""
        return self._sign(self._name, self._public, x509.BasicConstraints(True, None), [])

    @cached_property
    def server(self) -> bytes:
        """The server's certificate and key as PEM text."""
        key = new_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test server")])
        names: list[x509.GeneralName] = [x509.DNSName("*.googleapis.com")]
        made = self._sign(name, key.public_key(), x509.BasicConstraints(False, None), names)
        return made + pem(key).encode()

    def _sign(
        self, name: x509.Name, key: t.Any, kind: x509.BasicConstraints, names: list[t.Any]
    ) -> bytes:
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        usage = dict.fromkeys(
            ["content_commitment", "data_encipherment", "key_agreement", "encipher_only"], False
        )
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._public)
        made = (
            x509.CertificateBuilder(self._name, name, key, x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(kind, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issuer, critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_encipherment=not kind.ca,
                    key_cert_sign=kind.ca,
                    crl_sign=kind.ca,
                    decipher_only=False,
                    **usage,
                ),
                critical=True,
            )
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signed = made.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)
