# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask for the digests of images, all at once: the mirrors first, then the registry by the engine.

The engine asks mirrors itself, but before that it connects to the public hub. On a host whose
packets to the hub vanish, this takes the engine 20 s; a mirror answers in some milliseconds.
"""

from __future__ import annotations

import http.client
import json
import socket
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from .logins import LoginError, auth_header, read_config
from .names import ImageName

SOCKET = "/var/run/docker.sock"
# A registry answers with the digest of an image's index only if the request admits an index.
ACCEPTED = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
AT_ONCE = 8


class RegistryError(Exception):
    """The engine or a registry has no digest for a name; the text says why."""


@dataclass(frozen=True)
class Resolved:
    """images: a digest by name, "" without one. unresolved: for each "" a line that says why."""

    images: dict[str, str] = field(default_factory=dict)
    unresolved: list[str] = field(default_factory=list)


def resolve(names: t.Sequence[str], timeout: float = 5.0) -> Resolved:
    """Return the digests that the registries have for these names now. No error is raised.

    Resolved({"nginx:1.30": "sha256:3f9a…", "x:1": ""}, ["x:1: manifest unknown"])
    timeout: seconds that one answer may take.
    """
    unique = list(dict.fromkeys(names))
    if not unique:
        return Resolved()
    mirrors = _mirrors(timeout)
    with ThreadPoolExecutor(min(AT_ONCE, len(unique))) as pool:
        answers = list(pool.map(lambda name: _ask(name, mirrors, timeout), unique))
    return Resolved(
        {name: digest for name, (digest, _reason) in zip(unique, answers)},
        [f"{name}: {reason}" for name, (_digest, reason) in zip(unique, answers) if reason],
    )


def _ask(text: str, mirrors: list[str], timeout: float) -> tuple[str, str]:
    """Return the digest of one name and "", or "" and the reason why there is none."""
    try:
        name = ImageName.parse(text)
        for mirror in mirrors if name.on_hub else ():
            if digest := _from_mirror(mirror, name, timeout):
                return digest, ""
        return _from_engine(text, auth_header(read_config(), name, timeout), timeout), ""
    except (LoginError, RegistryError, ValueError) as exc:
        return "", str(exc)


def _mirrors(timeout: float) -> list[str]:
    """Return the addresses of the mirrors that the engine uses, [] if it does not tell."""
    try:
        return list((_engine("/info", timeout).get("RegistryConfig") or {}).get("Mirrors") or ())
    except RegistryError:
        return []


def _from_mirror(mirror: str, name: ImageName, timeout: float) -> str:
    """Return the digest that a mirror has, "" if the mirror does not say."""
    parts = urlsplit(mirror)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = f"{parts.path.rstrip('/')}/v2/{quote(name.path)}/manifests/{quote(name.tag)}"
    try:
        connection = kind(parts.netloc, timeout=timeout)
        try:
            connection.request("HEAD", path, headers={"Accept": ACCEPTED})
            answer = connection.getresponse()
            return (answer.getheader("Docker-Content-Digest") or "") if answer.status == 200 else ""
        finally:
            connection.close()
    except (OSError, http.client.HTTPException):
        return ""


def _from_engine(name: str, auth: str, timeout: float) -> str:
    """Return the digest that the engine gets of the registry, as for a pull."""
    headers = {"X-Registry-Auth": auth} if auth else {}
    answer = _engine(f"/distribution/{quote(name, safe='')}/json", timeout, headers)
    try:
        return str(answer["Descriptor"]["digest"])
    except (KeyError, TypeError):
        raise RegistryError("the engine answers without a digest") from None


class _EngineConnection(http.client.HTTPConnection):
    """An HTTP connection to the Docker engine's socket."""

    def connect(self) -> None:
        """Connect to the socket of the file system."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def _engine(
    path: str, timeout: float, headers: t.Mapping[str, str] | None = None
) -> dict[str, t.Any]:
    """Return the engine's answer to a GET. A RegistryError holds the engine's own words."""
    connection = _EngineConnection("localhost", timeout=timeout)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        document = json.loads(answer.read())
    except socket.timeout:  # TimeoutError only since Python 3.10
        raise RegistryError(f"no answer within {timeout:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise RegistryError(f"the Docker engine does not answer: {exc}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise RegistryError(str(document.get("message") or f"HTTP {answer.status}"))
    return t.cast("dict[str, t.Any]", document)
