# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which members of a pool a new request may go to, with their shares and why."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .balancer import Balancer, Record

UP, BAD = "up", "bad"


@dataclass(frozen=True)
class MemberShare:
    """A member: percent is its share of new requests, why tells what was read of it."""

    name: str
    percent: float
    why: str

    def told(self) -> str:
        """Return the member in words: "web1 75 % (weight 3, good)"."""
        return f"{self.name} {self.percent:.4g} % ({self.why})"


def member_shares(balancer: Balancer, pool: str) -> list[MemberShare]:
    """Return the members of a pool in their order; the shares are those of the weights.

    A backup has a share only where no other member serves.
    """
    members = balancer.pools[pool]["members"]
    told = (balancer.health.get(pool) or {}).get("members") or {}
    serving = [each for each in members if _serves(each, told.get(each["name"]) or {})]
    first = [each for each in serving if not each.get("backup")] or serving
    total = sum(each.get("weight", 1) for each in first)
    of_pool = balancer.overrides.get(pool) or {}
    return [
        MemberShare(
            each["name"],
            100 * each.get("weight", 1) / total if each in first else 0,
            _why(each, told.get(each["name"]) or {}, of_pool.get(each["name"]) or {}),
        )
        for each in members
    ]


def _serves(member: Record, told: Record) -> bool:
    """Tell whether a member gets new requests, by what is set and what its probes told."""
    willing = member.get("state", UP) == UP and member.get("weight", 1) > 0
    return willing and bool(told.get("serves", True))


def _why(member: Record, told: Record, override: Record) -> str:
    """Return what was read of a member: weight, state, health, and who set it."""
    words = [f"weight {member.get('weight', 1)}"]
    state = member.get("state", UP)
    words += [state] if state != UP else []
    words += ["backup"] if member.get("backup") else []
    words += [_health(told)] if told else []
    if override:
        reason = f": {override['reason']}" if override.get("reason") else ""
        words.append(f"set by {override.get('by', '')} at {override.get('at', '')}{reason}")
    return ", ".join(words)


def _health(told: t.Mapping[str, t.Any]) -> str:
    state = str(told.get("state", "unknown"))
    if state != BAD:
        return state
    return f"bad since {told.get('since', '')}: {told.get('why', '')}"
