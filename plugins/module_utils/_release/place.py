# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service keeps on the host beside its releases: directories, and random first passwords.

They are state, such as a socket's directory. A release that goes away does not take them along.
"""

from __future__ import annotations

import os
import secrets
import shutil
import string
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._files.writing import replace_file
from .engine import ServiceError

PASSWORD_LENGTH = 40
# Some images' entrypoints do not quote a password.
PASSWORD_CHARACTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Place:
    """The state of a service below root.

    directories are names of those that the container writes to; passwords are names of files with a
    random password, made once. Both belong to owner. obsolete are names of what a former version
    of the collection has left.
    """

    root: Path
    owner: int = 0
    directories: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    obsolete: tuple[str, ...] = ()

    def reasons(self) -> list[str]:
        """Return what is missing or not the owner's: ["run is missing"]."""
        return [
            f"{name} {'is missing' if not (self.root / name).exists() else 'has another owner'}"
            for name in (*self.directories, *self.passwords)
            if not self._is_owned(self.root / name)
        ]

    def _is_owned(self, path: Path) -> bool:
        try:
            return path.stat().st_uid == self.owner or os.geteuid() != 0
        except FileNotFoundError:
            return False

    def make(self) -> None:
        """Make what is missing, and give the owner what is not his; never replace a password."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for name in self.directories:
                (self.root / name).mkdir(mode=0o755, exist_ok=True)
                self._own(self.root / name)
            for name in self.passwords:
                if not (self.root / name).exists():
                    self._write_password(self.root / name)
                self._own(self.root / name)
        except OSError as exc:
            raise ServiceError(f"cannot write {exc.filename}: {exc.strerror}") from exc

    def _write_password(self, path: Path) -> None:
        password = "".join(secrets.choice(PASSWORD_CHARACTERS) for _each in range(PASSWORD_LENGTH))
        replace_file(path, password.encode(), 0o400)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.owner, self.owner)

    def tidy(self) -> None:
        """Remove what a former version has left. Nothing needs it once a release is live."""
        for name in self.obsolete:
            path = self.root / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def place_of(root: Path, owner: int, params: t.Mapping[str, t.Any]) -> Place:
    """Return the place that a module's parameters describe."""
    names = {
        each: tuple(params.get(each) or ()) for each in ("directories", "passwords", "obsolete")
    }
    return Place(root, owner, **names)
