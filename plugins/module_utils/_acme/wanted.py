# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a CA: its directory, the account, and the certificates with their names.

A release of nginx has it as the secret acme.json, because an external account has a key:

    {"directory": "https://acme.example/dir", "image": "goacme/lego:v4.35.2", "ca": "",
     "contact": "ops@shop.example", "eab": {"kid": "…", "key": "…"}, "profile": "shortlived",
     "certificates": [{"name": "shop", "names": ["shop.example", "www.shop.example"]}]}
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._values.entries import is_list, line, misfit, read_mapping, text

SECRET = "current/secrets/acme.json"
DIRECTORY = re.compile(r"https://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]*[:@][A-Za-z0-9._:-]+")
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
MAIL = re.compile(r"[^@\s]+@[A-Za-z0-9.-]+")
PROFILE = re.compile(r"[A-Za-z0-9._-]+")
PEM = "-----BEGIN CERTIFICATE-----"
# What stands beside the directories of certificates, so that none can have its name.
TAKEN = ("webroot", "lock", "tickets")
SETTINGS = ("directory", "image", "ca", "contact", "eab", "profile", "certificates")


class AcmeError(ValueError):
    """What is asked of the CA makes no sense; each line names one entry and what would be right."""


@dataclass(frozen=True)
class Certificate:
    """A certificate that is asked for: its name here, and the names that it covers."""

    name: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, entry: t.Any) -> Certificate:
        """Return the certificate of {"name": "shop", "names": ["shop.example"]}, or ValueError.

        A value that is not of its kind may hold a key, so the error does not show it.
        """
        given = read_mapping(entry, ("name", "names"), secret=True)
        name = text("name", given["name"], secret=True)
        if not NAME.fullmatch(name) or name in TAKEN:
            wanted = f"small letters, digits and hyphens, and none of {', '.join(TAKEN)}"
            raise misfit("name", name, wanted)
        if not is_list(given["names"]):
            raise misfit("names", given["names"], "a list such as [shop.example]", secret=True)
        for each in given["names"]:
            if not HOST.fullmatch(text("names", each, secret=True)):
                wanted = "a name such as shop.example; a CA gives no wildcard over port 80"
                raise misfit("names", each, wanted)
        return cls(name, tuple(dict.fromkeys(given["names"])))


@dataclass(frozen=True)
class Wanted:
    """All that is asked of one CA.

    ca: the certificates, as PEM, that the directory's own certificate is verified by; "" for the
    well-known ones. kid and key: the external account, "" for none. profile: one that the CA
    offers, such as shortlived for 6 days, or "".
    """

    directory: str
    image: str
    certificates: tuple[Certificate, ...] = ()
    ca: str = ""
    contact: str = ""
    kid: str = ""
    key: str = field(default="", repr=False)
    profile: str = ""

    @classmethod
    def parse(cls, entry: t.Any) -> Wanted:
        """Return what an entry asks for; an AcmeError has a line for each fault, and no key."""
        if not isinstance(entry, t.Mapping):  # it may hold a key, which no message shows
            raise AcmeError("peerlb_acme: is not a mapping with directory")
        try:
            given = read_mapping(entry, ("directory", "image"), SETTINGS[2:])
        except ValueError as exc:
            raise AcmeError(f"peerlb_acme: {exc}") from None
        problems = [*_problems(given)]
        certificates = []
        listed = given.get("certificates") or []
        for number, each in enumerate(listed if is_list(listed) else [], 1):
            try:
                certificates.append(Certificate.parse(each))
            except ValueError as exc:
                problems.append(f"certificate {_name(each) or number}: {exc}")
        names = [each.name for each in certificates]
        problems += [f"certificate {n}: is there twice" for n in {*names} if names.count(n) > 1]
        if problems:
            raise AcmeError("\n".join(problems))
        known = {each: given.get(each) or "" for each in SETTINGS[:4]}
        eab = given.get("eab") or {}
        account = {"kid": eab.get("kid", ""), "key": eab.get("key", "")}
        profile = given.get("profile") or ""
        return cls(certificates=tuple(certificates), profile=profile, **known, **account)

    def identity(self, certificate: Certificate) -> str:
        """Return what stands for a certificate: it is asked for anew when this changes."""
        # The contact has an account of its own, and the image, the CA bundle and the key of the
        # external account say how the CA is asked, not what for.
        parts = [self.directory, self.profile, certificate.name, *certificate.names]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _name(entry: t.Any) -> str:
    """Return the name of an entry that may be wrong, "" if it has none that is text."""
    name = entry.get("name") if isinstance(entry, t.Mapping) else None
    return name if isinstance(name, str) else ""


def _problems(given: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield a sentence for each setting of the CA that makes no sense."""
    kinds = {
        "directory": (DIRECTORY, "a URL such as https://acme.example/dir, of https"),
        "image": (IMAGE, "an image with its tag, such as goacme/lego:v4.35.2"),
        "contact": (MAIL, "a mail address"),
        "profile": (PROFILE, "the name of a profile such as shortlived"),
    }
    for key, (pattern, wanted) in kinds.items():
        value = given.get(key) or ""
        try:
            if line(key, text(key, value, secret=True)) and not pattern.fullmatch(value):
                raise misfit(key, value, wanted)
        except ValueError as exc:
            yield f"peerlb_acme: {exc}"
    ca = given.get("ca") or ""
    if not isinstance(ca, str) or (ca and PEM not in ca):
        yield f"peerlb_acme: ca is not text with a line {PEM}"
    if problem := _account_problem(given.get("eab") or {}):
        yield f"peerlb_acme: eab: {problem}"
    if not is_list(given.get("certificates") or []):
        yield f"certificates: {misfit('', given['certificates'], 'a list', secret=True)}"


def _account_problem(eab: t.Any) -> str:
    """Return what is wrong with an external account, or ""; no message shows its key."""
    if not isinstance(eab, t.Mapping):
        return "is not a mapping with kid and key"
    try:
        given = read_mapping(eab, ("kid", "key")) if eab else {}
        for key in given:
            if not re.fullmatch(r"[!-~]+", text(key, given[key], secret=True)):
                return f"{key} is not text of one line without spaces"
    except ValueError as exc:
        return str(exc)
    return ""


def read_wanted(root: Path) -> Wanted | None:
    """Return what the live release below root asks for, None if nothing; an AcmeError says why."""
    path = root / SECRET
    try:
        return Wanted.parse(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except json.JSONDecodeError as exc:
        raise AcmeError(f"{path} is no JSON: {exc.msg}") from None
