# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read `peerlb_certificates`: which certificates there are, for which names, and from where."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ...module_utils._values.entries import (
    errors_at,
    is_list,
    misfit,
    one_of,
    read_mapping,
    shown,
    text,
    typed,
    whole_number,
)

SOURCES = ("given", "own_ca", "acme")
LONGEST = 825  # days; what browsers take of a CA of one's own
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
CERTIFICATE_NAME = re.compile(LABEL)
HOST_NAME = re.compile(rf"(?:\*\.)?(?:{LABEL}\.)+{LABEL}|{LABEL}")
# The keys of tickets stand among the certificates, and a CA of one's own among what it issued.
RESERVED = ("tickets", "ca")
PEM_CERTIFICATE, PEM_KEY = "-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----"


class TlsError(ValueError):
    """A certificate or a setting of TLS that is declared wrongly; one line for each fault."""


@dataclass(frozen=True)
class Certificate:
    """A certificate as it is declared.

    names are the names of hosts, such as shop.example or *.shop.example. certificate, key and ca
    are PEM, of source "given" alone; ca is a CA that the hosts do not know. days is how long a
    certificate of source "own_ca" is valid.
    """

    name: str
    names: tuple[str, ...]
    source: str
    certificate: str = ""
    key: str = field(default="", repr=False)
    ca: str = ""
    days: int = 90


def read_certificates(value: t.Any, place: str = "peerlb_certificates") -> tuple[Certificate, ...]:
    """Return the declared certificates; a TlsError names every entry that is wrong."""
    if not is_list(value):
        # A value of another shape may hold a key, so no message shows it.
        raise TlsError(f"{place} is not a list of certificates with name, names and source")
    found: list[Certificate] = []
    problems: list[str] = []
    for number, entry in enumerate(value, 1):
        name = entry.get("name") if isinstance(entry, t.Mapping) else None
        where = f"{place}: certificate {shown(name) if name and isinstance(name, str) else number}"
        try:
            with errors_at(where, TlsError):
                found.append(_certificate(entry))
        except TlsError as exc:
            problems.append(str(exc))
    problems += [f"{place}: {problem}" for problem in _doubles(found)]
    if problems:
        raise TlsError("\n".join(problems))
    return tuple(found)


def _certificate(entry: t.Any) -> Certificate:
    """Return one certificate; a ValueError names the first key that is wrong.

    A value that is not of its kind may hold a key, as {given: {key: ...}} in place of a source
    does, so no message shows it.
    """
    optional = ("certificate", "key", "ca", "days")
    given = read_mapping(entry, ("name", "names", "source"), optional, secret=True)
    given = {key: value for key, value in given.items() if value is not None}
    name = text("name", given["name"], secret=True)
    if not CERTIFICATE_NAME.fullmatch(name) or name in RESERVED:
        wanted = "small letters, digits and hyphens, at most 63, and not the words tickets and ca"
        raise misfit("name", name, wanted)
    source = one_of("source", text("source", given["source"], secret=True), SOURCES)
    certificate = Certificate(name, _names(given["names"], source), source)
    material = _material(given, source)
    days = whole_number("days", given.get("days", certificate.days), 1, LONGEST, secret=True)
    if "days" in given and source != "own_ca":
        raise ValueError(f"days is only for source own_ca; with {source} the CA decides")
    return Certificate(**{**vars(certificate), **material, "days": days})


def _names(value: t.Any, source: str) -> tuple[str, ...]:
    written = typed("names", value, list, secret=True)
    names = [text("names", each, secret=True) for each in written]
    for name in names:
        if not HOST_NAME.fullmatch(name) or len(name) > 253:
            raise misfit("names", name, "the name of a host in small letters, such as shop.example")
        if source == "acme" and name.startswith("*"):
            raise misfit("names", name, "a name that http-01 can prove; give such a certificate")
    if len(set(names)) < len(names):
        raise misfit("names", names, "a list in which each name stands once")
    return tuple(names)


def _material(given: t.Mapping[str, t.Any], source: str) -> dict[str, str]:
    """Return the PEM of a certificate that is given; a message never shows a key."""
    present = [key for key in ("certificate", "key", "ca") if given.get(key)]
    if source != "given":
        if present:
            raise ValueError(f"{', '.join(present)} is only for source given, not for {source}")
        return {}
    marks = {"certificate": PEM_CERTIFICATE, "key": PEM_KEY, "ca": PEM_CERTIFICATE}
    for key in ("certificate", "key"):
        if key not in present:
            raise ValueError(f"{key} is missing: source given needs the PEM of both")
    for key in present:
        if marks[key] not in text(key, given[key], secret=True):
            raise ValueError(f"{key} is no PEM: it has no line with {marks[key]}")
    return {key: given[key] for key in present}


def _doubles(certificates: t.Sequence[Certificate]) -> t.Iterator[str]:
    """Yield a message for each name that two certificates have."""
    seen: dict[str, str] = {}
    known: set[str] = set()
    for each in certificates:
        if each.name in known:
            yield f"certificate {each.name} is declared twice"
        known.add(each.name)
        for name in each.names:
            if seen.setdefault(name, each.name) != each.name:
                yield f"certificate {each.name}: {name} stands in {seen[name]} too; nginx takes one"
