# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit reads: the pools of the live release, and what operators have set."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._nginx.overrides import Overrides, apply_overrides, keep_known
from .._nginx.pool import MAX_WEIGHT, STATES, Pool
from .._values.entries import errors_at, one_of, whole_number
from .report import digest

STATE, OVERRIDES = "state.json", "overrides.json"


@dataclass(frozen=True)
class Wanted:
    """The pools with the weights and states that operators set, and where they come from.

    release is the id of the live release, overrides the digest of what operators have set, and
    entries are that itself, by pool and member.
    """

    pools: tuple[Pool, ...] = ()
    release: str = ""
    overrides: str = ""
    entries: Overrides = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> Wanted:
        """Return what stands below root; a ValueError or an OSError says why it cannot be read."""
        release = Path(os.readlink(root / "current")).name
        state = json.loads((root / "releases" / release / STATE).read_text(encoding="utf-8"))
        pools = tuple(Pool.parse(entry) for entry in state["pools"])
        try:
            text = (root / OVERRIDES).read_text(encoding="utf-8")
        except FileNotFoundError:
            text, live = "", {}
        else:
            live = json.loads(text)["overrides"]
        entries: Overrides = keep_known({**state["overrides"], **live}, pools)
        for pool, each in entries.items():
            for member, entry in each.items():
                with errors_at(f"pool {pool}, member {member}"):
                    whole_number("weight", entry.get("weight", 1), 0, MAX_WEIGHT)
                    one_of("state", entry.get("state", "up"), STATES)
        return cls(apply_overrides(entries, pools), release, digest(text) if text else "", entries)


def stamp(root: Path) -> tuple[t.Any, ...]:
    """Return what changes whenever `Wanted.read` may return something else."""
    found: list[t.Any] = []
    for name in ("current", OVERRIDES):
        try:
            status = os.lstat(root / name)
        except OSError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_mtime_ns))
    return tuple(found)
