# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx as a service: test a release in its container, start it, reload it, and ask it its release.

Docker's command line does the work; the status port says whether it worked.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import stat
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._release.engine import Engine, Record, ServiceError, created_from
from .._release.release import COMPOSE_FILE, Release
from .._release.rollout import Look
from .._release.store import Store
from .._release.units import Units
from .nginx_release import NginxRelease
from .standin_runner import DIRECTORY, DockerRunner, Runner
from .standins import refuse_failing_tests
from .waf import COMPOSE_FILE as WAF_FILE
from .waf import WafContainer

OBSOLETE = ("cut_dead.py", "logrotate.conf")
# Who may read the logs on Debian and Ubuntu.
LOG_GROUP = "adm"
LOGROTATE = Path("/usr/sbin/logrotate")
ROTATION = "logrotate.conf"
MOUNT = "/etc/nginx/peerlb"  # the store, as the container sees it


def release_at(status_port: int) -> str | None:
    """Return the id of the release that answers on this port of 127.0.0.1, or None.

    Where tcp listeners have an nginx of their own, both have to serve the same release.
    """
    status, release = _ask(status_port, "/release")
    if status != 200:
        return None
    return release if _ask(status_port, "/release/tcp") in ((404, ""), (200, release)) else None


def _ask(port: int, path: str) -> tuple[int, str]:
    """Return the status of an answer and the text of a good one; (0, "") if there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read(64).decode("ascii", "replace").strip()
        return answer.status, text if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def serving_release(store: Store, port: int) -> str | None:
    """Return the id of the release that nginx serves now, or None if none answers.

    After a rollback, a failure or a killed run, nginx may listen on another status port than the
    inventory says. So each kept release is asked for on its own status port, the live one first;
    port is the inventory's, for releases whose files do not tell theirs.
    """
    kept = {name: release for name in store.kept() if (release := store.read(name))}
    live = [release for name, release in kept.items() if name == store.current_id()]
    ports = [_port(release, port) for release in (*live, *kept.values())]
    stranger = None
    for each in dict.fromkeys([*ports, port]):
        answer = release_at(each)
        if answer in kept:
            return answer
        stranger = stranger or answer
    return stranger  # an id that is not on the disk, or the words of another program


def _port(release: Release | None, default: int) -> int:
    """Return the status port of a release, or the default for a release that is none of nginx's."""
    return release.status_port(default) if isinstance(release, NginxRelease) else default


