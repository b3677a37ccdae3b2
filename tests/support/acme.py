# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA and lego for tests: certificates by openssl, and what lego would leave on the disk."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._acme.wanted import Wanted

ENTRY = {
    "directory": "https://acme.example/dir",
    "image": "goacme/lego:v4.35.2",
    "certificates": [{"name": "shop", "names": ["shop.example", "www.shop.example"]}],
}


def wanted(**settings: t.Any) -> Wanted:
    """Return what is asked of a CA, with these settings."""
    return Wanted.parse({**ENTRY, **settings})


def certificate(names: t.Sequence[str], days: int = 90) -> tuple[str, str]:
    """Return a certificate that vouches for itself, and its key, as PEM."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:P-256", "-nodes", "-keyout", "-", "-days", str(days)]
    command += ["-subj", "/CN=test", "-addext"]
    command.append("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    key, mark, chain = text.partition("-----BEGIN CERTIFICATE-----")
    return mark + chain, key


@dataclass
class FakeLego:
    """Answers as `docker run … lego` does; errors are its next failures, in turn.

    issued: how many certificates it gave. due: whether `renew` gives another one.
    """

    root: Path
    due: bool = False
    days: int = 90
    errors: list[str] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    issued: int = 0

    def run(self, words: t.Sequence[str], _seconds: float) -> tuple[int, str]:
        """Return the code and the output of a command, and write what lego would write."""
        self.commands.append(list(words))
        if "run" not in words[1:2]:
            return 0, ""
        if self.errors:
            return 1, self.errors.pop(0)
        names = [words[at + 1] for at, word in enumerate(words) if word == "--domains"]
        if "renew" not in words or self.due:
            self._write(words, names)
        return 0, "2026/11/28 22:48:59 [INFO] [shop.example] Server responded with a certificate."

    def _write(self, words: t.Sequence[str], names: list[str]) -> None:
        volume = next(word for word in words if word.endswith(":/lego"))
        place = Path(volume.removesuffix(":/lego")) / "certificates"
        place.mkdir(exist_ok=True)
        chain, key = certificate(names, self.days)
        (place / f"{names[0]}.crt").write_text(chain)
        (place / f"{names[0]}.key").write_text(key)
        (place / f"{names[0]}.json").write_text(json.dumps({"domain": names[0]}))
        self.issued += 1

    def verbs(self) -> list[str]:
        """Return what lego was told: ["run", "renew"]."""
        asked = [words for words in self.commands if words[1] == "run"]
        return ["renew" if "renew" in words else "run" for words in asked]


@dataclass
class FakeInstaller:
    """Takes certificates instead of nginx; problem is why it refuses."""

    problem: Exception | None = None
    installed: list[tuple[str, str]] = field(default_factory=list)
    tickets: bool = False

    def install(self, certificate: t.Any, pem: str, _ca: str) -> bool:
        """Take a certificate, and return whether it is another one."""
        if self.problem:
            raise self.problem
        entry = (certificate.name, pem)
        fresh = self.installed[-1:] != [entry]
        self.installed.append(entry)
        return fresh

    def rotate_tickets(self) -> bool:
        """Return whether there is a new key."""
        return self.tickets
