# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators, lists and rules want, on the disk, and the flags that follow from it.

    root/bans.json           {"bans": [entries of Ban], "changes": [the latest, newest last]}
    root/maintenance.json    {"maintenance": {pool: entry of Maintenance}, "changes": […]}
    root/lists.json          {path of a list: {range: {"until": …, "reason": …}}}, by the unit alone
    root/live.lock           held by whoever changes one of them

Each file is written in one step and readable by root alone. Whatever happens to the flags, they can
be made anew from these files. A deployment takes minutes and has another lock, so nobody has to
wait for its end to ban a client.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._files.writing import replace_file
from .._values.addresses import IPv4Network
from . import flags
from .entries import Ban
from .maintenance import Maintenance

BANS, MAINTENANCE, LISTS, LOCK = "bans.json", "maintenance.json", "lists.json", "live.lock"
CHANGES_KEPT = 200

Listed = dict[str, dict[str, dict[str, t.Any]]]  # as in lists.json
Line = dict[str, t.Any]


class Busy(Exception):
    """Somebody else is changing bans or maintenance, and has been for as long as one may wait."""


@contextlib.contextmanager
def locked(root: Path, wait: float) -> t.Iterator[None]:
    """Keep others from changing bans and maintenance within a `with` block; raises Busy."""
    end = time.monotonic() + wait
    with (root / LOCK).open("a", encoding="utf-8") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    message = f"another one is changing bans; waited {wait:g} s for this"
                    raise Busy(message) from None
                time.sleep(0.05)
        yield


def write(path: Path, value: t.Any) -> None:
    """Write a value as JSON, in one step that outlasts a power cut; an OSError says what failed."""
    replace_file(path, json.dumps(value).encode())


def _read(path: Path) -> dict[str, t.Any]:
    """Return a file's mapping; {} if there is none; a ValueError says that it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as exc:
        raise ValueError(
            f"{path} is damaged ({exc}): move it away, and set anew what it had"
        ) from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} is damaged: move it away, and set anew what it had")
    return found


def _lists(path: Path) -> Listed:
    """Return what lists.json says; {} if it is damaged, as the unit makes it anew."""
    try:
        found = _read(path)
        for each in found.values():
            for text, entry in each.items():
                IPv4Network(text)
                is_over(entry, 0)
    except (ValueError, AttributeError, TypeError):
        return {}
    return found


@dataclass(frozen=True)
class Truth:
    """What is wanted now: bans, and maintenance by pool, each with its latest changes."""

    bans: tuple[Ban, ...] = ()
    maintenance: t.Mapping[str, Maintenance] = field(default_factory=dict)
    lists: t.Mapping[str, t.Mapping[str, t.Mapping[str, t.Any]]] = field(default_factory=dict)
    ban_changes: tuple[Line, ...] = ()
    maintenance_changes: tuple[Line, ...] = ()

    @classmethod
    def read(cls, root: Path) -> Truth:
        """Return what the files say; a ValueError or an OSError says which cannot be read."""
        bans, closed = _read(root / BANS), _read(root / MAINTENANCE)
        return cls(
            tuple(Ban.parse(entry) for entry in bans.get("bans", [])),
            {p: Maintenance.parse(each) for p, each in closed.get("maintenance", {}).items()},
            _lists(root / LISTS),
            tuple(bans.get("changes", [])),
            tuple(closed.get("changes", [])),
        )

    def write_bans(self, root: Path) -> None:
        """Write the bans."""
        changes = list(self.ban_changes)[-CHANGES_KEPT:]
        write(root / BANS, {"bans": [each.params() for each in self.bans], "changes": changes})

    def write_maintenance(self, root: Path) -> None:
        """Write what is in maintenance."""
        changes = list(self.maintenance_changes)[-CHANGES_KEPT:]
        closed = {pool: each.params() for pool, each in self.maintenance.items()}
        write(root / MAINTENANCE, {"maintenance": closed, "changes": changes})

    def at(self, now: float) -> Truth:
        """Return it without the bans that are over."""
        return replace(self, bans=tuple(each for each in self.bans if not each.ended(now)))

    def networks(self, now: float) -> list[IPv4Network]:
        """Return the ranges that are banned now."""
        own = [each.network for each in self.bans if not each.ended(now)]
        listed = [
            IPv4Network(text)
            for each in self.lists.values()
            for text, entry in each.items()
            if not is_over(entry, now)
        ]
        return [*own, *listed]

    def flags(self, now: float) -> flags.Flags:
        """Return the flags that nginx is to find now."""
        return flags.wanted(self.networks(now), self.maintenance)

    def next_end(self, now: float) -> float:
        """Return when the next ban ends, in seconds of the epoch; inf if none ever does."""
        own = [each.until for each in self.bans]
        listed = [entry.get("until") for each in self.lists.values() for entry in each.values()]
        return min((u for u in (*own, *listed) if u is not None and u > now), default=float("inf"))


def is_over(entry: t.Mapping[str, t.Any], now: float) -> bool:
    """Tell whether an entry of lists.json has ended."""
    until = entry.get("until")
    return until is not None and until <= now
