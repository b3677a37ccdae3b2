# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host serves and how long it lasts, for nginx_release_info."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

from .judge import moment
from .openssl import Openssl, Run
from .pem import CertificateError
from .serving import ServingNginx
from .store import CertificateStore

A_DAY = 86400


def certificates_of(root: Path, run: Run, container: str) -> list[dict[str, t.Any]]:
    """Return what `certificates` does, of the store below root and of nginx in a container."""
    nginx = ServingNginx(run, root, container)
    return certificates(CertificateStore(root), nginx, Openssl(run), time.time())


def certificates(
    store: CertificateStore, nginx: ServingNginx, openssl: Openssl, now: float
) -> list[dict[str, t.Any]]:
    """Return each certificate in use: its names, from where it came, and its last renewal.

    {"name": "shop", "names": ["shop.example"], "source": "acme", "issuer": "CN=R11", "serial":
    "0A1B", "begins": "2027-01-01T10:00:00Z", "ends": …, "days_left": 60.2, "lifetime_days": 90.0,
    "used": True, "last_attempt": {…}}. One that cannot be read has an "error" instead of the rest.
    """
    return [_told(name, store, nginx, openssl, now) for name in store.names()]


def _told(
    name: str, store: CertificateStore, nginx: ServingNginx, openssl: Openssl, now: float
) -> dict[str, t.Any]:
    entry = {"name": name, "used": nginx.uses(name), "last_attempt": attempt(store, name)}
    try:
        present = store.current(name)
        if present is None:
            return {**entry, "error": "its file is missing or damaged"}
        facts = openssl.facts(present.pair.chain[0])
    except CertificateError as exc:
        return {**entry, "error": str(exc)}
    return {
        **entry,
        "names": list(facts.names),
        "source": present.source,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "begins": moment(facts.begins),
        "ends": moment(facts.ends),
        "days_left": round((facts.ends - now) / A_DAY, 2),
        "lifetime_days": round((facts.ends - facts.begins) / A_DAY, 2),
        "error": "",
    }


def attempt(store: CertificateStore, name: str) -> dict[str, t.Any]:
    """Return what the program that renews certificates wrote of its last attempt; {} if nothing."""
    try:
        told = json.loads((store.root / "acme" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