@dataclass(frozen=True)
class Nginx:
    """The container of nginx in one Compose project, as a rollout needs it.

    project is the project's directory, name the container's. status_port is for releases whose own
    files do not tell theirs. timeout is how many seconds a release has until it must answer. logs
    is the directory of the access logs, or None if it is nobody's concern. runner is how an nginx
    is started for the tests of the URL map, of the engine, an image and a directory.
    """

    engine: Engine
    project: Path
    name: str
    status_port: int
    timeout: float = 15.0
    logs: Path | None = None
    runner: t.Callable[[Engine, str, Path], Runner] = DockerRunner

    @property
    def units(self) -> Units:
        """Return the systemd units that come with a release."""
        return Units(self.engine)

    @property
    def waf(self) -> WafContainer:
        """Return the web application firewall that comes with a release."""
        return WafContainer(self.engine, self.project, self.timeout)

    def look(self, store: Store, wanted: Release) -> Look:
        """Compare what nginx serves with the wanted release.

        What counts is the release that the container was created from, not the one on the disk: a
        run may have been killed after it switched the link and before it created the container.
        """
        serving = serving_release(store, self.status_port)
        image = _image_name(wanted.files.get(COMPOSE_FILE, ""))
        container, images = self.engine.inspect(self.name, *([image] if image else []))
        files = created_from(container)
        made_of = files[0].parent.name if files else None
        running = store.read(made_of) or store.read(serving)
        same = bool(serving) and self._is_same(running, wanted, container, images)
        reasons = [] if serving == wanted.id else [f"nginx serves {serving or 'no release'}"]
        if container and not same:
            reasons.append(f"the container {self.name} is replaced")
        if container and not _always_restarts(container):
            reasons.append(f"{self.name} does not start by itself after every failure")
        if self.logs and (problem := log_directory_problem(self.logs)):
            reasons.append(problem)
        reasons += self.units.reasons(store, wanted)
        reasons += self.waf.reasons(store, wanted)
        details = {
            "has_container": container is not None,
            "same_container": same,
            "always_restarts": container is None or _always_restarts(container),
        }
        return Look(serving, tuple(reasons), needed=made_of, details=details)

    @staticmethod
    def _is_same(
        running: Release | None,
        wanted: Release,
        container: Record | None,
        images: list[Record],
    ) -> bool:
        """Tell whether a container is what the compose.yml of a release asks for.

        The digest is left out of the comparison of the files, because the images themselves are
        compared, and so is the restart policy, which Docker changes without a new container.
        """
        if running is None or container is None:
            return False
        files = [_definition(each.files.get(COMPOSE_FILE, "")) for each in (running, wanted)]
        known = [each["Id"] for each in images]
        return files[0] == files[1] and (not known or container["Image"] in known)

    def prepare(self, _wanted: Release, _look: Look) -> None:
        """Make the directory of the logs. Compose gets the image when the release is tested."""
        if self.logs and log_directory_problem(self.logs):
            make_log_directory(self.logs)

    def test(self, directory: Path, wanted: Release, look: Look) -> None:
        """Let `nginx -t`, logrotate and the tests of the URL map test the release in a directory.

        A ServiceError is the refusal of one of them.

        A test in the running container is quicker, and right only if that container has the
        release's image; otherwise a container of its own is run for the test.
        """
        config = f"{MOUNT}/releases/{directory.name}/nginx.conf"
        nginx = ["-e", "stderr", "-t", "-c", config]
        if look.details["same_container"]:
            command = ["docker", "exec", self.name, "nginx", *nginx]
        else:
            compose = self._compose(directory)
            command = [
                *compose,
                "run",
                "--rm",
                "--no-deps",
                "-T",
                "--entrypoint",
                "nginx",
                "nginx",
                *nginx,
            ]
        failure = f"the new configuration does not pass its test with {_image(directory)}"
        self.engine.succeed(command, f"{failure}, nothing was changed")
        if (directory / ROTATION).exists() and LOGROTATE.exists():
            # An error in this file would be seen by nobody, and the logs would fill the disk.
            command = [str(LOGROTATE), "--debug", str(directory / ROTATION)]
            self.engine.succeed(command, f"{ROTATION} is refused by logrotate, nothing was changed")
        self.waf.test(directory)
        self._test_routes(directory, wanted)

    def _test_routes(self, directory: Path, wanted: Release) -> None:
        """Run the tests of the URL map, if the release has some."""
        store = Store(str(directory.parents[1]), NginxRelease)
        image = _image_name(wanted.files.get(COMPOSE_FILE, ""))
        runner = self.runner(self.engine, image, store.root / DIRECTORY)
        refuse_failing_tests(wanted, store.present(), directory, runner)

    def bring_up(self, store: Store, release_id: str, look: Look, *, edited: bool) -> None:
        """Let nginx serve the release to which the link points by now, and confirm that it does.

        A container of another compose.yml is replaced. A reload follows only where nginx does not
        serve the release yet, as a new container does.
        """
        release = store.read(release_id)
        if release:
            # nginx asks the unit of the pools as soon as it starts.
            self.units.apply(store, release)
            self.waf.bring_up(store.directory(release_id))
        if not look.details["same_container"]:
            self.up(store.directory(release_id))
        elif not look.details["always_restarts"]:
            # A release of a former version made the container, which need not be replaced for this.
            command = ["docker", "update", "--restart", "always", self.name]
            self.engine.succeed(command, "the restart policy cannot be set")
        port = _port(release, self.status_port)
        if edited or release_at(port) != release_id:
            self.reload()
        self.confirm(release_id, port)
        if release:
            self.waf.leave(store, release)

    def effect(self, wanted: Release, look: Look, *, edited: bool) -> str:
        """Return what `bring_up` does to nginx: "create", "replace", "reload" or "keep"."""
        if not look.details["has_container"]:
            return "create"
        if not look.details["same_container"]:
            return "replace"
        return "reload" if edited or look.serving != wanted.id else "keep"

    def put_back(self, _look: Look) -> bool:
        """Return False: nginx has no containers but those of releases."""
        return False

    def up(self, directory: Path) -> None:
        """Create or start the container of this release, and wait until it is healthy.

        A ServiceError says why it is not, with the last errors that nginx logged.
        """
        wait = ["up", "--detach", "--wait", "--wait-timeout", str(int(self.timeout) + 30)]
        try:
            failure = "the container does not come up"
            self.engine.succeed([*self._compose(directory), *wait], failure)
        except ServiceError as exc:
            raise ServiceError(f"{exc}\n{self.last_errors()}") from None

    def down(self, directory: Path) -> None:
        """Remove the container of this release; a ServiceError says that Docker refused."""
        failure = "the container cannot be removed"
        self.engine.succeed([*self._compose(directory), "down"], failure)
        if (directory / WAF_FILE).exists():
            self.waf.remove()

    def finish(self, _store: Store, _wanted: Release) -> None:
        """Remove what a version of the collection left that had these files beside the releases."""
        for name in OBSOLETE:
            (self.project / name).unlink(missing_ok=True)

    def reload(self) -> None:
        """Let nginx read its files again. Whether it took them, only `confirm` can tell.

        The signal is sent inside of the container. Docker would remember one of its own as a
        wish to stop, and not start the container again after a reboot.
        """
        command = ["docker", "exec", self.name, "sh", "-c", "kill -HUP 1"]
        self.engine.succeed(command, "the reload was refused")

    def confirm(self, release_id: str, port: int) -> None:
        """Wait until this release answers on its status port, three times in a row.

        nginx reports success even if it could not take the new files: a port that is in use is
        only logged. A ServiceError says that the release did not answer within the timeout.
        """
        end = time.monotonic() + self.timeout
        seen = 0
        while seen < 3:
            seen = seen + 1 if release_at(port) == release_id else 0
            if seen == 0:
                if time.monotonic() > end:
                    raise ServiceError(
                        f"release {release_id} did not come up in {self.timeout:g} s:"
                        f" {self.last_errors()}"
                    )
                time.sleep(0.05)

    def last_errors(self) -> str:
        """Return the last three lines that nginx logged as grave or, without such, of any level."""
        _rc, _out, err = self.engine.run(["docker", "logs", "--tail", "2000", self.name])
        lines = [line for line in err.splitlines() if line.strip()]
        grave = [line for line in lines if "[emerg]" in line or "[alert]" in line]
        return "\n".join((grave or lines)[-3:]) or "nginx logged nothing"

    def _compose(self, directory: Path) -> list[str]:
        """Return how a command begins that Compose runs with this release's compose.yml."""
        return [
            *("docker", "compose", "--project-directory", str(self.project)),
            *("--file", str(directory / COMPOSE_FILE)),
        ]


