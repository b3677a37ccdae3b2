# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep releases on the disk, and know which one is live.

root/releases/<id>/…     a release: one directory, which nobody changes once it is complete
root/releases/.staging/  a release that is being written and tested
root/releases/.replaced/ a damaged release whose place its copy takes
root/current             a symbolic link to the live release
root/history.json        which release went live when, by whom and why, newest last
root/key                 the host's own secret, by which secrets enter the ids of releases
root/lock                held by whoever changes this service
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import typing as t
from pathlib import Path

from .._files.writing import create_file, replace_file, replace_link, sync_directory
from .lock import locked
from .release import SECRETS, Release
from .who import moment

STAGING = ".staging"
REPLACED = ".replaced"  # a damaged release on its way out
HISTORY_LINES = 200  # older lines are dropped


class StoreError(Exception):
    """The disk or another user of the store stands in the way; the text says which and how."""


class Store:
    """The releases below root.

    What readers see changes by one rename each time, so a run that is killed at any moment leaves
    whole releases, and at most a .staging that the next run removes. The one exception is a damaged
    release: it is moved away before its copy takes its place. A run that is killed between the two
    leaves neither there, and the next run writes it again.
    """

    def __init__(
        self, root: str, kind: type[Release] = Release, owner: int = 0, mode: int = 0o755
    ) -> None:
        """Name the paths below root; nothing is read or written yet.

        kind is what a directory is read as; the files of secrets belong to the user id owner; mode
        is that of root.
        """
        self.root = Path(root)
        self.kind = kind
        self.owner = owner
        self.mode = mode
        self.releases = self.root / "releases"
        self.link = self.root / "current"
        self.history_file = self.root / "history.json"

    @contextlib.contextmanager
    def lock(self, owner: str, *, needed: bool = True, wait: float = 0) -> t.Iterator[None]:
        """Keep others from changing this service within a `with` block.

        Another one's change is waited for, for at most this many seconds. A StoreError then names
        its owner. needed=False locks nothing and writes nothing, for check mode.
        """
        if not needed:
            yield
            return
        with self._writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(self.mode)
        with self._entering(locked(self.root / "lock", owner, wait, "this service")):
            yield

    def current_id(self) -> str | None:
        """Return the id of the release that the link names, or None if there is no link."""
        try:
            return Path(os.readlink(self.link)).name
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise StoreError(
                f"{self.link} is no symbolic link to a release ({exc.strerror}): move it away"
            ) from exc

    def read(self, release_id: str | None) -> Release | None:
        """Return a release as it is on the disk, or None if no release has this id.

        The release's own id differs from the one that was asked for if somebody edited a file.
        """
        directory = self.releases / str(release_id)
        if release_id is None or not directory.is_dir():
            return None
        paths = {str(path.relative_to(directory)): path for path in sorted(directory.rglob("*"))}
        files = {
            name: _text(path)
            for name, path in paths.items()
            if path.is_file() and name not in self.kind.GENERATED
        }
        return self.kind(files, self.key())

    def directory(self, release_id: str) -> Path:
        """Return the directory of a release, whether it exists or not."""
        return self.releases / release_id

    def key(self, *, make: bool = False) -> str:
        """Return the host's secret for the ids of releases; "" if the host has none yet."""
        path = self.root / "key"
        try:
            known = path.read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            known = ""
        except (OSError, ValueError) as exc:
            raise StoreError(f"cannot read {path}: {exc}; move it away") from exc
        if known or not make:
            return known
        self._replace("key", secrets.token_hex(32))
        return path.read_text(encoding="ascii")

    def intact(self, release: Release) -> bool:
        """Tell whether a release is on the disk as it was written, with its modes and owners."""
        if self.read(release.id) != release:
            return False
        for path in filter(release.is_private, release.files):
            status = (self.releases / release.id / path).stat()
            if status.st_mode & 0o077 or status.st_uid != self._owner_of(path):
                return False
        return True

    def _owner_of(self, path: str) -> int:
        """Return the id of the user whom a private file belongs to."""
        return self.owner if path.startswith(SECRETS) and os.geteuid() == 0 else os.geteuid()

    def present(self) -> Release | None:
        """Return the release that the link names, or None."""
        return self.read(self.current_id())

    def former(self, beginning: str) -> Release:
        """Return the release to go back to, as `former_id` chooses it.

        A StoreError says that there is none, or that it is damaged.
        """
        release_id = former_id(beginning, self.current_id(), self.history(), self.kept())
        release = self.read(release_id)
        if release is None or release.id != release_id:
            raise StoreError(f"release {release_id} is damaged on the disk and cannot be made live")
        return release

    def stage(self, release: Release) -> Path:
        """Write a release to .staging, and return that directory."""
        staging = self.releases / STAGING
        with self._writing(staging):
            self.discard()
            for name, text in {**release.files, **release.generated()}.items():
                path = staging / name
                path.parent.mkdir(parents=True, exist_ok=True)
                mode = 0o600 if release.is_private(name) else 0o644
                create_file(path, text.encode(), mode, self._owner_of(name))
            for directory in {path.parent for path in staging.rglob("*")}:
                sync_directory(directory)
        return staging

    def discard(self) -> None:
        """Remove .staging, if it exists."""
        if (self.releases / STAGING).exists():
            shutil.rmtree(self.releases / STAGING)

    def adopt(self, release: Release) -> None:
        """Make the staged directory a release; one that is damaged is replaced by it."""
        directory = self.releases / release.id
        with self._writing(directory):
            if self.intact(release):
                self.discard()
                return
            replaced = self.releases / REPLACED
            if replaced.exists():  # a run that was killed may have left it
                shutil.rmtree(replaced)
            if directory.exists():
                # It may be the live one, which others read meanwhile.
                os.replace(directory, replaced)
            try:
                os.replace(self.releases / STAGING, directory)
            except OSError:
                if replaced.exists():
                    os.replace(replaced, directory)
                raise
            sync_directory(self.releases)
            # Nobody reads it any more. What cannot be removed now goes before the next replacement.
            shutil.rmtree(replaced, ignore_errors=True)

    def switch(self, release_id: str | None) -> None:
        """Point the link to a release in one step; None removes the link."""
        with self._writing(self.link), contextlib.suppress(FileNotFoundError):
            if release_id is not None:
                replace_link(self.link, Path("releases") / release_id)
            else:
                self.link.unlink()
                sync_directory(self.root)

    def history(self) -> list[dict[str, t.Any]]:
        """Return the history, newest last: [{"id": "3f9a…", "by": "ada", "at": "…", "reason": ""}].

        A damaged history must not stop a change or take the way back: instead of it, the releases
        on the disk are told in the order in which they were written.
        """
        lines = self._read_history()
        return self._written() if lines is None else lines

    def last_id(self) -> str | None:
        """Return the id in the newest line of the history, or None."""
        history = self._read_history()
        return str(history[-1]["id"]) if history else None

    def _written(self) -> list[dict[str, t.Any]]:
        """Return a line for each release on the disk, oldest first."""
        written = sorted((self.directory(each).stat().st_mtime, each) for each in self.kept())
        reason = "the history was damaged; this is when the release was written"
        return [
            {"id": each, "by": "unknown", "at": moment(at), "reason": reason}
            for at, each in written
        ]

    def _read_history(self) -> list[dict[str, t.Any]] | None:
        """Return the history, [] if there is none yet, or None if it is damaged.

        It is damaged too if it knows none of the releases on the disk, as after it was emptied.
        """
        try:
            lines = json.loads(self.history_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            lines = []
        except (OSError, ValueError, RecursionError):
            return None
        sound = isinstance(lines, list) and all(
            isinstance(line, dict) and isinstance(line.get("id"), str) for line in lines
        )
        kept = self.kept()
        known = sound and (not kept or any(line["id"] in kept for line in lines))
        return lines if known else None

    def kept(self) -> list[str]:
        """Return the ids of the releases on the disk, sorted."""
        if not self.releases.is_dir():
            return []
        return sorted(
            path.name
            for path in self.releases.iterdir()
            if path.name[0] != "." and path.is_dir() and not path.is_symlink()
        )

    def record(self, entry: dict[str, t.Any], keep: int, needed: str | None = None) -> None:
        """Add a line to the history, and remove releases that were not live lately.

        The keep releases that went live last stay; those that were only passing do not count. The
        live one stays, and so does needed, from which the container was created. A damaged history
        tells nothing of that: it is put aside as history.damaged.json, and every release stays.
        """
        former = self._read_history()
        before = [
            line for line in self.history() if former is not None or line["id"] != entry["id"]
        ]
        lines = [*before, entry][-HISTORY_LINES:]
        with self._writing(self.history_file):
            if former is None and self.history_file.exists():
                os.replace(self.history_file, self.root / "history.damaged.json")
            self._replace(self.history_file.name, json.dumps(lines, indent=1) + "\n", 0o644)
            if former is None:
                return
            stays = [line["id"] for line in reversed(lines) if not line.get("passing")]
            recent = list(dict.fromkeys(stays))[:keep]
            for directory in self.releases.iterdir():
                if directory.name not in {*recent, needed, self.current_id()}:
                    shutil.rmtree(directory, ignore_errors=True)

    def note(self, name: str, value: t.Any) -> str:
        """Write a value as JSON to a file of root's beside the releases, in one step.

        Returns the text that the file has now.
        """
        text = json.dumps(value)
        self._replace(name, text)
        return text

    def _replace(self, name: str, text: str, mode: int = 0o600) -> None:
        """Write a file beside the releases in one step."""
        with self._writing(self.root / name):
            self.root.mkdir(parents=True, exist_ok=True)
            replace_file(self.root / name, text.encode(), mode)

    def noted(self, name: str) -> t.Any:
        """Return what `note` has written, or None."""
        try:
            return json.loads((self.root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @contextlib.contextmanager
    def _entering(self, lock: t.ContextManager[None]) -> t.Iterator[None]:
        """Hold a lock within a `with` block; a StoreError says why it cannot be had."""
        with contextlib.ExitStack() as stack:
            with self._writing(self.root / "lock"):
                try:
                    stack.enter_context(lock)
                except BlockingIOError as exc:
                    raise StoreError(str(exc)) from None
            yield

    @contextlib.contextmanager
    def _writing(self, path: Path) -> t.Iterator[None]:
        """Within a `with` block, make an error of the disk a StoreError that names the path."""
        try:
            yield
        except FileNotFoundError:  # a mistake of this program, not a state of the disk
            raise
        except OSError as exc:
            with contextlib.suppress(OSError):
                self.discard()
            raise StoreError(f"cannot write {path}: {exc.strerror or exc}") from exc


def former_id(
    beginning: str, current: str | None, history: list[dict[str, t.Any]], kept: list[str]
) -> str:
    """Return the id of the release to go back to.

    beginning is how the id begins; empty means the kept release that was live last before current,
    and not only in passing, as while a member was renewed.
    A StoreError says that no release fits, or several do.
    """
    if beginning:
        fitting = [release_id for release_id in kept if release_id.startswith(beginning)]
        if len(fitting) == 1:
            return fitting[0]
        shown = ", ".join(kept) or "none"
        raise StoreError(f"{len(fitting)} releases begin with {beginning}; kept are {shown}")
    for line in reversed(history):
        if line["id"] != current and line["id"] in kept and not line.get("passing"):
            return str(line["id"])
    raise StoreError("there is no release to go back to: none was live before this one")


def _text(path: Path) -> str:
    """Return a file's text with its own line ends; bytes that are not text make it differ."""
    with open(path, encoding="utf-8", errors="replace", newline="") as stream:
        return stream.read()
