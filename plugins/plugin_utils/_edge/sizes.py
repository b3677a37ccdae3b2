# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes and times as nginx writes them, as numbers. No Ansible, no I/O."""

from __future__ import annotations

UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
MILLISECONDS = {"ms": 1, "s": 1000, "": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def in_bytes(size: str) -> float:
    """Return a size such as 10m in bytes; 0 is without limit, so it is infinite."""
    digits = size.rstrip("kmgKMG")
    return int(digits) * UNITS[size[len(digits) :].lower()] or float("inf")


def in_milliseconds(time: str) -> int:
    """Return a time such as 10s in milliseconds."""
    digits = time.rstrip("mshd")
    return int(digits) * MILLISECONDS[time[len(digits) :]]
