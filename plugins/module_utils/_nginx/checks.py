# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read settings of pools, members and listeners. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import MISSING, fields

from .._values.entries import misfit, read_mapping

TIME = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)?")  # \d would match the digits of every script
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class PoolError(ValueError):
    """A pool, a member or a listener that nginx cannot serve; the message names the entry."""


def read_settings(cls: t.Any, entry: t.Any, required: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """Return all arguments for a dataclass; a key without a value has the field's default.

    A ValueError names an unknown key, or a required one that is missing.
    """
    optional = [field.name for field in fields(cls) if field.name not in required]
    settings = read_mapping(entry, required, optional)
    given = {key: value for key, value in settings.items() if value is not None}
    return {**defaults_of(cls), **given}


def defaults_of(cls: t.Any) -> dict[str, t.Any]:
    """Return the defaults of a dataclass by field, of a Member {"weight": 1, "state": "up", …}."""
    return {each.name: each.default for each in fields(cls) if each.default is not MISSING}


def seconds(key: str, value: t.Any) -> float:
    """Return the seconds of a time as nginx writes it: 500ms is 0.5, 10m is 600, 5 is 5."""
    match = TIME.fullmatch(str(value))
    if not match:
        raise misfit(key, value, "a time such as 500ms, 10s or 10m")
    return int(match[1]) * UNITS[match[2] or "s"]
