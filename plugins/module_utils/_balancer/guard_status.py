# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is banned and what is in maintenance on this load balancer, for whoever asks."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from .._bans import flags, report
from .._bans.change import maintenance_lines
from .._bans.truth import Truth

SHOWN = 10  # bans, those that were set last


def guard_status(root: Path, files: t.Container[str]) -> dict[str, t.Any]:
    """Return what the module nginx_release_info tells as `guard`.

    files are the paths in the live release: {} comes back if it has no such unit.
    """
    if f"units/{report.UNIT}" not in files:
        return {}
    now, told = time.time(), report.read()
    try:
        truth, problems = Truth.read(root).at(now), []
    except (OSError, ValueError) as exc:
        truth, problems = Truth(), [str(exc)]
    if absent := flags.missing(root, truth.flags(now)):
        problems.append(f"nginx does not see {len(absent)} of the flags, such as {absent[0]}")
    last = sorted(truth.bans, key=lambda each: each.at, reverse=True)
    at = told.get("at")
    return {
        "alive": report.is_alive(told, now),
        "seconds_ago": round(now - at, 1) if isinstance(at, float) else None,
        "errors": [*problems, *told.get("errors", [])],
        "banned": len(truth.networks(now)),
        "bans": [each.sentence() for each in last[:SHOWN]],
        "lists": told.get("lists", {}),
        "maintenance": maintenance_lines(truth),
        "in_maintenance": sorted(truth.maintenance),
    }


def all_changes(root: Path, others: t.Iterable[dict[str, t.Any]] = ()) -> list[dict[str, t.Any]]:
    """Return the latest changes of bans and maintenance among others, sorted by time."""
    try:
        truth = Truth.read(root)
    except (OSError, ValueError):  # the status tells of it
        truth = Truth()
    changes = [*others, *truth.ban_changes, *truth.maintenance_changes]
    return sorted(changes, key=lambda each: str(each.get("at", "")))
