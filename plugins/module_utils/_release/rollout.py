# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a release of a service live, or put the last good one back.

A run can be killed at any step. So the disk (what the link `current` names) and what runs can
disagree, and every run begins by looking at both.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .engine import ServiceError
from .release import Release
from .store import Store


@dataclass(frozen=True)
class Look:
    """What runs, as one look has found it.

    serving is the id of the release that runs, or None. reasons say why what runs is not the wanted
    release; there are none if it is. needed is the id of a release that must stay on the disk.
    foreign are the Compose files of a container that no release of ours has made.
    """

    serving: str | None
    reasons: tuple[str, ...] = ()
    needed: str | None = None
    foreign: tuple[Path, ...] = ()
    details: dict[str, t.Any] = field(default_factory=dict)


class Service(t.Protocol):
    """What a rollout asks of a service. Each method may raise a ServiceError."""

    def look(self, store: Store, wanted: Release) -> Look:
        """Compare what runs with the wanted release."""

    def prepare(self, wanted: Release, look: Look) -> None:
        """Get what the release needs, such as its image. Nothing that runs is changed."""

    def test(self, directory: Path, wanted: Release, look: Look) -> None:
        """Test a staged release with its own image. Nothing that runs is changed."""

    def bring_up(self, store: Store, release_id: str, look: Look, *, edited: bool) -> None:
        """Let the release run to which the link points by now, and confirm that it works."""

    def effect(self, wanted: Release, look: Look, *, edited: bool) -> str:
        """Return what `bring_up` does to the container.

        It is "create", "replace", "start", "reload", or "keep" if the container stays as it is.
        """

    def put_back(self, look: Look) -> bool:
        """Bring back a container that no release has made; False if there was none."""

    def down(self, directory: Path) -> None:
        """Remove what a release that did not come up has left."""

    def finish(self, store: Store, wanted: Release) -> None:
        """Clean up after the release has gone live."""


@dataclass(frozen=True)
class Rollout:
    """The wanted release beside the one on the disk and the one that runs.

    `changed`, `differs` and `diff` come from this comparison, in check mode as in a real run.
    present is the release that the link names, and previous its id. intact tells whether the wanted
    release is on the disk as it was written, recorded whether the history ends with it.
    """

    store: Store
    service: Service
    wanted: Release
    present: Release | None
    previous: str | None
    look: Look
    intact: bool
    recorded: bool

    @classmethod
    def plan(cls, store: Store, service: Service, wanted: Release) -> Rollout:
        """Return the comparison for a wanted release, by one look at the disk and at what runs."""
        look = service.look(store, wanted)
        return cls(
            store,
            service,
            wanted,
            present=store.present(),
            previous=store.current_id(),
            look=look,
            intact=store.intact(wanted),
            recorded=store.last_id() == wanted.id,
        )

    @property
    def changed(self) -> bool:
        """Tell whether the wanted release is not on the disk, or not what runs."""
        as_wanted = self.previous == self.wanted.id and self.intact and self.recorded
        return not as_wanted or bool(self.look.reasons)

    @property
    def edited(self) -> bool:
        """Tell whether somebody edited the live release; the service may have read the edit."""
        return self.previous == self.wanted.id and not self.intact

    @property
    def effect(self) -> str:
        """Return what becomes of the container, as `Service.effect` says."""
        return self.service.effect(self.wanted, self.look, edited=self.edited)

    @property
    def last_good(self) -> str | None:
        """Return the id of the release to put back: the one that runs, if it is kept."""
        if self.store.read(self.look.serving):
            return self.look.serving
        return self.previous if self.present else None

    def differs(self) -> list[str]:
        """Return in words what differs: ["my.cnf is new", "peerlb-mysql is exited"]."""
        before, after = self.present.files if self.present else {}, self.wanted.files
        files = [
            f"{path} "
            f"{'is new' if path not in before else 'goes' if path not in after else 'differs'}"
            for path in self._changed_paths()
        ]
        found = [*files, *self.look.reasons]
        if self.edited and not files:
            found.append("a private file has another mode or owner")
        if not found and before != after:
            found.append("a program of the load balancer differs")
        if not found and not self.recorded:
            found.append("the history does not tell of it yet")
        return found

    def diff(self) -> list[dict[str, str]]:
        """Return Ansible's diff, one entry for each file that differs. It shows no secret."""
        before = self.present or Release({})
        return [
            {
                "before_header": f"{path} ({self.previous or 'absent'})",
                "after_header": f"{path} ({self.wanted.id})",
                "before": before.shown(path, self.wanted),
                "after": self.wanted.shown(path, self.present),
            }
            for path in self._changed_paths()
        ]

    def _changed_paths(self) -> list[str]:
        before, after = self.present.files if self.present else {}, self.wanted.files
        paths = filter(self.wanted.is_shown, {*before, *after})
        return sorted(path for path in paths if before.get(path) != after.get(path))

    def test(self) -> None:
        """Get and test what the wanted release needs; change nothing that runs."""
        self.service.prepare(self.wanted, self.look)
        staged = self.store.stage(self.wanted)
        try:
            self.service.test(staged, self.wanted, self.look)
        finally:
            self.store.discard()

    def apply(self, note: t.Mapping[str, t.Any], keep: int) -> None:
        """Make the wanted release live: prepare, stage, test, adopt, switch, bring up, record.

        note is written to the history, and keep is how many releases stay on the disk. After a
        ServiceError the last good release is live again; the text says whether that worked.
        """
        store, wanted = self.store, self.wanted
        last_good, edited = self.last_good, self.edited
        self.service.prepare(wanted, self.look)
        staged = store.stage(wanted)
        try:
            self.service.test(staged, wanted, self.look)
        except ServiceError:
            store.discard()
            raise
        store.adopt(wanted)
        store.switch(wanted.id)
        try:
            self.service.bring_up(store, wanted.id, self.look, edited=edited)
        except ServiceError as exc:
            raise ServiceError(f"{exc}\n{self._put_back(last_good)}") from None
        store.record({"id": wanted.id, **note}, keep, needed=self.look.needed)
        self.service.finish(store, wanted)

    def _put_back(self, release_id: str | None) -> str:
        """Make the last good release live again, or remove what there is; say what came of it."""
        if release_id == self.wanted.id:
            return f"no other release than {release_id} was live before, so it stays"
        self.store.switch(release_id)
        try:
            if release_id is not None:
                self.service.bring_up(self.store, release_id, self.look, edited=False)
                return f"the last good release {release_id} is live again"
            if self.service.put_back(self.look):
                return "what ran before is up again"
        except ServiceError as exc:
            name = f"the last good release {release_id}" if release_id else "what ran before"
            return f"and {name} did not come back either: {exc}"
        with contextlib.suppress(ServiceError):
            self.service.down(self.store.directory(self.wanted.id))
        return "nothing was live before, and nothing is now"
