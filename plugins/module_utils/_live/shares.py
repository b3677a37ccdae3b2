# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which members of a pool serve, and with which weights. No Ansible, no I/O.

An operator's word comes first: a member that is drained, down or of weight 0 does not serve. Then
health: of the others those serve that are not bad. A pool is never emptied by health.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._nginx.checks import seconds
from .._nginx.pool import Member, Pool
from .verdicts import BAD, GOOD, Verdict

# In a pool with slow_start all weights are this much larger, and a member that has just come back
# has its own weight alone. nginx forgets what it knows of a member whose weight changes, so there
# is one step and not many.
SLOW_FACTOR = 4


@dataclass(frozen=True)
class Share:
    """A member that serves, and its weight; a backup serves while no other member can."""

    name: str
    address: str
    port: int
    weight: int = 1
    backup: bool = False


@dataclass(frozen=True)
class Shares:
    """Who serves in a pool. panic: all do, because less than half of the weight is good.

    serving is empty if nobody may serve: in a pool whose members are asked for their role, as long
    as none takes writes. Whoever reads it keeps what was said last.
    """

    serving: tuple[Share, ...] = ()
    panic: bool = False


def shares(
    pool: Pool,
    verdicts: t.Mapping[str, Verdict],
    now: float,
    former: t.Collection[str] = (),
) -> Shares:
    """Return who serves in a pool, in the order of its members.

    verdicts are by member, and former names those that served before. now is in seconds of the
    epoch.
    """
    willing = [member for member in pool.members if member.serves]
    if pool.health.writes:
        primary = _one_primary(willing, verdicts, former)
        return Shares(tuple(_share(pool, member, verdicts, now) for member in primary))
    good = [m for m in willing if _verdict(m, verdicts).state != BAD]
    panic = 2 * sum(m.weight for m in good) < sum(m.weight for m in willing)
    chosen = willing if panic else good
    return Shares(tuple(_share(pool, m, verdicts, now) for m in chosen), panic)


def next_change(pool: Pool, verdicts: t.Mapping[str, Verdict], now: float) -> float:
    """Return in how many seconds the shares change though nothing happens; infinity if never."""
    ends = [
        _verdict(member, verdicts).since + seconds("slow_start", pool.slow_start) - now
        for member in pool.members
        if _starts_slowly(pool, member, verdicts, now)
    ]
    return min(ends, default=float("inf"))


def _one_primary(
    willing: list[Member], verdicts: t.Mapping[str, Verdict], former: t.Collection[str]
) -> list[Member]:
    """Return the member that takes writes.

    Of several the one that served before goes on, because two would take different writes. If none
    of them served before, nobody can tell which is right.
    """
    primaries = [member for member in willing if _verdict(member, verdicts).state == GOOD]
    if len(primaries) > 1:
        primaries = [member for member in primaries if member.name in former]
    return primaries if len(primaries) == 1 else []


def _share(pool: Pool, member: Member, verdicts: t.Mapping[str, Verdict], now: float) -> Share:
    weight = member.weight
    if seconds("slow_start", pool.slow_start) and not _starts_slowly(pool, member, verdicts, now):
        weight *= SLOW_FACTOR
    return Share(member.name, member.address, member.port, weight, member.backup)


def _starts_slowly(
    pool: Pool, member: Member, verdicts: t.Mapping[str, Verdict], now: float
) -> bool:
    verdict = _verdict(member, verdicts)
    came_back = verdict.state == GOOD and bool(verdict.changes)
    # A clock that was set back must not make it last for ever.
    return came_back and abs(now - verdict.since) < seconds("slow_start", pool.slow_start)


def _verdict(member: Member, verdicts: t.Mapping[str, Verdict]) -> Verdict:
    return verdicts.get(member.name) or Verdict()
