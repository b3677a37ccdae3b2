# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences about bans and maintenance, from what nginx_release_info returned."""

from __future__ import annotations

import typing as t

from ....module_utils._bans.report import UNIT

Info = t.Mapping[str, t.Any]  # what nginx_release_info returned


def guard_lines(info: Info) -> list[str]:
    """Return what is in maintenance, what is banned, and what is wrong with that.

    ["2 ranges are banned (1 by /var/lib/peerlb/bans.d/fail2ban.txt)",
    "banned: 203.0.113.7 until 2026-01-01T10:00:00Z, set by ada (because: scans)"]
    """
    guard = info.get("guard") or {}
    if not guard:
        return []
    lines = [*_dead(guard), *map(str, guard["maintenance"])]
    lines += [f"{UNIT} HAS AN ERROR: {each}. Run: journalctl -u {UNIT}" for each in guard["errors"]]
    if guard["banned"]:
        lines.append(_count(guard))
    lines += [f"banned: {each}" for each in guard["bans"]]
    for path, told in guard["lists"].items():
        lines += [f"list {path}: {each}" for each in told["errors"]]
    return lines


def guard_problems(info: Info) -> list[str]:
    """Return a sentence for each thing that keeps clients from the service, or bans from ending."""
    guard = info.get("guard") or {}
    if not guard:
        return []
    wrong = [f"{UNIT} has an error: {each}" for each in guard["errors"]]
    return [*_dead(guard), *guard["maintenance"], *wrong]


def _dead(guard: Info) -> list[str]:
    if guard["alive"]:
        return []
    since = "" if guard["seconds_ago"] is None else f" since {guard['seconds_ago']:g} s"
    return [f"{UNIT} IS DEAD{since}: bans stay beyond their end. Run: systemctl status {UNIT}"]


def _count(guard: Info) -> str:
    """Return how many ranges are banned, and by which lists."""
    number = guard["banned"]
    listed = [f"{told['bans']} by {path}" for path, told in guard["lists"].items() if told["bans"]]
    of_them = f" ({', '.join(listed)})" if listed else ""
    return f"{number} {'range is' if number == 1 else 'ranges are'} banned{of_them}"
