# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Talk to the nginx container: test a release, bring it up, confirm it from outside."""

from __future__ import annotations

import http.client
import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

Run = t.Callable[[list[str]], tuple[int, str, str]]

COMPOSE_FILE = "compose.yml"
# How Compose begins the lines that tell of its progress.
PROGRESS = ("Container ", "Network ", "Volume ")
MOUNT = "/etc/nginx/peerlb"


class ContainerError(Exception):
    """nginx or Docker refused; the text holds what they said."""


def release_at(status_port: int) -> str | None:
    """Return the id of the release that answers on the status listener, or None."""
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
    """The one nginx of a project directory. run executes a command: (rc, stdout, stderr).

    status_port is where a release answers that tells no port of its own.
    """

    run: Run
    project: Path
    name: str
    status_port: int
    timeout: float = 15.0

    def created_from(self) -> str | None:
        """Return the id of the release whose compose.yml made the container; Compose keeps it."""
        label = '{{ index .Config.Labels "com.docker.compose.project.config_files" }}'
        code, out, _err = self.run(["docker", "inspect", "--format", label, self.name])
        return Path(out.strip()).parent.name if code == 0 else None

    def test(self, directory: Path, *, inside: bool) -> None:
        """Let the release's own image test it as a whole.

        inside uses the running container, which is quicker and the same where it runs this image.
        """
        config = f"{MOUNT}/releases/{directory.name}/nginx.conf"
        nginx = ["-e", "stderr", "-t", "-c", config]
        if inside:
            command = ["docker", "exec", self.name, "nginx", *nginx]
        else:
            compose = self._compose(directory)
            command = [*compose, "run", "--rm", "--no-deps", "-T", "nginx", *nginx]
        what = f"the new configuration does not pass its test with {_image(directory)}"
        self._must(command, f"{what}, nothing was changed")

    def up(self, directory: Path) -> None:
        """Start the container, or make it anew where its definition changed; wait for health."""
        wait = ["up", "--detach", "--wait", "--wait-timeout", str(int(self.timeout) + 30)]
        try:
            self._must([*self._compose(directory), *wait], "the container does not come up")
        except ContainerError as exc:
            raise ContainerError(f"{exc}\n{self.last_errors()}") from None

    def down(self, directory: Path) -> None:
        self._must([*self._compose(directory), "down"], "the container can not be removed")

    def reload(self) -> None:
        self._must(["docker", "kill", "--signal", "HUP", self.name], "the reload was refused")

    def confirm(self, release_id: str, port: int) -> None:
        """Wait until this very release answers on its port, three times in a row.

        nginx's own return codes say nothing here: a port that is taken is only logged.
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
        """Return the last lines that nginx logged as errors, or its last lines of any kind."""
        _rc, _out, err = self.run(["docker", "logs", "--tail", "2000", self.name])
        lines = [line for line in err.splitlines() if line.strip()]
        grave = [line for line in lines if "[emerg]" in line or "[alert]" in line]
        return "\n".join((grave or lines)[-3:]) or "nginx logged nothing"

    def _compose(self, directory: Path) -> list[str]:
        return [
            *("docker", "compose", "--project-directory", str(self.project)),
            *("--file", str(directory / COMPOSE_FILE)),
        ]

    def _must(self, command: list[str], what: str) -> str:
        code, out, err = self.run(command)
        if code != 0:
            said = [line.strip() for line in (err + out).splitlines() if line.strip()]
            telling = [line for line in said if not line.startswith(PROGRESS)]
            raise ContainerError(f"{what}: " + "\n".join(telling[-6:] or said[-6:]))
        return out


def _image(directory: Path) -> str:
    """Return the image that a release names."""
    text = (directory / COMPOSE_FILE).read_text(encoding="utf-8")
    match = re.search(r"^ *image: *[\"']?([^\"'\s]+)", text, re.MULTILINE)
    return f"the image {match[1]}" if match else "its image"
