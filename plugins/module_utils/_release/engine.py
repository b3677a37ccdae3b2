# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's command line, as releases use it. The only part of a release that starts programs."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .release import COMPOSE_FILE, ENVIRONMENT

Run = t.Callable[..., "tuple[int, str, str]"]  # command to (rc, stdout, stderr)
Record = dict[str, t.Any]  # one element of what `docker inspect` prints

# How lines begin in which Compose reports its progress: they never say what went wrong.
PROGRESS = ("Container ", "Network ", "Volume ")
# How docker says that it knows no container or image of a name.
UNKNOWN = re.compile(r"no such (object|container|image)", re.IGNORECASE)
# The labels in which Compose keeps what a container was created from.
LABEL_FILES = "com.docker.compose.project.config_files"
LABEL_DIRECTORY = "com.docker.compose.project.working_dir"


class ServiceError(Exception):
    """Docker or the service refused something; the text ends with their own words."""


# As a shell says that it has not found a program.
NOT_FOUND = 127


def runner(run_command: Run) -> Run:
    """Return a module's run_command, for which a program that is missing is a result too.

    Bytes that are not text are replaced: Ansible could not hand them on to the controller.
    """

    def run(command: list[str], **options: t.Any) -> tuple[int, str, str]:
        try:
            return run_command(command, handle_exceptions=False, errors="replace", **options)
        except FileNotFoundError:
            return NOT_FOUND, "", f"this host has no program {command[0]}"

    return run


@dataclass(frozen=True)
class Engine:
    """The Docker engine of this host."""

    run: Run

    def succeed(self, command: list[str], failure: str, **options: t.Any) -> str:
        """Run a command and return its output; a ServiceError ends with its last lines."""
        code, out, err = self.run(command, **options)
        if code != 0:
            lines = [line.strip() for line in (err + out).splitlines() if line.strip()]
            reasons = [line for line in lines if not line.startswith(PROGRESS)]
            raise ServiceError(f"{failure}: " + "\n".join(reasons[-6:] or lines[-6:]))
        return out

    def inspect(self, container: str, *images: str) -> tuple[Record | None, list[Record]]:
        """Return what the engine knows of a container, or None, and of those images that it has.

        A host without Docker has neither. A ServiceError says that the engine does not answer.
        """
        code, out, err = self.run(["docker", "inspect", container, *images])
        if code == NOT_FOUND:
            return None, []
        if code != 0 and not UNKNOWN.search(err):
            raise ServiceError(f"the Docker engine does not answer: {err.strip() or out.strip()}")
        records = json.loads(out or "[]")
        containers = [each for each in records if "State" in each]
        return (containers or [None])[0], [each for each in records if "State" not in each]

    def compose(self, directory: Path, *arguments: str, failure: str) -> str:
        """Run Compose with the project in a release's directory, as `succeed` does."""
        return self.succeed([*compose(directory), *arguments], failure)

    def last_lines(self, container: str, since: float, count: int = 20) -> str:
        """Return the last lines that a container wrote, and what its health check said last.

        since, in seconds of the epoch, leaves out what a former container of the name wrote.
        """
        tail = ["--since", str(int(since)), "--tail", str(count)]
        _code, out, err = self.run(["docker", "logs", *tail, container])
        lines = [line for line in (out + err).splitlines() if line.strip()]
        record = self.inspect(container)[0] or {}
        checks = (record.get("State", {}).get("Health") or {}).get("Log") or []
        told = [each.get("Output", "").strip() for each in checks[-1:]]
        lines += [f"health check: {text}" for text in told if text]
        return "\n".join(lines[-count - 1 :]) or "it wrote nothing"


def compose(directory: Path) -> list[str]:
    """Return how a command begins that runs Compose with the files of a release."""
    files = [directory / COMPOSE_FILE]
    if (directory / ENVIRONMENT).exists():
        files.append(directory / ENVIRONMENT)
    return ["docker", "compose", *(word for file in files for word in ("--file", str(file)))]


def created_from(record: Record | None) -> list[Path]:
    """Return the Compose files that a container was created from, as a label tells them."""
    labels = (record or {}).get("Config", {}).get("Labels") or {}
    return [Path(path) for path in str(labels.get(LABEL_FILES) or "").split(",") if path]
