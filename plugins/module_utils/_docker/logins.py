# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The logins to registries that Docker's config.json of this user holds or leads to."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

from .names import ImageName

Config = t.Mapping[str, t.Any]
TOKEN_USER = "<token>"  # with this name, a credential helper's secret is an identity token


class LoginError(Exception):
    """A login is configured and cannot be had. The text quotes no secret."""


def read_config() -> Config:
    """Return Docker's config.json, or {} if there is none. A LoginError says that it is damaged."""
    path = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker", "config.json")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise LoginError(f"{path} cannot be read as JSON: correct it or remove it") from None
    return config if isinstance(config, dict) else {}


def auth_header(config: Config, name: ImageName, timeout: float) -> str:
    """Return the value of X-Registry-Auth for an image's registry, "" without a login.

    As Docker does, a helper of this registry comes first, then the helper of all registries, then a
    login in the file itself. timeout: seconds that a helper may take.
    """
    helper = (config.get("credHelpers") or {}).get(name.server) or config.get("credsStore")
    login = _from_helper(helper, name.server, timeout) if helper else _from_file(config, name)
    if not login:
        return ""
    document = json.dumps({**login, "serveraddress": name.server})
    return base64.urlsafe_b64encode(document.encode()).decode()


def _from_file(config: Config, name: ImageName) -> dict[str, str]:
    for server, entry in (config.get("auths") or {}).items():
        if _host(server) == _host(name.server):
            if entry.get("identitytoken"):
                return {"identitytoken": entry["identitytoken"]}
            try:
                text = base64.b64decode(entry["auth"], validate=True).decode()
            except (KeyError, ValueError):
                return {}
            user, _colon, password = text.partition(":")
            return {"username": user, "password": password}
    return {}


def _host(server: str) -> str:
    """Return the host of https://registry.example/v1/, with its port."""
    return server.rpartition("://")[2].partition("/")[0]


def _from_helper(helper: str, server: str, timeout: float) -> dict[str, str]:
    """Return the login that a credential helper answers, {} if the helper knows none."""
    program = f"docker-credential-{helper}"
    done = _ask(program, server, timeout)
    if done.returncode != 0:
        if "credentials not found" in done.stdout:
            return {}
        raise LoginError(f"{program}: {done.stdout.strip() or done.stderr.strip()}")
    try:
        answer = json.loads(done.stdout)
        user, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError):
        raise LoginError(f"{program} answers no login") from None
    if user == TOKEN_USER:
        return {"identitytoken": secret}
    return {"username": user, "password": secret}


def _ask(program: str, server: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a credential helper as Docker does: the server goes to its stdin."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/bin")
    if not path:
        raise LoginError(f"config.json names the credential helper {program}, which is missing")
    try:
        return subprocess.run(
            [path, "get"],
            input=server,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise LoginError(f"{program} does not answer ({type(exc).__name__})") from None
