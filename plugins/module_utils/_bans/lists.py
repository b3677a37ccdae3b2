# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of addresses that other programs write, such as CrowdSec and fail2ban.

A line is `ADDRESS_OR_RANGE [SECONDS] [REASON]`; a # begins a comment:

    203.0.113.7
    198.51.100.0/24 3600 too many logins

A ban begins when the unit first sees its line, and ends after SECONDS or with the line.
"""

from __future__ import annotations

import glob
import os
import re
import typing as t
from pathlib import Path

from .._values.entries import shown
from .entries import BanError, parse_range
from .protected import Protected

LARGEST = 16 * 1024 * 1024  # bytes of a list
MOST = 200_000  # bans of a list
ERRORS_SHOWN = 20
_LINE = re.compile(r"(\S+)(?:\s+([0-9]{1,9})(?=\s|$))?\s*(.*)")

Entries = dict[str, dict[str, t.Any]]  # by range: {"until": …, "reason": …}


def paths(patterns: t.Iterable[str]) -> list[str]:
    """Return the lists that match the patterns, sorted: ["/var/lib/peerlb/bans.d/fail2ban.txt"]."""
    return sorted({path for each in patterns for path in glob.glob(each) if os.path.isfile(path)})


def stamp(patterns: t.Iterable[str]) -> tuple[t.Any, ...]:
    """Return what changes whenever a list does."""
    found: list[t.Any] = []
    for path in paths(patterns):
        try:
            status = os.stat(path)
        except OSError:
            continue
        found.append((path, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def read(
    path: str, before: t.Mapping[str, t.Mapping[str, t.Any]], protected: Protected, now: float
) -> tuple[Entries, list[str]]:
    """Return the bans of a list, and a sentence for each line that is none.

    before is what was read of the list the last time: who is still listed keeps the end of the ban.
    An OSError or a ValueError says why the list as a whole cannot be read.
    """
    if os.path.getsize(path) > LARGEST:
        raise ValueError(f"has more than {LARGEST // 1024 // 1024} MiB")
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    entries: Entries = {}
    problems: list[str] = []
    for number, written in enumerate(text.splitlines(), 1):
        line = written.split("#", 1)[0].strip()
        if not line:
            continue
        if len(entries) >= MOST:
            problems.append(f"line {number}: a list has at most {MOST} bans, the rest is left out")
            break
        try:
            _take(line, entries, before, protected, now)
        except BanError as exc:
            problems.append(f"line {number}: {exc}")
    return entries, _few(problems)


def _take(
    line: str,
    entries: Entries,
    before: t.Mapping[str, t.Mapping[str, t.Any]],
    protected: Protected,
    now: float,
) -> None:
    """Add the ban of a line to the entries; a BanError says why it is none."""
    match = _LINE.fullmatch(line)
    if match is None:  # it has a control character
        raise BanError(f"{shown(line)} is no address such as 203.0.113.7 and no range")
    network = parse_range(match[1])
    protected.refuse(network)
    key = str(network)
    until = now + int(match[2]) if match[2] else None
    known = before.get(key, {})
    if (known.get("until") is None) == (until is None) and known.get("seconds") == match[2]:
        until = known.get("until")
    entries[key] = {"until": until, "seconds": match[2], "reason": shown(match[3])}


def _few(problems: list[str]) -> list[str]:
    more = len(problems) - ERRORS_SHOWN
    return problems[:ERRORS_SHOWN] + ([f"and {more} more lines"] if more > 0 else [])
