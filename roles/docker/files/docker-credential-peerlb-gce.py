# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's credential helper for Google's registries, on a VM of Google Cloud.

    docker-credential-peerlb-gce get|store|erase|list     as Docker calls it
    docker-credential-peerlb-gce configure [--check] [REGISTRY...]

At each pull it fetches a token of the VM's service account from the metadata server. The token is
stored nowhere. Errors go to stdout, where Docker reads them. "configure" makes this program the
credential helper of these registries, and of no others, in Docker's config.json. It prints what it
changed, or with --check what it would change.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import tempfile
from pathlib import Path

NAME = "peerlb-gce"
TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"
TIMEOUT = 3  # seconds


class HelperError(Exception):
    """An error whose text is for the user."""


def token() -> str:
    """Return an access token from the metadata server. http.client uses no proxy."""
    # Google's own libraries read the same variable.
    server = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    try:
        with contextlib.closing(http.client.HTTPConnection(server, timeout=TIMEOUT)) as connection:
            connection.request("GET", TOKEN, headers={"Metadata-Flavor": "Google"})
            answer = connection.getresponse()
            text = answer.read(65536)
    except (OSError, http.client.HTTPException) as exc:
        reason = str(exc) or type(exc).__name__
        raise HelperError(
            f"no metadata server answers at {server} ({reason}); only a VM of Google Cloud has one"
        ) from None
    if answer.status != 200:
        raise HelperError(
            f"the metadata server {server} answers {answer.status} instead of a token;"
            " 404 means that the VM has no service account"
        )
    if answer.getheader("Metadata-Flavor") != "Google":
        raise HelperError(f"what answers at {server} is not Google's metadata server")
    try:
        return str(json.loads(text)["access_token"])
    except (ValueError, KeyError, TypeError):
        raise HelperError(f"the metadata server {server} answers without a token") from None


def login(server: str) -> str:
    """Return the answer to Docker's "get" for a registry, as JSON."""
    if not server:
        raise HelperError("no credentials server URL")
    return json.dumps({"ServerURL": server, "Username": "oauth2accesstoken", "Secret": token()})


def read(path: Path) -> dict:
    """Return Docker's configuration. Errors do not quote the file, which may hold secrets."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise HelperError(f"{path} is not JSON: correct it or remove it") from None
    if not isinstance(config, dict) or not isinstance(config.get("credHelpers", {}), dict):
        raise HelperError(
            f"{path}: it and its credHelpers must be objects: correct it or remove it"
        )
    return config


def configure(registries: list[str], *, check: bool) -> list[str]:
    """Write the configuration and return the changes; with check, only return them.

    Example of a change: "gcr.io: no helper -> peerlb-gce"
    """
    if registries:
        token()  # a VM without a token fails here with a reason; later Docker says only "denied"
    directory = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    path = Path(directory, "config.json").resolve()
    config = read(path)
    present = config.pop("credHelpers", {})
    others = {name: helper for name, helper in present.items() if helper != NAME}
    wanted = {**others, **dict.fromkeys(registries, NAME)}
    changes = [
        f"{name}: {present.get(name, 'no helper')} -> {wanted.get(name, 'no helper')}"
        for name in sorted({*present, *wanted})
        if present.get(name) != wanted.get(name)
    ]
    if path.exists() and path.stat().st_mode & 0o777 != 0o600:
        changes.append(f"{path}: mode {path.stat().st_mode & 0o777:04o} -> 0600")
    if changes and not check:
        write(path, {**config, "credHelpers": wanted} if wanted else config)
    return changes


def write(path: Path, config: dict) -> None:
    """Replace the file in one step. mkstemp makes a file that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".config.json.")
    try:
        with open(handle, "w", encoding="utf-8") as stream:
            json.dump(config, stream, indent="\t", ensure_ascii=False)
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise


def act(action: str, rest: list[str]) -> list[str]:
    """Carry out one action and return the lines to print."""
    if action == "get":
        return [login(sys.stdin.read().strip())]
    if action == "list":
        return ["{}"]
    if action == "erase":  # nothing was stored
        return []
    if action == "store":
        raise HelperError("nothing is stored: the VM's own token is fetched at each pull")
    if action == "configure":
        return configure([name for name in rest if name != "--check"], check="--check" in rest)
    raise HelperError(f"unknown action {action!r}; there are get, store, erase, list and configure")


def main(arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    try:
        for line in act(arguments[0] if arguments else "", arguments[1:]):
            print(line)
    except (HelperError, OSError) as exc:
        print(exc)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
