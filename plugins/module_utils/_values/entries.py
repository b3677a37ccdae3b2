# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at entries that people wrote, whatever they are. No Ansible, no I/O."""

from __future__ import annotations

import difflib
import typing as t

SHOWN = 12  # names in a message; a person reads no more


def is_list(value: t.Any) -> bool:
    """Tell a list from text and from mappings, which can be gone through as well."""
    return isinstance(value, t.Sequence) and not isinstance(value, (str, bytes))


def keys_of(entry: t.Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict:
    """Return entry if it is a mapping with these keys; the ValueError names what is not."""
    known = required + optional
    if not isinstance(entry, t.Mapping):
        raise ValueError(f"is {entry!r}, not a mapping with {', '.join(required)}")
    for key in entry:
        if key not in known:
            raise ValueError(f"unknown key {key}; known: {', '.join(known)}")
    for key in required:
        if entry.get(key) in (None, "", []):
            raise ValueError(f"{key} is missing")
    return dict(entry)


def suggestion(name: str, known: t.Sequence[str]) -> str:
    """Say what was meant if one of the known names is near, else what is known."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"is {near[0]} meant?"
    return f"known: {listing(known)}"


def listing(names: t.Iterable[str]) -> str:
    """Name them all, or the first of them and how many more there are."""
    every = list(names)
    rest = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
