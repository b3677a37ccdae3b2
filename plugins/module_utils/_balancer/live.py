# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights and states of live pools: written beside the releases, and followed by nginx.

    root/overrides.json    {"overrides": {"webapp": {"web1": {"weight": 3, "by": "ada", …}}},
                            "changes": [{"at": "…", "by": "ada", "reason": "", "change": "…"}]}

The unit on this host reads the file and tells nginx. A change counts once nginx has asked again.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .._live.report import UNIT, Report, digest, is_alive, read
from .._nginx.overrides import Overrides, apply_overrides, keep_known
from .._nginx.pool import Pool
from .._release.engine import ServiceError
from .._release.store import Store
from .health import is_unwell
from .inputs import Inputs

OVERRIDES = "overrides.json"
CHANGES_KEPT = 200
LOOK_SECONDS = 0.05
SEEN_WITHIN = 5.0  # seconds from a member's first answers until the unit has seen them
PATIENCE = 3.0  # seconds until the unit counts as dead
UNDERSTANDS_WITHIN = 0.05  # seconds from nginx's question to the end of its work with the answer


@dataclass(frozen=True)
class LiveSettings:
    """The overrides of live pools in a store, and how long nginx may take to follow a change."""

    store: Store
    timeout: float
    look: t.Callable[[], Report] = read

    def overrides(self) -> Overrides:
        """Return what is set; {} if nothing is, or the file is damaged."""
        found = self._noted().get("overrides")
        return found if isinstance(found, dict) else {}

    def changes(self) -> list[dict[str, t.Any]]:
        """Return the latest changes, the newest last."""
        found = self._noted().get("changes")
        return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []

    def _noted(self) -> dict[str, t.Any]:
        found = self.store.noted(OVERRIDES)
        return found if isinstance(found, dict) else {}

    def begin(self, inputs: Inputs, present: Inputs | None) -> None:
        """Write the overrides of pools that become live, before nginx asks for them."""
        before, wanted = self.overrides(), inputs.live_overrides()
        already = present.live_pools() if present else []
        fresh = [pool for pool in inputs.live_pools() if pool not in already]
        # What is noted of such a pool was set before it stopped being live, and is out of date.
        kept = {pool: before[pool] for pool in before if pool not in fresh}
        self.set({**kept, **{pool: wanted[pool] for pool in fresh if pool in wanted}})

    def apply(self, inputs: Inputs, note: t.Mapping[str, t.Any]) -> None:
        """Write the overrides of the inputs, and wait until nginx follows them.

        A ServiceError says that it does not; then what was set before is set again.
        """
        before, wanted = self.overrides(), inputs.live_overrides()
        if before == wanted:
            return
        followed = inputs.live_pools()
        # What left this file because its pool is live no more stands in the release, unchanged.
        stay = {pool: before[pool] for pool in before if pool in followed}
        lines = [{**note, "change": each} for each in _changes(stay, wanted)]
        affected = {
            (each.protocol, pool)
            for each in inputs.listeners
            for pool in each.pools
            if before.get(pool) != wanted.get(pool) and pool in followed
        }
        if affected:
            self.refuse_dead_unit()
        text = self._write(wanted, lines)
        try:
            self._wait(digest(text), affected)
            _refuse_stubborn(self.look(), inputs, {pool for _protocol, pool in affected})
        except ServiceError:
            self.set(before)
            raise

    def set(self, overrides: Overrides) -> None:
        """Write overrides without a line among the changes, and wait for nothing."""
        if self.overrides() != overrides:
            self._write(overrides, [])

    def diff(self, inputs: Inputs) -> list[dict[str, str]]:
        """Return Ansible's diff of the weights and states of live pools."""
        before, wanted = self.overrides(), inputs.live_overrides()
        if before == wanted:
            return []
        names = inputs.live_pools()
        followed = [pool for pool in inputs.pools if pool.name in names]
        headers = {"before_header": "live pools (now)", "after_header": "live pools (wanted)"}
        return [{**headers, "before": _shown(before, followed), "after": _shown(wanted, followed)}]

    def wait_until_good(self, member: str, pools: t.Sequence[str]) -> None:
        """Give the unit the time to see that a member is good again, if it runs at all.

        Nothing depends on it: of members that are all bad, all serve.
        """
        end = time.monotonic() + SEEN_WITHIN
        while time.monotonic() < end:
            report = self.look()
            found = [report.get("pools", {}).get(p, {}).get("members", {}) for p in pools]
            states = [each[member]["state"] for each in found if member in each]
            if "bad" not in states or not is_alive(report, time.time()):
                return
            time.sleep(LOOK_SECONDS)

    def _write(self, overrides: Overrides, lines: list[dict[str, t.Any]]) -> str:
        value = {"overrides": overrides, "changes": [*self.changes(), *lines][-CHANGES_KEPT:]}
        return self.store.note(OVERRIDES, value)

    def is_damaged(self) -> bool:
        """Tell whether the file is there and cannot be read, so that what was set is lost."""
        path = self.store.root / OVERRIDES
        return path.exists() and not isinstance(self._noted().get("overrides"), dict)

    def mend(self) -> None:
        """Write a damaged file anew, without what was set."""
        if self.is_damaged():
            self._write({}, [])

    def refuse_dead_unit(self) -> None:
        """Raise a ServiceError if nobody would tell nginx of a change."""
        end = time.monotonic() + PATIENCE  # it may just be started, or read a file again
        while problem := _unit_problem(self.look()):
            if time.monotonic() > end:
                way = f"systemctl status {UNIT}"
                raise ServiceError(f"{UNIT} {problem}; nothing was changed: {way}")
            time.sleep(LOOK_SECONDS)

    def _wait(self, wanted: str, affected: t.Collection[tuple[str, str]]) -> None:
        """Wait until nginx has asked for each pool, by protocol and name, since it is told anew."""
        end = time.monotonic() + self.timeout
        while missing := _missing(self.look(), wanted, affected):
            if time.monotonic() > end:
                raise ServiceError(
                    f"nginx does not follow: {missing} for {self.timeout:g} s; what was set before"
                    " is set again"
                )
            time.sleep(LOOK_SECONDS)
        if affected:
            time.sleep(UNDERSTANDS_WITHIN)


