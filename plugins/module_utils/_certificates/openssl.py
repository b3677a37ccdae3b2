# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the command line tool `openssl`, which every host has, what a certificate says.

Keys reach it on the standard input alone: arguments can be seen by every user of the host.
"""

from __future__ import annotations

import re
import ssl
import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .pem import CertificateError, Pair

Run = t.Callable[..., "tuple[int, str, str]"]  # command to (rc, stdout, stderr); data=: its stdin
FIELDS = ["-noout", "-nameopt", "RFC2253", "-serial", "-issuer", "-subject", "-dates"]
PLACEHOLDER_DAYS = 90


@dataclass(frozen=True)
class Facts:
    """What a certificate says: serial in hexadecimal; begins and ends in seconds of the epoch."""

    names: tuple[str, ...]
    serial: str
    issuer: str
    subject: str
    begins: float
    ends: float

    @property
    def self_signed(self) -> bool:
        """Whether no other certificate vouches for this one."""
        return self.issuer == self.subject


@dataclass(frozen=True)
class Openssl:
    """The command line tool."""

    run: Run

    def facts(self, certificate: str) -> Facts:
        """Return what a certificate (PEM) says; a CertificateError says that it is none."""
        out = self._ask(["x509", *FIELDS], certificate)
        told = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        return Facts(
            self._names(certificate),
            told["serial"].strip(),
            told["issuer"].strip(),
            told["subject"].strip(),
            ssl.cert_time_to_seconds(told["notBefore"].strip()),
            ssl.cert_time_to_seconds(told["notAfter"].strip()),
        )

    def _names(self, certificate: str) -> tuple[str, ...]:
        """Return the names of hosts in a certificate, in small letters; () if it has none."""
        command = ["x509", "-noout", "-ext", "subjectAltName"]
        return tuple(
            name.lower() for name in re.findall(r"DNS:([^,\s]+)", self._ask(command, certificate))
        )

    def fits(self, pair: Pair) -> bool:
        """Tell whether the key of a pair is that of its first certificate."""
        public = self._ask(["x509", "-noout", "-pubkey"], pair.chain[0])
        return public.split() == self._ask(["pkey", "-pubout"], pair.key).split()

    def chain_problem(self, pair: Pair, ca: str) -> str:
        """Return why a chain does not lead to a CA, in the words of openssl; "" if it does.

        ca: the CAs to trust, as PEM; "" trusts those of the system.
        """
        with tempfile.TemporaryDirectory() as place:
            files = {"leaf": pair.chain[0], "chain": "\n".join(pair.chain[1:]), "ca": ca}
            paths = {name: str(Path(place, f"{name}.pem")) for name in files}
            for name, text in files.items():
                Path(paths[name]).write_text(f"{text}\n", encoding="ascii")
            trusted = ["-CAfile", paths["ca"], "-no-CApath", "-partial_chain"] if ca else []
            between = ["-untrusted", paths["chain"]] if pair.chain[1:] else []
            command = ["openssl", "verify", "-purpose", "sslserver", *trusted, *between]
            code, out, err = self.run([*command, paths["leaf"]])
        found = re.findall(r"error \d+ at \d+ depth lookup: ?(.+)", out + err)
        return "" if code == 0 else (found or [(err or out).strip()])[0]

    def placeholder(self, names: t.Sequence[str]) -> Pair:
        """Return a certificate that vouches for itself, so that nginx can start without another."""
        command = [
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "-", "-days", str(PLACEHOLDER_DAYS), "-subj", "/CN=peerlb placeholder"),
            *("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)),
        ]
        return Pair.parse(self._ask(command, ""))

    def _ask(self, arguments: list[str], data: str) -> str:
        code, out, err = self.run(["openssl", *arguments], data=data)
        if code != 0:
            lines = [line for line in err.splitlines() if line.strip()]
            raise CertificateError(f"openssl {arguments[0]}: {(lines or ['it failed'])[0].strip()}")
        return out
