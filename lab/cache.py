# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cache of root file systems and images, which are built once on a machine.

The name of an entry has a hash of everything that the entry is built from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import typing as t
from pathlib import Path

from . import procs
from .names import CACHE
from .run import run, step

KEEP = 2  # entries of each kind, because two clones with different recipes may take turns


def path(kind: str, recipe: t.Iterable[str | bytes | Path]) -> Path:
    """Return the path of the entry for this recipe, such as CACHE/"host-0123456789abcdef".

    A Path in the recipe stands for the names, modes and contents of all files below it.
    """
    digest = hashlib.sha256()
    for part in recipe:
        files = [part] if isinstance(part, (str, bytes)) else _content(part)
        for piece in files:
            data = piece.encode() if isinstance(piece, str) else piece
            digest.update(b"%d:" % len(data) + data)
    return CACHE / f"{kind}-{digest.hexdigest()[:16]}"


def _content(top: Path) -> t.Iterator[str | bytes]:
    for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
        if file.is_file():
            yield f"{file.relative_to(top)} {file.stat().st_mode & 0o777:o}"
            yield file.read_bytes()


def ensure(final: Path, build: t.Callable[[Path], None]) -> Path:
    """Return *final*. If it does not exist, build(directory) fills a new directory first."""
    if not final.exists():
        partial = CACHE / f".partial-{final.name}"
        partial.mkdir(parents=True)
        with step(f"made {final.name}"):
            build(partial)
            os.sync()  # so that an entry which survives a power cut is complete
            partial.rename(final)
    os.utime(final)
    return final


def run_builder(*argv: str | Path, text: str | None = None) -> str:
    """Run a program that builds an entry, and return its output.

    The program runs in a control group, so "down" finds it even if this process was killed.
    """

    def wrap(words: t.Sequence[str | Path]) -> list[str]:
        return procs.in_group(procs.BUILD, ["unshare", "--mount", "--", *words])

    return run(*argv, text=text, wrap=wrap)


def sweep() -> None:
    """Remove the unfinished entries of killed builders."""
    for entry in CACHE.glob(".partial-*"):
        shutil.rmtree(entry)


def prune(in_use: t.Container[str]) -> None:
    """Remove old entries. The last used ones of each kind stay, and so do the names *in_use*."""
    kinds: dict[str, list[Path]] = {}
    for entry in CACHE.iterdir():
        kinds.setdefault(entry.name.rpartition("-")[0], []).append(entry)
    for entries in kinds.values():
        entries.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
        for entry in entries[KEEP:]:
            if entry.name not in in_use:
                shutil.rmtree(entry)
