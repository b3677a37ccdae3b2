# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service in a container: compare what runs, get its image, test it, start it and confirm it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

from .._docker.rules import GONE, without_rules
from .._probe.sweep import probe_all
from .._probe.target import Target
from .engine import LABEL_DIRECTORY, Engine, Record, ServiceError, created_from
from .image import Images
from .place import Place
from .release import COMPOSE_FILE, Release
from .rollout import Look
from .specification import Health, Specification
from .store import Store

PROBE_SECONDS = 5.0
READY_SECONDS = 20.0  # until a healthy service reaches what it depends on
POLL_SECONDS = 0.3
FIRST_COMMAND_DONE = "first_command.json"
CONFIRMED = "confirmed.json"
IMAGES = "images.json"
RENEWING = "renewing.json"
EMPTY: tuple[object, ...] = (None, [], {}, "")
UNCONFIRMED = "is not confirmed yet"


@dataclass(frozen=True)
class DockerService:
    """A service of this host, as a rollout needs it.

    timeout is how many seconds a release has until it must be healthy and answer.
    """

    engine: Engine
    images: Images
    place: Place
    timeout: float = 120.0

    def look(self, store: Store, wanted: Release) -> Look:
        """Compare the container, its image and its answer with the wanted release."""
        spec = _specification(wanted)
        record, images = self.engine.inspect(spec.container, spec.image)
        if record is None:
            return Look(None, (f"there is no container {spec.container}",))
        files = created_from(record)
        serving = _release_of(store, files)
        reasons = [
            *(["its renewal was interrupted"] if store.noted(RENEWING) else []),
            *self.place.reasons(),
            *self._strange(store, record),
            *_wrong_state(spec.container, record),
        ]
        if serving != wanted.id:
            origin = f"release {serving}" if serving else "no release"
            reasons.insert(0, f"{spec.container} is replaced: it was created from {origin}")
        elif images and record["Image"] not in [each["Id"] for each in images]:
            reasons.append(f"{spec.image} is another image than {spec.container} runs")
        elif without_rules(self.engine.run, [record]):
            reasons.append(f"{spec.container} cannot be reached: {GONE}")
        elif not reasons and (problem := probe(spec.health)):
            reasons.append(f"{spec.container} {problem}")
        foreign = () if serving else tuple(file for file in files if file.exists())
        details = {"record": record, "serving": serving}
        return Look(serving, tuple(reasons), serving, foreign, details)

    def _strange(self, store: Store, record: Record) -> list[str]:
        """Return why a container of a release is not as it was when it was confirmed."""
        if not _release_of(store, created_from(record)):
            return []
        known = store.noted(CONFIRMED) or {}
        if known.get("fingerprint") == fingerprint(record):
            return []
        name = record["Name"].lstrip("/")
        # A run may have been killed after it had started another container.
        changed = known.get("container") == record["Id"]
        return [f"{name} {'was changed by hand' if changed else UNCONFIRMED}"]

    def prepare(self, wanted: Release, look: Look) -> None:
        """Get the image of the release: build it or pull it; refuse another series.

        Without Docker's rules no container could be reached, and many not even be started.
        """
        spec = _specification(wanted)
        record = look.details.get("record")
        if record and without_rules(self.engine.run, [record]):
            raise ServiceError(f"{spec.container} cannot be reached: {GONE}. Nothing was changed")
        self.images.ensure(spec, wanted)
        if spec.series.command and not spec.series.allow:
            self._refuse_other_series(spec, record)

    def _refuse_other_series(self, spec: Specification, record: Record | None) -> None:
        """Raise a ServiceError if the image is of another series than what runs or the data."""
        if record and self.images.id_of(spec.image) == record["Image"]:
            return
        old = self._series(spec, record["Image"]) if record else self._series_of_data(spec)
        new = self._series(spec, spec.image) if old else ""
        what = f"{spec.container} runs" if record else f"the data in {spec.series.volume} is of"
        if old and new and old != new:
            raise ServiceError(
                f"{spec.requested} is of series {new}, and {what} series {old}."
                " The data cannot go back once the new series has changed it. Make a backup, and"
                f" set {spec.service}_allow_series_change (the option series.allow) to true to go"
                " on"
            )

    def _series(self, spec: Specification, image: str) -> str:
        """Return the series that an image tells, or "" if it tells none."""
        command, *arguments = spec.series.command
        run = ["docker", "run", "--rm", "--network", "none", "--entrypoint", command, image]
        output = self.engine.succeed([*run, *arguments], f"{image} does not tell its version")
        match = re.search(spec.series.pattern, output)
        return match[1] if match else ""

    def _series_of_data(self, spec: Specification) -> str:
        """Return the series that a volume tells that no container uses, or "" if it tells none."""
        volume = spec.series.volume
        if not volume or self.engine.run(["docker", "volume", "inspect", volume])[0] != 0:
            return ""
        mount = ["--volume", f"{volume}:/data:ro", "--entrypoint", "cat"]
        run = ["docker", "run", "--rm", "--network", "none", *mount, spec.image]
        # Which of the files there are depends on the version, so cat may fail.
        output = self.engine.run([*run, *(f"/data/{note}" for note in spec.series.notes)])[1]
        found = re.findall(r"\b(\d+\.\d+)\.\d+", output)
        return found[-1] if found else ""

    def test(self, directory: Path, wanted: Release, _look: Look) -> None:
        """Let the image test the files of the staged release, and Compose its project."""
        spec = _specification(wanted)
        refused = f"{spec.container} does not pass its test with {spec.requested}"
        failure = f"{refused}, nothing was changed"
        self.engine.compose(directory, "config", "--quiet", failure=failure)
        if not spec.test:
            return
        service = json.loads(wanted.files[COMPOSE_FILE])["services"][spec.service]
        mounts = [
            word
            for volume in service.get("volumes", [])
            if str(volume).startswith("./")
            for word in ("--volume", str(directory / str(volume)[2:]))
        ]
        user = ["--user", str(service["user"])] if service.get("user") else []
        command, *arguments = spec.test
        self.engine.succeed(
            [
                *("docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp"),
                *("--cap-drop", "ALL", *user, *mounts, "--entrypoint", command, spec.image),
                *arguments,
            ],
            failure,
        )

    def bring_up(self, store: Store, release_id: str, look: Look, *, edited: bool) -> None:
        """Start the container of a release, and wait until it is healthy and answers.

        A ServiceError holds the last lines that the service wrote.
        """
        directory = store.directory(release_id)
        release = store.read(release_id)
        if release is None:
            raise ServiceError(f"release {release_id} is not on the disk")
        spec = _specification(release)
        self.place.make()
        self._first_command(store, directory, spec, release)
        # Compose leaves a container alone whose own settings are the same: one of a release that
        # differs in other things, and one of this very release with which something is amiss.
        record = self.engine.inspect(spec.container)[0]
        other = record is not None and _release_of(store, created_from(record)) != release_id
        again = ["--force-recreate"] if edited or other or _is_amiss(look, release_id) else []
        begun = time.time()
        was_ready = record is not None and _is_ready(spec.health)
        try:
            up = ["up", "--detach", "--remove-orphans", "--quiet-pull", *again]
            failure = f"{spec.container} does not start"
            self.engine.compose(directory, *up, failure=failure)
            self._confirm(spec)
            if was_ready:
                self._confirm_ready(spec)
        except ServiceError as exc:
            lines = self.engine.last_lines(spec.container, since=begun)
            told = f"{exc}\nIts last lines:\n{lines}"
            raise ServiceError(release.masked(told)) from None
        self._remember(store, spec)

    def _first_command(
        self, store: Store, directory: Path, spec: Specification, release: Release
    ) -> None:
        """Run the command that comes before the first start, unless it has succeeded already."""
        if not spec.first_command or store.noted(FIRST_COMMAND_DONE):
            return
        run = ["run", "--rm", "--no-deps", "-T", spec.service, *spec.first_command]
        try:
            failure = f"the first command of {spec.container} failed"
            self.engine.compose(directory, *run, failure=failure)
        except ServiceError as exc:
            raise ServiceError(release.masked(str(exc))) from None
        store.note(FIRST_COMMAND_DONE, {"release": directory.name, "at": int(time.time())})

    def _confirm(self, spec: Specification) -> None:
        """Wait until the container is healthy and the service answers at its published address."""
        end = time.monotonic() + self.timeout
        while True:
            record = self.engine.inspect(spec.container)[0]
            if record is None:
                raise ServiceError(f"there is no container {spec.container}")
            states = _wrong_state(spec.container, record)
            problem = states[0] if states else probe(spec.health)
            if problem is None:
                return
            if record.get("RestartCount") or record["State"]["Status"] == "exited":
                raise ServiceError(f"{spec.container} exits as soon as it has started")
            if time.monotonic() > end:
                waited = f"{self.timeout:g} s"
                raise ServiceError(f"{spec.container} did not come up in {waited}: {problem}")
            time.sleep(POLL_SECONDS)

    def _confirm_ready(self, spec: Specification) -> None:
        """Wait until the service reaches what it depends on, as the one before it did."""
        end = time.monotonic() + min(self.timeout, READY_SECONDS)
        while not _is_ready(spec.health):
            if time.monotonic() > end:
                told = f"{spec.health.ready_path} does not answer well, and it did before"
                raise ServiceError(f"{spec.container} is not ready: {told}")
            time.sleep(POLL_SECONDS)

    def _remember(self, store: Store, spec: Specification) -> None:
        """Note the container that was confirmed, so that a change by hand is noticed later."""
        record = self.engine.inspect(spec.container)[0]
        if record:
            note = {"container": record["Id"], "fingerprint": fingerprint(record)}
            store.note(CONFIRMED, note)

    def effect(self, wanted: Release, look: Look, *, edited: bool) -> str:
        """Return what `bring_up` does to the container: "create", "replace", "start" or "keep"."""
        record = look.details.get("record")
        if record is None:
            return "create"
        if edited or look.serving != wanted.id or _is_amiss(look, wanted.id):
            return "replace"
        return "start" if record["State"]["Status"] in ("exited", "created") else "keep"

    def put_back(self, look: Look) -> bool:
        """Start what ran before, from Compose files that no release has made."""
        if not look.foreign:
            return False
        record = look.details["record"]
        labels = record["Config"]["Labels"]
        files = [word for file in look.foreign for word in ("--file", str(file))]
        directory = labels.get(LABEL_DIRECTORY, str(look.foreign[0].parent))
        command = ["docker", "compose", "--project-directory", directory, *files, "up", "--detach"]
        self.engine.succeed(command, f"{record['Name'].lstrip('/')} does not start again")
        return True

    def down(self, directory: Path) -> None:
        """Remove the container of a release that did not come up; volumes stay."""
        self.engine.compose(directory, "down", failure="the container cannot be removed")

    def finish(self, store: Store, wanted: Release) -> None:
        """Remove images of this service that no kept release needs."""
        kept = [spec for name in store.kept() if (spec := _spec_on_disk(store, name))]
        needed = {spec.image for spec in kept}
        had = set(store.noted(IMAGES) or [])
        self.images.clean(_specification(wanted), needed, had - needed)
        store.note(IMAGES, sorted(needed))
        self.place.tidy()


