# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the nginx of a copy with stand-ins, and end it.

`Runner` is how the nginx is started; `DockerRunner` takes the release's own image.
"""

from __future__ import annotations

import contextlib
import shutil
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._release.engine import Engine, ServiceError
from .standin_files import Copy, Places
from .unix_http import connected

DIRECTORY = ".standins"  # beside the releases, so that the container that mounts these sees it
CONTAINER = "peerlb-nginx-standins"
STORE = "/etc/nginx/peerlb"  # the directory of the releases, as containers see it
SOCKETS = "/run/peerlb-standins"
LIFETIME = 120  # seconds after which a copy ends by itself, if this program was killed
START = 20.0  # seconds that nginx has to start
ERRORS = "error.log"
CANNOT = "the tests of the URL map cannot run, nothing was changed"


class Runner(t.Protocol):
    """How the nginx of a copy is started. Each method may raise a ServiceError.

    place is the directory of the copy on this host, and places are its directories as nginx sees
    them.
    """

    @property
    def place(self) -> Path: ...

    @property
    def places(self) -> Places: ...

    def start(self, main: Path) -> None:
        """Start nginx with a configuration, below the directory of the copy on this host."""

    def runs(self) -> bool:
        """Tell whether it runs still."""

    def stop(self) -> None:
        """End it, if it runs, also one that a killed run has left."""


@dataclass(frozen=True)
class DockerRunner:
    """Start the nginx of an image in a container that has no network and may write two places.

    place is the directory of the copy, in that of the releases.
    """

    engine: Engine
    image: str
    place: Path
    places: Places = Places(f"{STORE}/{DIRECTORY}/files", SOCKETS, SOCKETS)

    def start(self, main: Path) -> None:
        """Start the container; a ServiceError is the engine's refusal."""
        store, sockets = self.place.parent, self.place / "sockets"
        command = [
            *("docker", "run", "--rm", "--detach", "--name", CONTAINER, "--network", "none"),
            *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *("--pids-limit", "64", "--tmpfs", "/tmp", "--tmpfs", "/run"),
            *("--volume", f"{store}:{STORE}:ro", "--volume", f"{sockets}:{SOCKETS}"),
            # Not timeout itself: it ends at once where it has no parent, as the first process.
            *("--entrypoint", "sh", self.image, "-c", 'timeout "$@"; exit $?', "sh", str(LIFETIME)),
            *("nginx", "-e", f"{self.places.scratch}/{ERRORS}"),
            *("-c", f"{self.places.files}/{main.name}"),
        ]
        self.engine.succeed(command, CANNOT)

    def runs(self) -> bool:
        """Tell whether the container runs still."""
        return self.engine.inspect(CONTAINER)[0] is not None

    def stop(self) -> None:
        """Remove the container."""
        self.engine.run(["docker", "rm", "--force", CONTAINER])


@contextlib.contextmanager
def running(copy: Copy, staged: Path, runner: Runner) -> t.Iterator[Path]:
    """Let the copy run within a `with` block, and return the directory of its sockets.

    What a killed run has left is removed first.
    """
    place = runner.place
    runner.stop()
    _remove(place)
    try:
        _write(copy, staged, place)
        runner.start(place / "files" / copy.main)
        _await(copy, place / "sockets", runner)
        yield place / "sockets"
    except OSError as exc:
        raise ServiceError(f"{CANNOT}: {exc}") from None
    finally:
        runner.stop()
        _remove(place)


def _remove(place: Path) -> None:
    if place.exists():
        # The tests have told their result; the next run removes what stays.
        shutil.rmtree(place, ignore_errors=True)


def _write(copy: Copy, staged: Path, place: Path) -> None:
    """Write the files of a copy; secrets are read where they are staged."""
    place.mkdir(mode=0o700, parents=True)
    for name in ("files", "sockets"):
        (place / name).mkdir()
    for name, text in copy.files.items():
        path = place / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    secrets = Path("../..", *staged.parts[len(place.parent.parts) :], "secrets")
    (place / "files/secrets").symlink_to(secrets)


def _await(copy: Copy, sockets: Path, runner: Runner) -> None:
    """Wait until the last listener answers; a ServiceError has what nginx said if it does not."""
    if not copy.listeners:
        raise ServiceError("the release has no listener that its tests of the URL map could ask")
    end = time.monotonic() + START
    while not _listens(sockets / copy.listeners[-1].socket):
        ended = not runner.runs()
        if ended or time.monotonic() > end:
            raise ServiceError(
                f"{CANNOT}: nginx with stand-ins {'ended' if ended else 'does not answer'}:"
                f" {_last_errors(sockets / ERRORS)}"
            )
        time.sleep(0.02)


def _listens(path: Path) -> bool:
    try:
        connected(path).close()
    except OSError:
        return False
    return True


def _last_errors(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    grave = [line for line in lines if "[emerg]" in line or "[alert]" in line]
    return "\n".join((grave or lines)[-3:]) or "it logged nothing"
