# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a release live, or leave the last good one."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from .container import COMPOSE_FILE, Container, ContainerError, release_at
from .release import STATE, Release
from .store import Store


def serving_release(store: Store, port: int) -> str | None:
    """Return the id of the release that answers, or None.

    Each release is asked on the status port that it has itself, so the port may change like
    anything else in it: after a rollback, a failure or a cut run another one serves than the
    inventory says. port is the inventory's; it counts only for releases that tell none.
    """
    kept = {name: release for name in store.kept() if (release := store.read(name))}
    live = [release for name, release in kept.items() if name == store.current_id()]
    stranger = None
    ports = [release.status_port(port) for release in (*live, *kept.values())]
    for each in dict.fromkeys([*ports, port]):
        answer = release_at(each)
        if answer in kept:
            return answer
        stranger = stranger or answer
    return stranger


@dataclass(frozen=True)
class Rollout:
    """What is there and what is wanted; changed and diff both follow from this comparison."""

    store: Store
    container: Container
    wanted: Release
    present: Release | None
    previous: str | None
    serving: str | None
    created_from: str | None

    @classmethod
    def plan(cls, store: Store, container: Container, wanted: Release) -> Rollout:
        answers = serving_release(store, container.status_port)
        created_from = container.created_from() if answers else None
        return cls(
            store, container, wanted, store.present(), store.current_id(), answers, created_from
        )

    @property
    def changed(self) -> bool:
        """Differs on the disk, or another release (or none) or container is what really answers."""
        answers = self.serving == self.wanted.id and self.same_container
        return self.wanted != self.present or not answers

    @property
    def same_container(self) -> bool:
        """Tell whether the container that answers is the one that the wanted release asks for.

        The disk does not tell: a run may have been cut after it switched, before it made another.
        """
        if self.serving is None:
            return False
        running = self.store.read(self.created_from) or self.store.read(self.serving)
        asked = self.wanted.files.get(COMPOSE_FILE)
        return running is not None and running.files.get(COMPOSE_FILE) == asked

    @property
    def edited(self) -> bool:
        """Tell whether somebody changed the wanted release itself, and nginx may have read it."""
        return self.previous == self.wanted.id and self.present != self.wanted

    @property
    def last_good(self) -> str | None:
        """Return what to put back: what answers; after a cut run the disk may be ahead of it."""
        if self.store.read(self.serving):
            return self.serving
        return self.previous if self.present else None

    def diff(self) -> list[dict[str, str]]:
        """Return Ansible's diff, one entry a file; state.json repeats what the upstreams say."""
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
        """Let nginx test what is wanted, and leave everything as it was."""
        staged = self.store.stage(self.wanted)
        try:
            self.container.test(staged, inside=self.same_container)
        finally:
            self.store.discard()

    def apply(self, note: dict[str, str], keep: int) -> None:
        """Stage, test, switch, bring up, confirm; on failure the last good release is back."""
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
        release, usual = self.store.read(release_id), self.container.status_port
        return release.status_port(usual) if release else usual

    def _bring_up(self, release_id: str, same_container: bool) -> None:
        if not same_container:
            self.container.up(self._directory(release_id))
        port = self._port(release_id)
        if self.edited or release_at(port) != release_id:
            self.container.reload()
        self.container.confirm(release_id, port)

    def _put_back(self, previous: str | None, same_container: bool) -> str:
        self.store.switch(previous)
        if previous is None:
            with contextlib.suppress(ContainerError):
                self.container.down(self._directory(self.wanted.id))
            return "nothing was live before, and nothing is now"
        try:
            self._bring_up(previous, same_container)
        except ContainerError as exc:
            return f"and the last good release {previous} did not come back either: {exc}"
        return f"the last good release {previous} is live again"