def log_directory_problem(logs: Path) -> str:
    """Return what is wrong with the directory of the access logs, or ""."""
    wanted = {logs: 0o755, logs.parent: 0o750}
    for path, mode in wanted.items():
        if not path.is_dir():
            return f"{path} is missing"
        if stat.S_IMODE(path.stat().st_mode) != mode:
            return f"{path} has another mode"
    return ""


def make_log_directory(logs: Path) -> None:
    """Make the directory of the access logs.

    nginx's workers open the logs again by path, as the unprivileged user nginx, so the directory
    itself is open to all users. The directory above it keeps them out.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
        logs.chmod(0o755)
        logs.parent.chmod(0o750)
        with contextlib.suppress(LookupError, PermissionError):
            shutil.chown(logs.parent, group=LOG_GROUP)
    except OSError as exc:
        raise ServiceError(f"cannot write {logs}: {exc.strerror}") from exc


def _definition(compose: str) -> str:
    """Return a compose.yml without the digest of the image and without the restart policy."""
    without_digest = re.sub(r'image: "\S+@\S+" # (\S+)', r'image: "\1"', compose)
    return re.sub(r"restart: \S+", "restart: always", without_digest)


def _image_name(compose: str) -> str:
    """Return the image that a compose.yml names, or ""."""
    match = re.search(r"^ *image: *[\"']?([^\"'\s]+)", compose, re.MULTILINE)
    return match[1] if match else ""


def _always_restarts(container: Record) -> bool:
    policy = container.get("HostConfig", {}).get("RestartPolicy", {"Name": "always"})
    return policy["Name"] == "always"


def _image(directory: Path) -> str:
    """Return how to call the image of a release in a message: "the image nginx:1.30"."""
    name = _image_name((directory / COMPOSE_FILE).read_text(encoding="utf-8"))
    return f"the image {name}" if name else "its image"
