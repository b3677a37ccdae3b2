# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nginx on this host takes a certificate, and new keys for session tickets."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._certificates import tickets
from .._certificates.commands import run
from .._certificates.install import install
from .._certificates.serving import ServingNginx
from .._certificates.store import CertificateStore
from .wanted import Certificate

OWNER = "the unit peerlb-certificates"
LOCK_SECONDS = 300.0  # for a release that goes live; CAs take longer than that anyway


@dataclass(frozen=True)
class Installer:
    """The nginx below root. run: runs a program, as `_certificates/commands.py` does."""

    root: Path
    run: t.Callable[..., tuple[int, str, str]] = run
    timeout: float = 15.0  # seconds until nginx shows what is new

    def install(self, certificate: Certificate, pem: str, ca: str) -> bool:
        """Let nginx serve a chain with its key, and return whether it did not yet.

        ca: what vouches for the chain, "" for the CAs that the host knows. A CertificateError says
        why the former one stays.
        """
        store, nginx = self._parts()
        name, names = certificate.name, certificate.names
        with store.lock(OWNER, wait=LOCK_SECONDS):
            # Forced, because another profile of the CA may be for a shorter time than the former.
            return install(store, name, pem, nginx, names=names, source="acme", ca=ca, forced=True)

    def rotate_tickets(self) -> bool:
        """Make a new key of session tickets once a day, and return whether there is one.

        A host without such keys has no TLS. A CertificateError says what stands in the way.
        """
        store, nginx = self._parts()
        if not (store.directory / "tickets").is_dir():
            return False
        with store.lock(OWNER, wait=LOCK_SECONDS):
            rotated = tickets.rotate(store, time.time())
            if rotated and nginx.runs():
                nginx.reload()
        return rotated

    def _parts(self) -> tuple[CertificateStore, ServingNginx]:
        nginx = ServingNginx(self.run, self.root, timeout=self.timeout)
        return CertificateStore(self.root), nginx
