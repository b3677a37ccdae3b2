# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of a pool, or of all that is served: since when, for whom not. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from .._values.addresses import IPv4Network
from .._values.entries import listing, read_mapping
from .entries import BanError, parse_range

ALL = "all"  # the name that stands for all that is served
# nginx reads one of these from the name of a flag; a Retry-After is a rough hint.
RETRY_AFTER = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
NAMES = ("retry_after", "allow", "reason", "by", "login", "at")


@dataclass(frozen=True)
class Maintenance:
    """A pool in maintenance: what its Retry-After says, and the ranges that are served."""

    retry_after: int = 300
    allow: tuple[str, ...] = ()
    reason: str = ""
    by: str = ""
    login: str = ""
    at: str = ""

    @classmethod
    def parse(cls, entry: t.Any) -> Maintenance:
        """Return the maintenance of an entry in maintenance.json; a ValueError names the fault."""
        settings = read_mapping(entry, (), NAMES)
        words = {name: str(settings.get(name) or "") for name in NAMES[2:]}
        allow = tuple(str(parse_range(each)) for each in settings.get("allow") or ())
        return cls(parse_retry_after(settings.get("retry_after", cls.retry_after)), allow, **words)

    def params(self) -> dict[str, t.Any]:
        """Return the entry in maintenance.json."""
        return {**asdict(self), "allow": list(self.allow)}

    @property
    def networks(self) -> list[IPv4Network]:
        """Who is served nevertheless."""
        return [IPv4Network(each) for each in self.allow]

    def means(self, other: Maintenance | None) -> bool:
        """Tell whether clients notice no difference to another maintenance of the same pool."""
        mine = (self.retry_after, set(self.allow))
        return other is not None and mine == (other.retry_after, set(other.allow))

    def sentence(self, pool: str) -> str:
        """Return the maintenance in words: "all is in maintenance since …, set by ada"."""
        what = "all that is served" if pool == ALL else f"pool {pool}"
        why = f" (because: {self.reason})" if self.reason else ""
        but = f", but not for {listing(self.allow)}" if self.allow else ""
        return f"{what} is in maintenance since {self.at}, set by {self.by}{why}{but}"


def parse_retry_after(value: t.Any) -> int:
    """Return the seconds of a Retry-After; a BanError names those that there are."""
    if str(value) not in map(str, RETRY_AFTER):
        known = ", ".join(map(str, RETRY_AFTER))
        raise BanError(f"retry_after is {value!r}, not one of {known} seconds")
    return int(value)
