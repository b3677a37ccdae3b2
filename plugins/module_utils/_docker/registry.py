# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask registries, by way of the engine, which digest an image has now. Nothing is pulled."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

SOCKET = "/var/run/docker.sock"
LOGINS = Path("~/.docker/config.json")
HUB = "https://index.docker.io/v1/"
SECONDS = 10.0


class Connection(http.client.HTTPConnection):
    """A connection to the engine's API."""

    def __init__(self, path: str) -> None:
        """Name the socket; it is connected to by the first request."""
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the engine's socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def resolve(names: t.Iterable[str], path: str = SOCKET) -> tuple[dict[str, str], list[str]]:
    """Return the digest of each image by name, and why some are not known.

    ({"nginx:1.30": "sha256:ab…", "shop:1": ""}, ["shop:1: manifest unknown"]). All are asked for at
    the same time. The engine asks its mirrors first, as it does when it pulls.
    """
    wanted = list(dict.fromkeys(name for name in names if name))
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = dict(zip(wanted, pool.map(lambda name: _ask(name, path), wanted)))
    digests = {name: digest for name, (digest, _reason) in answers.items()}
    return digests, [f"{name}: {reason}" for name, (_digest, reason) in answers.items() if reason]


def _ask(name: str, path: str) -> tuple[str, str]:
    """Return the digest of an image and "", or "" and the reason."""
    if "@" in name:
        return name.partition("@")[2], ""
    connection = Connection(path)
    try:
        login = _login(name)
        headers = {"X-Registry-Auth": login} if login else {}
        connection.request("GET", f"/distribution/{quote(name)}/json", headers=headers)
        answer = connection.getresponse()
        record = json.loads(answer.read().decode("utf-8", "replace") or "{}")
        if answer.status == 200:
            return record["Descriptor"]["digest"], ""
        return "", str(record.get("message", f"the engine answers {answer.status}"))
    except (OSError, http.client.HTTPException, KeyError, ValueError) as exc:
        return "", str(exc) or type(exc).__name__
    finally:
        connection.close()


def server_of(name: str) -> str:
    """Return the registry of an image, as Docker's logins name it."""
    first = name.partition("/")[0]
    has_server = "/" in name and re.search(r"[.:]|^localhost$", first)
    return first if has_server else HUB


def _login(name: str) -> str:
    """Return root's login to the registry of an image as the API takes it, or ""."""
    try:
        config = json.loads(LOGINS.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    server = server_of(name)
    helper = (config.get("credHelpers") or {}).get(server)
    if helper:
        words = _from_helper(helper, server)
    else:
        entry = (config.get("auths") or {}).get(server) or {}
        words = base64.b64decode(entry.get("auth", "")).decode("utf-8", "replace")
    username, found, password = words.partition(":")
    if not found:
        return ""
    record = {"username": username, "password": password, "serveraddress": server}
    return base64.urlsafe_b64encode(json.dumps(record).encode()).decode()


def _from_helper(helper: str, server: str) -> str:
    """Return "username:secret" from a credential helper, or ""."""
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=server,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        record = json.loads(done.stdout)
        return f"{record['Username']}:{record['Secret']}"
    except (OSError, subprocess.SubprocessError, KeyError, ValueError):
        return ""
