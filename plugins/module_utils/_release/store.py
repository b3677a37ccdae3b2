# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep releases on a disk and say which one is live.

root/releases/<id>/…   one directory for each release, never changed once it is there
root/current           a symlink to the live one, switched in one step
root/history.json      which release went live when, by whom and why, newest last
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import typing as t
from pathlib import Path

from .release import IDENTITY, Release

STAGING = ".staging"


class StoreError(Exception):
    """The disk, or somebody else, stands in the way; the text says which."""


class Store:
    """The releases below root. Every write is one rename; a cut run leaves only .staging."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self.releases = self.root / "releases"
        self.link = self.root / "current"
        self.history_file = self.root / "history.json"

    @contextlib.contextmanager
    def lock(self, owner: str, *, needed: bool = True) -> t.Iterator[None]:
        """Keep others out; a StoreError names who is inside. Not needed where one only looks."""
        if not needed:
            yield
            return
        with self._writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(handle, "r+", encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = stream.read().strip() or "somebody"
                raise StoreError(
                    f"{holder} is changing this load balancer right now; wait and run again"
                ) from None
            # Who holds the lock is a courtesy: a full disk must not keep anybody from it. Not by
            # the stream, which would try again when it is closed.
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{owner} (pid {os.getpid()})".encode(), 0)
            yield

    def current_id(self) -> str | None:
        try:
            return Path(os.readlink(self.link)).name
        except FileNotFoundError:
            return None

    def read(self, release_id: str | None) -> Release | None:
        """Return a release as it stands on the disk, or None if there is none of this id."""
        directory = self.releases / str(release_id)
        if release_id is None or not directory.is_dir():
            return None
        paths = {str(path.relative_to(directory)): path for path in sorted(directory.rglob("*"))}
        return Release(
            {
                name: _text(path)
                for name, path in paths.items()
                if path.is_file() and name != IDENTITY
            }
        )

    def present(self) -> Release | None:
        return self.read(self.current_id())

    def former(self, beginning: str) -> Release:
        """Return the kept release whose id begins so or, if empty, the one live before this one.

        A StoreError says that there is none, or that it is damaged.
        """
        release_id = former_id(beginning, self.current_id(), self.history(), self.kept())
        release = self.read(release_id)
        if release is None or release.id != release_id:
            raise StoreError(f"release {release_id} is damaged on the disk and cannot be made live")
        return release

    def stage(self, release: Release) -> Path:
        """Write the release where nothing reads it, and return the directory."""
        staging = self.releases / STAGING
        with self._writing(staging):
            self.discard()
            for name, text in {**release.files, IDENTITY: release.identity()}.items():
                path = staging / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "w", encoding="utf-8", newline="") as stream:
                    stream.write(text)
                    stream.flush()
                    os.fsync(stream.fileno())
                path.chmod(0o600 if name == "state.json" else 0o644)
        return staging

    def discard(self) -> None:
        if (self.releases / STAGING).exists():
            shutil.rmtree(self.releases / STAGING)

    def adopt(self, release: Release) -> None:
        """Make the staged directory a release; one of this id that is damaged is replaced."""
        directory = self.releases / release.id
        with self._writing(directory):
            if self.read(release.id) == release:
                self.discard()
                return
            if directory.exists():
                shutil.rmtree(directory)
            os.replace(self.releases / STAGING, directory)

    def switch(self, release_id: str | None) -> None:
        """Point the link to a release in one step; None takes the link away."""
        fresh = self.root / ".current"
        with self._writing(self.link), contextlib.suppress(FileNotFoundError):
            if release_id is None:
                self.link.unlink()
                return
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path("releases") / release_id)
            os.replace(fresh, self.link)

    def history(self) -> list[dict[str, t.Any]]:
        try:
            return json.loads(self.history_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []

    def kept(self) -> list[str]:
        """Return the ids of the releases on the disk."""
        if not self.releases.is_dir():
            return []
        return sorted(path.name for path in self.releases.iterdir() if path.name != STAGING)

    def record(self, entry: dict[str, t.Any], keep: int, needed: str | None = None) -> None:
        """Add a line to the history and forget the releases that are older than the last keep.

        needed is kept whatever its age: the container was made from it.
        """
        lines = [*self.history(), entry][-200:]
        fresh = self.root / ".history.json"
        with self._writing(self.history_file):
            fresh.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
            os.replace(fresh, self.history_file)
            recent = list(dict.fromkeys(line["id"] for line in reversed(lines)))[:keep]
            for directory in self.releases.iterdir():
                if directory.name not in {*recent, needed, self.current_id()}:
                    shutil.rmtree(directory, ignore_errors=True)

    @contextlib.contextmanager
    def _writing(self, path: Path) -> t.Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as exc:
            with contextlib.suppress(OSError):
                self.discard()
            raise StoreError(f"can not write {path}: {exc.strerror or exc}") from exc


def former_id(
    beginning: str, current: str | None, history: list[dict[str, t.Any]], kept: list[str]
) -> str:
    """Return the id of the release to go back to.

    beginning is how the id begins; empty means the kept release that was live last before current.
    A StoreError says that no release fits, or several do.
    """
    if beginning:
        fitting = [release_id for release_id in kept if release_id.startswith(beginning)]
        if len(fitting) == 1:
            return fitting[0]
        shown = ", ".join(kept) or "none"
        raise StoreError(f"{len(fitting)} releases begin with {beginning}; kept are {shown}")
    for line in reversed(history):
        if line["id"] != current and line["id"] in kept:
            return str(line["id"])
    raise StoreError("there is no release to go back to: none was live before this one")


def _text(path: Path) -> str:
    """Read a file with the line ends that it has; what is not text is replaced, and so differs."""
    with open(path, encoding="utf-8", errors="replace", newline="") as stream:
        return stream.read()
