# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check single values of pools and listeners. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import fields

TIME = re.compile(r"(\d+)(ms|s|m|h|d)?")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class PoolError(ValueError):
    """A pool, member or listener that nginx could not honour; the text names the entry."""


def known_keys(cls: t.Any, entry: t.Any, what: str) -> dict[str, t.Any]:
    """Return entry as arguments for cls, or name the key that cls does not know."""
    if not isinstance(entry, t.Mapping):
        raise PoolError(f"{what}: is {entry!r}, not a mapping")
    names = [field.name for field in fields(cls)]
    for key in entry:
        if key not in names:
            raise PoolError(f"{what}: unknown key {key}; known: {', '.join(names)}")
    return {key: value for key, value in entry.items() if value is not None}


def whole(value: t.Any, low: int, high: int, what: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not low <= int(text) <= high:
        raise PoolError(f"{what} is {value}, not a whole number from {low} to {high}")
    return int(text)


def duration(value: t.Any, what: str) -> str:
    seconds(value, what)
    return str(value)


def seconds(value: t.Any, what: str) -> float:
    """Return the seconds of a time as nginx writes it; a number without a unit is seconds."""
    match = TIME.fullmatch(str(value))
    if not match:
        raise PoolError(f"{what} is {value}, not a time such as 500ms, 10s or 10m")
    return int(match[1]) * UNITS[match[2] or "s"]


def one_of(value: t.Any, choices: tuple[str, ...], what: str) -> None:
    if value not in choices:
        raise PoolError(f"{what} is {value}, not one of {', '.join(choices)}")
