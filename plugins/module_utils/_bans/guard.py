# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit on the load balancer that keeps bans: it lifts what has ended, and takes others' lists.

    python3 agent guard ROOT LOG_DIRECTORY

ROOT is the directory of nginx's releases. It keeps nothing in mind that it could lose: what is
wanted stands below ROOT, and the flags are made anew from that when it starts. While it does not
run, every ban stays.
"""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._live.journal import say
from .._live.systemd import tell_systemd
from . import flags, lists, report
from .entries import OPERATOR, Ban, parse_range, utc
from .protected import RULES, SETTINGS, STATE, Protected, Settings, own_addresses
from .throttled import LOG, Tail, throttled
from .truth import BANS, LISTS, MAINTENANCE, Busy, Truth, locked, write

LOOK_SECONDS = 0.25
REPORT_SECONDS = 1.0
AGAIN_SECONDS = 60.0  # after which flags are made anew though nothing seems to have changed
LOCK_SECONDS = 5.0
MOST_BY_RULES = 50_000
ERRORS = (OSError, ValueError, KeyError, TypeError, AttributeError, Busy)


@dataclass
class Guard:
    """The state of the unit between two looks."""

    root: Path
    tail: Tail
    report_path: Path = report.REPORT
    addresses: t.Callable[[], t.Sequence[str]] = own_addresses
    settings: Settings = field(default_factory=Settings)
    protected: Protected = field(default_factory=lambda: Protected(()))
    truth: Truth = field(default_factory=Truth)
    # The stamps of what was read: of the release, of the lists, of what is wanted.
    seen: dict[str, t.Any] = field(default_factory=dict)
    due: float = 0.0  # when to look though nothing has changed, in seconds of the epoch
    ended: int = 0
    count: int = 0  # flags of bans
    told: dict[str, dict[str, t.Any]] = field(default_factory=dict)  # of the lists
    errors: dict[str, str] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Take what has changed since the last look, and make the flags those that are wanted."""
        self._try("settings", self._read_settings, now)
        self._try("log", self._ban_throttled, now)
        if self._changed() or now >= self.due:
            self._try("bans", self._refresh, now)

    def _try(self, what: str, step: t.Callable[[float], None], now: float) -> None:
        """Take a step; what fails is said once, kept for the report, and tried again."""
        try:
            step(now)
        except ERRORS as exc:
            text = f"{what}: {exc}"
            if self.errors.get(what) != text:
                say(text)
            self.errors[what] = text
        else:
            self.errors.pop(what, None)

    # What the release says

    def _read_settings(self, _now: float) -> None:
        fresh = _stamp(self.root, ("current", STATE, SETTINGS, RULES))
        if fresh != self.seen.get("release"):
            settings = Settings.read(self.root)
            # Rules of a release whose protection cannot be read would ban members.
            self.protected = Protected.read(self.root, settings, self.addresses())
            self.settings = settings
            self.seen = {"release": fresh}  # all lists are read anew

    # What rules do

    def _ban_throttled(self, now: float) -> None:
        """Ban whom nginx has throttled by a rule that bans."""
        if not self.settings.rules:
            self.tail.close()
            return
        found = throttled(self.tail.lines(), self.settings.rules)
        if not found:
            return
        with locked(self.root, LOCK_SECONDS):
            truth = Truth.read(self.root).at(now)
            own = {each.range: each for each in truth.bans}
            room = MOST_BY_RULES - sum(each.source != OPERATOR for each in truth.bans)
            for address, rule in sorted(found.items())[: max(room, 0)]:
                ban = self._ban_of(address, rule, now)
                if ban and not _lasts(own.get(ban.range), ban):
                    own[ban.range] = ban
                    say(f"banned: {ban.sentence()}")
            replace(truth, bans=tuple(own.values())).write_bans(self.root)

    def _ban_of(self, address: str, rule: str, now: float) -> Ban | None:
        network = parse_range(address)
        if why := self.protected.why_not(network):
            say(f"rule {rule} does not ban {address}: {why}")
            return None
        until, source = now + self.settings.rules[rule], f"rule {rule}"
        return Ban(str(network), until, by="peerlb-guard", at=utc(now), source=source)

    # What follows

    def _changed(self) -> bool:
        wanted = _stamp(self.root, (BANS, MAINTENANCE, LISTS))
        listed = lists.stamp(self.settings.lists)
        return (wanted, listed) != (self.seen.get("wanted"), self.seen.get("lists"))

    def _refresh(self, now: float) -> None:
        """Take the lists, drop what has ended, and make the flags those that are wanted."""
        with locked(self.root, LOCK_SECONDS):
            truth = Truth.read(self.root)
            truth = self._without_ended(self._with_lists(truth, now), now)
            flags.apply(self.root, truth.flags(now))
            self.seen["wanted"] = _stamp(self.root, (BANS, MAINTENANCE, LISTS))
        self.truth, self.count = truth, len(truth.networks(now))
        self.due = min(truth.next_end(now), now + AGAIN_SECONDS)

    def _without_ended(self, truth: Truth, now: float) -> Truth:
        left = truth.at(now)
        for each in set(truth.bans).difference(left.bans):
            say(f"ended: {each.sentence()}")
        if left.bans != truth.bans:
            self.ended += len(truth.bans) - len(left.bans)
            left.write_bans(self.root)
        return left

    def _with_lists(self, truth: Truth, now: float) -> Truth:
        """Return what is wanted with the bans that stand in the lists now."""
        fresh = lists.stamp(self.settings.lists)
        # Until a release could be read, nobody knows which lists there are, and their bans stay.
        if fresh == self.seen.get("lists") or "release" not in self.seen:
            return truth
        found: dict[str, lists.Entries] = {}
        told: dict[str, dict[str, t.Any]] = {}
        for path in lists.paths(self.settings.lists):
            before = truth.lists.get(path, {})
            try:
                found[path], problems = lists.read(path, before, self.protected, now)
            except (OSError, ValueError) as exc:  # what it said before stays
                found[path] = {key: dict(entry) for key, entry in before.items()}
                problems = [str(exc)]
            told[path] = {"bans": len(found[path]), "errors": problems}
            for each in problems:
                if each not in self.told.get(path, {}).get("errors", ()):
                    say(f"list {path}: {each}")
        if found != truth.lists:
            write(self.root / LISTS, found)
        self.told, self.seen["lists"] = told, fresh
        return replace(truth, lists=found)

    # What is said

    def write(self, now: float) -> None:
        """Write the report; a disk that is full must not end the unit."""
        told = {
            "at": now,
            "bans": self.count,
            "ended": self.ended,
            "maintenance": sorted(self.truth.maintenance),
            "lists": self.told,
            "errors": list(self.errors.values()),
        }
        self._try("report", lambda _now: report.write(told, self.report_path), now)

    def run(self) -> None:
        """Look for ever."""
        ready, last = False, 0.0
        while True:
            self.look(time.time())
            if time.monotonic() - last >= REPORT_SECONDS:
                last = time.monotonic()
                self.write(time.time())
                tell_systemd("WATCHDOG=1" if ready else "READY=1")
                ready = True
            time.sleep(LOOK_SECONDS)


def _lasts(present: Ban | None, ban: Ban) -> bool:
    """Tell whether a ban that there is lasts as long as another one."""
    if present is None:
        return False
    return present.until is None or (ban.until is not None and present.until >= ban.until)


def _stamp(root: Path, names: t.Iterable[str]) -> tuple[t.Any, ...]:
    """Return what changes whenever one of the files does."""
    found: list[t.Any] = []
    for name in names:
        try:
            status = os.lstat(root / name)
        except OSError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)


def start(arguments: list[str]) -> None:
    """Run the program with the arguments of its command line: ROOT LOG_DIRECTORY."""
    root, logs = arguments
    Guard(Path(root), Tail(Path(logs) / LOG)).run()