def probe(health: Health) -> str | None:
    """Return why the service does not work at its published address, or None if it does."""
    if not health.address:
        return None
    known = {each.name for each in fields(Target)}
    settings = {name: value for name, value in vars(health).items() if name in known}
    target = Target(name=f"{health.address}:{health.port}", **settings)
    result = probe_all([target], PROBE_SECONDS, 1)[0]
    if result.ok:
        return None
    return f"does not answer at {target} ({health.protocol}): {result.outcome.detail}"


def _is_ready(health: Health) -> bool:
    """Tell whether the service says that it reaches what it depends on."""
    return bool(health.ready_path) and not probe(replace(health, path=health.ready_path))


def fingerprint(record: Record) -> str:
    """Return what stands for all settings of a container: its configuration, mounts and image.

    A restart of the engine makes an empty list of a setting that is null. Neither counts.
    """
    networks = sorted(record.get("NetworkSettings", {}).get("Networks") or {})
    mounts = sorted(json.dumps(each, sort_keys=True) for each in record.get("Mounts") or [])
    parts = (record["Config"], record.get("HostConfig") or {})
    own = [{key: value for key, value in part.items() if value not in EMPTY} for part in parts]
    settings = [record["Image"], *own, mounts, networks]
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _specification(release: Release) -> Specification:
    spec = Specification.of(release)
    if spec is None:
        raise ServiceError(f"release {release.id} does not say what it is: deploy it again")
    return spec


def _spec_on_disk(store: Store, release_id: str) -> Specification | None:
    release = store.read(release_id)
    return Specification.of(release) if release else None


def _release_of(store: Store, files: list[Path]) -> str | None:
    """Return the id of the kept release whose Compose file a container was created from."""
    if files and files[0].parent.parent == store.releases and store.read(files[0].parent.name):
        return files[0].parent.name
    return None


def _wrong_state(name: str, record: Record) -> list[str]:
    """Return why a container is not up: ["peerlb-mysql is exited"]."""
    status = record["State"]["Status"]
    health = (record["State"].get("Health") or {}).get("Status", "healthy")
    if status != "running":
        return [f"{name} is {status}"]
    return [] if health == "healthy" else [f"{name} is {health}"]


def _is_amiss(look: Look, release_id: str) -> bool:
    """Tell whether something is amiss with a container of a release that only a new one mends."""
    return look.serving == release_id and not all(map(_mends_itself, look.reasons))


def _mends_itself(reason: str) -> bool:
    """Tell whether Compose mends this without a new container: one that is stopped, or starting."""
    return reason.endswith(
        (UNCONFIRMED, "interrupted", " is exited", " is created", " is starting")
    )
