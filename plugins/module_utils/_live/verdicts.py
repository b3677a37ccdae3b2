# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the probes of one member have told: whether it is good, since when, and why. No I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._nginx.health import Health

UNKNOWN, GOOD, BAD = "unknown", "good", "bad"
# A member that has changed so often within so many seconds, which is three outages, flaps. From
# then on each outage doubles how many good probes bring it back, up to a factor.
FLAPS, FLAP_SECONDS, MOST_PATIENCE = 6, 600.0, 16
KEPT = 20  # changes that are remembered


@dataclass(frozen=True)
class Verdict:
    """The state of a member by its probes.

    since is the time of the last change, in seconds of the epoch. why is what the last bad probe
    told, kept while the member is good. streak counts the probes in a row that speak against the
    state. changes are the times of the latest changes, the newest last.
    """

    state: str = UNKNOWN
    since: float = 0.0
    why: str = ""
    streak: int = 0
    changes: tuple[float, ...] = ()

    def after(self, problem: str, health: Health, now: float) -> Verdict:
        """Return the verdict after one more probe; problem is what was wrong, "" if it was good."""
        heard = BAD if problem else GOOD
        why = problem or self.why
        if heard == self.state:
            return replace(self, streak=0, why=why)
        streak = self.streak + 1
        if self.state == UNKNOWN and heard == GOOD:
            return replace(self, state=GOOD, since=now, streak=0)
        if streak < (health.fall if heard == BAD else health.rise * self.patience(now)):
            return replace(self, streak=streak, why=why)
        recent = tuple(each for each in self.changes if abs(now - each) < FLAP_SECONDS)
        return Verdict(heard, now, why, 0, (*recent, now)[-KEPT:])

    def recent(self, now: float) -> int:
        """Return how often the member changed lately; of a clock set back nothing is lately."""
        return sum(abs(now - each) < FLAP_SECONDS for each in self.changes)

    def flaps(self, now: float) -> bool:
        """Tell whether the member goes and comes back again and again."""
        return self.recent(now) >= FLAPS

    def patience(self, now: float) -> int:
        """Return by what a member's `rise` is multiplied: 1, and more for one that flaps."""
        outages = (self.recent(now) - FLAPS) // 2 + 1
        return min(2 ** max(0, outages), MOST_PATIENCE)

    def params(self) -> dict[str, t.Any]:
        """Return the verdict as a dictionary, from which `parse` makes it again."""
        return {"state": self.state, "since": self.since, "why": self.why, "changes": self.changes}

    @classmethod
    def parse(cls, entry: t.Any) -> Verdict:
        """Return the verdict that an entry describes; a fresh one if it is damaged."""
        try:
            changes = tuple(float(each) for each in entry["changes"])
            verdict = cls(str(entry["state"]), float(entry["since"]), str(entry["why"]), 0, changes)
        except (KeyError, TypeError, ValueError):
            return cls()
        return verdict if verdict.state in (UNKNOWN, GOOD, BAD) else cls()
