# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container of nginx: test a release in it, start it, reload it, and ask which release answers.

Docker's command line does the work; the status port says whether it worked.
"""

from __future__ import annotations

import http.client
import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

Run = t.Callable[[list[str]], tuple[int, str, str]]  # command to (rc, stdout, stderr)

COMPOSE_FILE = "compose.yml"
# How lines begin in which Compose reports its progress: they never say what went wrong.
PROGRESS = ("Container ", "Network ", "Volume ")
MOUNT = "/etc/nginx/peerlb"  # the store, as the container sees it


class ContainerError(Exception):
    """Docker or nginx refused something; the text ends with their own words."""


def release_at(status_port: int) -> str | None:
    """Return the id of the release that answers on this port of 127.0.0.1, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", status_port, timeout=2)
    try:
        connection.request("GET", "/release")
        answer = connection.getresponse()
        text = answer.read(64).decode("ascii", "replace").strip()
        return text if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@dataclass(frozen=True)
class Container:
    """The container of nginx in one Compose project.

    project is the project's directory, name the container's. status_port is for releases whose own
    files do not tell theirs. timeout is how many seconds a release has until it must answer.
    """

    run: Run
    project: Path
    name: str
    status_port: int
    timeout: float = 15.0

    def created_from(self) -> str | None:
        """Return the id of the release whose compose.yml the container was created from.

        Compose keeps the path in a label. None means that the container does not exist.
        """
        label = '{{ index .Config.Labels "com.docker.compose.project.config_files" }}'
        code, out, _err = self.run(["docker", "inspect", "--format", label, self.name])
        return Path(out.strip()).parent.name if code == 0 else None

    def test(self, directory: Path, *, inside: bool) -> None:
        """Let `nginx -t` test the release in this directory; a ContainerError is its refusal.

        inside tests in the running container, which is quicker. Right only if that container has
        the release's image; otherwise a container of its own is run for the test.
        """
        config = f"{MOUNT}/releases/{directory.name}/nginx.conf"
        nginx = ["-e", "stderr", "-t", "-c", config]
        if inside:
            command = ["docker", "exec", self.name, "nginx", *nginx]
        else:
            compose = self._compose(directory)
            command = [*compose, "run", "--rm", "--no-deps", "-T", "nginx", *nginx]
        failure = f"the new configuration does not pass its test with {_image(directory)}"
        self._succeed(command, f"{failure}, nothing was changed")

    def up(self, directory: Path) -> None:
        """Create or start the container of this release, and wait until it is healthy.

        A ContainerError says why it is not, with the last errors that nginx logged.
        """
        wait = ["up", "--detach", "--wait", "--wait-timeout", str(int(self.timeout) + 30)]
        try:
            self._succeed([*self._compose(directory), *wait], "the container does not come up")
        except ContainerError as exc:
            raise ContainerError(f"{exc}\n{self.last_errors()}") from None

    def down(self, directory: Path) -> None:
        """Remove the container of this release; a ContainerError says that Docker refused."""
        self._succeed([*self._compose(directory), "down"], "the container cannot be removed")

    def reload(self) -> None:
        """Let nginx read its files again. Whether it took them, only `confirm` can tell."""
        command = ["docker", "kill", "--signal", "HUP", self.name]
        self._succeed(command, "the reload was refused")

    def confirm(self, release_id: str, port: int) -> None:
        """Wait until this release answers on its status port, three times in a row.

        nginx reports success even if it could not take the new files: a port that is in use is
        only logged. A ContainerError says that the release did not answer within the timeout.
        """
        end = time.monotonic() + self.timeout
        seen = 0
        while seen < 3:
            seen = seen + 1 if release_at(port) == release_id else 0
            if seen == 0:
                if time.monotonic() > end:
                    raise ContainerError(
                        f"release {release_id} did not come up in {self.timeout:g} s:"
                        f" {self.last_errors()}"
                    )
                time.sleep(0.05)

    def last_errors(self) -> str:
        """Return the last three lines that nginx logged as grave or, without such, of any level."""
        _rc, _out, err = self.run(["docker", "logs", "--tail", "2000", self.name])
        lines = [line for line in err.splitlines() if line.strip()]
        grave = [line for line in lines if "[emerg]" in line or "[alert]" in line]
        return "\n".join((grave or lines)[-3:]) or "nginx logged nothing"

    def _compose(self, directory: Path) -> list[str]:
        """Return how a command begins that Compose runs with this release's compose.yml."""
        return [
            *("docker", "compose", "--project-directory", str(self.project)),
            *("--file", str(directory / COMPOSE_FILE)),
        ]

    def _succeed(self, command: list[str], failure: str) -> None:
        """Run a command; if it fails, raise a ContainerError of failure and its last lines."""
        code, out, err = self.run(command)
        if code != 0:
            lines = [line.strip() for line in (err + out).splitlines() if line.strip()]
            reasons = [line for line in lines if not line.startswith(PROGRESS)]
            raise ContainerError(f"{failure}: " + "\n".join(reasons[-6:] or lines[-6:]))


def _image(directory: Path) -> str:
    """Return how to call the image of a release in a message: "the image nginx:1.30"."""
    text = (directory / COMPOSE_FILE).read_text(encoding="utf-8")
    match = re.search(r"^ *image: *[\"']?([^\"'\s]+)", text, re.MULTILINE)
    return f"the image {match[1]}" if match else "its image"