def settled(inputs: Inputs, patience: float) -> Report:
    """Return what the unit says, at the latest after so many seconds, once no member is bad.

    A member that has just been started is bad until the unit has seen some good probes.
    """
    end = time.monotonic() + patience
    while is_unwell(inputs, report := read()) and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
    return report


def _unit_problem(report: Report) -> str:
    """Return why the unit cannot tell nginx of a change; "" if it can."""
    if not is_alive(report, time.time()):
        return "does not run, so nginx would not follow"
    errors = report.get("errors")
    return f"has an error: {errors[0]}" if errors else ""


def _missing(report: Report, wanted: str, affected: t.Collection[tuple[str, str]]) -> str:
    """Return what is missing until nginx follows; "" if nothing is."""
    if not affected:
        return ""
    if report.get("overrides") != wanted:
        return f"{UNIT} has not read {OVERRIDES}"
    for protocol, pool in sorted(affected):
        state = report["pools"].get(pool, {})
        if state.get("taken", {}).get(protocol, 0) <= state.get("told", 0):
            return f"nginx has not asked for the pool {pool}"
    return ""


def _refuse_stubborn(report: Report, inputs: Inputs, pools: t.Collection[str]) -> None:
    """Raise a ServiceError for a member that goes on though operators let it serve no more.

    It is the last one that takes writes: nginx cannot be told of a pool without members.
    """
    for pool in inputs.effective_pools():
        members = report.get("pools", {}).get(pool.name, {}).get("members", {})
        for member in pool.members:
            serves = members.get(member.name, {}).get("serves", False)
            if pool.name in pools and serves and not member.serves:
                raise ServiceError(
                    f"pool {pool.name}: {member.name} goes on, as no other member takes writes:"
                    " promote another one first; what was set before is set again"
                )


def _changes(before: Overrides, after: Overrides) -> list[str]:
    """Return in words what changes: ["pool webapp, member web1: weight 3"]."""
    found = []
    for pool in sorted({*before, *after}):
        old, new = before.get(pool, {}), after.get(pool, {})
        for member in sorted({*old, *new}):
            if old.get(member) != new.get(member):
                found.append(f"pool {pool}, member {member}: {_words(new.get(member))}")
    return found


def _shown(overrides: Overrides, pools: t.Sequence[Pool]) -> str:
    """Return the weight and the state of each member as lines of text."""
    known = keep_known(overrides, pools)
    return "".join(
        f"pool {pool.name}, member {each.name}: weight {each.weight}, state {each.state}\n"
        for pool in apply_overrides(known, pools)
        for each in pool.members
    )


def _words(entry: t.Mapping[str, t.Any] | None) -> str:
    words = [f"{key} {entry[key]}" for key in ("weight", "state") if entry and key in entry]
    return ", ".join(words) or "as in the inventory"
