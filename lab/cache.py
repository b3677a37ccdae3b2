# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made once a machine and kept: each thing under a key of all that it is made of."""

from __future__ import annotations

import hashlib
import os
import shutil
import typing as t
from pathlib import Path

from . import procs
from .names import CACHE
from .run import run, step

KEEP = 2  # of each kind; clones with different recipes may take turns


def path(kind: str, recipe: t.Iterable[str | bytes | Path]) -> Path:
    """Return where this recipe's result is, or will be; directories count with all files."""
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
    """Return final; build(directory) fills it first if it is not there."""
    if not final.exists():
        partial = CACHE / f".partial-{final.name}"
        partial.mkdir(parents=True)
        with step(f"made {final.name}"):
            build(partial)
            os.sync()  # a name that is there after a power cut must hold all of its content
            partial.rename(final)
    os.utime(final)
    return final


def make(*argv: str | Path, text: str | None = None) -> str:
    """Run a builder's program: "down" finds and ends it should this process be killed."""

    def wrap(words: t.Sequence[str | Path]) -> list[str]:
        return procs.within(procs.BUILD, ["unshare", "--mount", "--", *words])

    return run(*argv, text=text, wrap=wrap)


def sweep() -> None:
    """Remove what killed builders left."""
    for entry in CACHE.glob(".partial-*"):
        shutil.rmtree(entry)


def prune(in_use: t.Container[str]) -> None:
    """Remove all but the last used of each kind."""
    kinds: dict[str, list[Path]] = {}
    for entry in CACHE.iterdir():
        kinds.setdefault(entry.name.rpartition("-")[0], []).append(entry)
    for entries in kinds.values():
        entries.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
        for entry in entries[KEEP:]:
            if entry.name not in in_use:
                shutil.rmtree(entry)
