# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a release live, or put the last good one back.

A run can be killed at any step. So the disk (what the link `current` names) and nginx (what
answers) can disagree, and every run begins by looking at both.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from .container import COMPOSE_FILE, Container, ContainerError, release_at
from .release import STATE, Release
from .store import Store


def serving_release(store: Store, port: int) -> str | None:
    """Return the id of the release that nginx serves now, or None if none answers.

    After a rollback, a failure or a killed run, nginx may listen on another status port than the
    inventory says. So each kept release is asked for on its own status port, the live one first;
    port is the inventory's, for releases whose files do not tell theirs.
    """
    kept = {name: release for name in store.kept() if (release := store.read(name))}
    live = [release for name, release in kept.items() if name == store.current_id()]
    ports = [release.status_port(port) for release in (*live, *kept.values())]
    stranger = None
    for each in dict.fromkeys([*ports, port]):
        answer = release_at(each)
        if answer in kept:
            return answer
        stranger = stranger or answer
    return stranger  # an id that is not on the disk, or the words of another program


@dataclass(frozen=True)
class Rollout:
    """The wanted release beside the one on the disk and the one that nginx serves.

    `changed` and `diff` both come from this comparison, in check mode as in a real run. present is
    the release that the link names and previous its id; serving is the id that answers;
    created_from is the id of the release from which the container was created.
    """

    store: Store
    container: Container
    wanted: Release
    present: Release | None
    previous: str | None
    serving: str | None
    created_from: str | None

    @classmethod
    def plan(cls, store: Store, container: Container, wanted: Release) -> Rollout:
        """Return the comparison for a wanted release, by one look at the disk and at nginx."""
        serving = serving_release(store, container.status_port)
        return cls(
            store,
            container,
            wanted,
            present=store.present(),
            previous=store.current_id(),
            serving=serving,
            created_from=container.created_from() if serving else None,
        )

    @property
    def changed(self) -> bool:
        """Tell whether the wanted release is not on the disk, or not what nginx serves."""
        served = self.serving == self.wanted.id and self.same_container
        return self.wanted != self.present or not served

    @property
    def same_container(self) -> bool:
        """Tell whether the running container has the compose.yml of the wanted release.

        What counts is the release that the container was created from, not the one on the disk: a
        run may have been killed after it switched the link and before it created the container.
        """
        if self.serving is None:
            return False
        running = self.store.read(self.created_from) or self.store.read(self.serving)
        compose = self.wanted.files.get(COMPOSE_FILE)
        return running is not None and running.files.get(COMPOSE_FILE) == compose

    @property
    def edited(self) -> bool:
        """Tell whether somebody edited the live release; nginx may have loaded the edited files."""
        return self.previous == self.wanted.id and self.present != self.wanted

    @property
    def last_good(self) -> str | None:
        """Return the id of the release to put back: the one that nginx serves, if it is kept."""
        if self.store.read(self.serving):
            return self.serving
        return self.previous if self.present else None

    def diff(self) -> list[dict[str, str]]:
        """Return Ansible's diff, one entry for each file that differs.

        state.json is left out: it repeats what the upstreams say.
        """
        before = self.present.files if self.present else {}
        after = self.wanted.files
        return [
            {
                "before_header": f"{path} ({self.previous or 'absent'})",
                "after_header": f"{path} ({self.wanted.id})",
                "before": before.get(path, ""),
                "after": after.get(path, ""),
            }
            for path in sorted({*before, *after} - {STATE})
            if before.get(path) != after.get(path)
        ]

    def test(self) -> None:
        """Let nginx test the wanted release and change nothing; a ContainerError is a refusal."""
        staged = self.store.stage(self.wanted)
        try:
            self.container.test(staged, inside=self.same_container)
        finally:
            self.store.discard()

    def apply(self, note: dict[str, str], keep: int) -> None:
        """Make the wanted release live: stage, test, adopt, switch, bring up, confirm, record.

        note is written to the history, and keep is how many releases stay on the disk. After a
        ContainerError the last good release is live again; the text says whether that worked.
        """
        store, wanted = self.store, self.wanted
        last_good, same_container = self.last_good, self.same_container
        staged = store.stage(wanted)
        try:
            self.container.test(staged, inside=same_container)
        except ContainerError:
            store.discard()
            raise
        store.adopt(wanted)
        store.switch(wanted.id)
        try:
            self._bring_up(wanted.id, same_container)
        except ContainerError as exc:
            raise ContainerError(f"{exc}\n{self._put_back(last_good, same_container)}") from None
        store.record({"id": wanted.id, **note}, keep, needed=self.created_from)

    def _directory(self, release_id: str) -> Path:
        return self.store.releases / release_id

    def _port(self, release_id: str) -> int:
        """Return the status port of a release on the disk."""
        release, default = self.store.read(release_id), self.container.status_port
        return release.status_port(default) if release else default

    def _bring_up(self, release_id: str, same_container: bool) -> None:
        """Let nginx serve the release to which the link points by now, and confirm that it does.

        A container of another compose.yml is replaced. A reload follows only where nginx does not
        serve the release yet, as a new container does.
        """
        if not same_container:
            self.container.up(self._directory(release_id))
        port = self._port(release_id)
        if self.edited or release_at(port) != release_id:
            self.container.reload()
        self.container.confirm(release_id, port)

    def _put_back(self, release_id: str | None, same_container: bool) -> str:
        """Make the last good release live again, or remove what there is; say what came of it."""
        self.store.switch(release_id)
        if release_id is None:
            with contextlib.suppress(ContainerError):
                self.container.down(self._directory(self.wanted.id))
            return "nothing was live before, and nothing is now"
        try:
            self._bring_up(release_id, same_container)
        except ContainerError as exc:
            return f"and the last good release {release_id} did not come back either: {exc}"
        return f"the last good release {release_id} is live again"
