# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace files and symbolic links: whoever reads them finds the former or the new one, whole.

An OSError of any function says what failed. The former file is still there then, unless the
directory alone could not be synced. Two writers of one file have to keep each other out by a lock.
"""

from __future__ import annotations

import contextlib
import os
import typing as t
from pathlib import Path


def replace_file(path: Path, content: bytes, mode: int = 0o600, owner: int | None = None) -> None:
    """Write a file in one step, with its mode and owner as of `create_file`."""
    with _replacing(path) as fresh:
        create_file(fresh, content, mode, owner)


def replace_link(path: Path, target: str | Path) -> None:
    """Let a symbolic link name a target, in one step."""
    with _replacing(path) as fresh:
        fresh.symlink_to(target)


def create_file(path: Path, content: bytes, mode: int = 0o600, owner: int | None = None) -> None:
    """Write a new file, which has its mode whatever the umask is; sync its directory afterwards.

    owner is the id of the user whom it belongs to, with the group of the same id. Only root can
    give a file away: for others it is their own.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as stream:
        os.fchmod(handle, mode)
        if owner is not None and os.geteuid() == 0:
            os.fchown(handle, owner, owner)
        stream.write(content)
        stream.flush()
        os.fsync(handle)


def sync_directory(path: Path) -> None:
    """Make the names that were made or removed in a directory outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _replacing(path: Path) -> t.Iterator[Path]:
    """Give a path beside; what is there at the end of the `with` block takes the place of path."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # a run that was killed may have left it
    try:
        yield fresh
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_directory(path.parent)
