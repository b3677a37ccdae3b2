# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has to serve, from the entries of the module nginx_certificates."""

from __future__ import annotations

import typing as t

from .install import PLACEHOLDER
from .judge import Wanted, covers
from .openssl import Openssl
from .pem import CertificateError, Pair
from .store import CertificateStore

Entry = t.Mapping[str, t.Any]  # name, names, source, certificate, key, ca


def wanted(
    entries: t.Sequence[Entry], store: CertificateStore, openssl: Openssl, now: float, forced: bool
) -> list[Wanted]:
    """Return the certificates to serve; a CertificateError names every entry without a pair.

    An entry of source "acme" gets a placeholder until its own is there; what a CA has issued is
    left to the timer that renews it.
    """
    found, faults = [], []
    for entry in entries:
        try:
            found += _wanted(entry, store, openssl, now, forced)
        except ValueError as exc:
            faults.append(f"certificate {entry['name']}: {exc}")
    if faults:
        raise CertificateError("\n".join(faults))
    return found


def unissued(entries: t.Sequence[Entry]) -> list[Entry]:
    """Return the entries of one's own CA that it has not issued, as check mode leaves them."""
    return [each for each in entries if each["source"] == "own_ca" and not each["certificate"]]


def _wanted(
    entry: Entry, store: CertificateStore, openssl: Openssl, now: float, forced: bool
) -> list[Wanted]:
    name, names = entry["name"], tuple(entry["names"])
    if entry["source"] == "acme":
        return _placeholder(name, names, store, openssl, now)
    pair = Pair.parse(f"{entry['certificate']}\n{entry['key']}")
    return [Wanted(name, names, pair, entry["source"], entry.get("ca") or "", forced)]


def _placeholder(
    name: str, names: tuple[str, ...], store: CertificateStore, openssl: Openssl, now: float
) -> list[Wanted]:
    """Return a placeholder if one is needed: with none, nginx would not start."""
    present = store.current(name)
    if present and (present.source != PLACEHOLDER or _good(present.pair, names, openssl, now)):
        return []
    pair = openssl.placeholder(names)
    return [Wanted(name, names, pair, PLACEHOLDER, ca=pair.chain[0], forced=True)]


def _good(pair: Pair, names: tuple[str, ...], openssl: Openssl, now: float) -> bool:
    """Tell whether a placeholder is still valid, and for all the names."""
    try:
        facts = openssl.facts(pair.chain[0])
    except CertificateError:
        return False
    return now < facts.ends and all(
        any(covers(each, name) for each in facts.names) for name in names
    )
