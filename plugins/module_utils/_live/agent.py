# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit on the load balancer: it probes members, and tells nginx who serves.

    python3 agent ROOT ENGINE PORT CUT_AFTER
    python3 agent --stopped ROOT

ROOT is the directory of nginx's releases. ENGINE and PORT are those of `engine.py`. CUT_AFTER is
for `silence.py`, 0 for never. Of the live release's secrets it reads notify.json, for `notify.py`,
and health.json, the account of `mysql_role.py`. With --stopped, the unit has ended, and whoever is
to be told of a failure is told.

It keeps nothing in mind that it could lose: what operators set stands below ROOT, and what the
probes told stands in its report, which it reads again when it starts.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
import typing as t
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from .._nginx.checks import seconds
from .._nginx.pool import Member, Pool
from .._probe.mysql_role import Account
from . import report as reports
from .dns.teller import DnsTeller
from .engine import PoolKey, Teller
from .journal import say
from .notify import Hook, Notifier, event, tell_of_failure
from .probes import UNPROBED, probe
from .shares import Share, Shares, next_change, shares
from .silence import Watch, watch
from .systemd import tell_systemd
from .verdicts import BAD, Verdict
from .wanted import Wanted, stamp

SECRETS = "current/secrets"
LOOK_SECONDS = 0.1
REPORT_SECONDS = 1.0
# Probes a second of all pools together whose interval is not set. One costs about 0.3 ms of CPU.
MOST_PROBES = 250.0
GRID_SECONDS = 0.1  # in whose multiples probes begin

# By the name of their engine; with the engine reload nobody is told.
TELLERS: dict[str, t.Callable[[int], Teller]] = {"dns": DnsTeller}

MemberKey = tuple[str, str]  # the names of a pool and of a member


@dataclass
class Agent:
    """The state of the unit between two looks."""

    root: Path
    teller: Teller | None
    notifier: Notifier
    path: Path = reports.REPORT
    account: Account | None = None
    wanted: Wanted = field(default_factory=Wanted)
    verdicts: dict[MemberKey, Verdict] = field(default_factory=dict)
    now: dict[str, Shares] = field(default_factory=dict)
    # Since when, by pool, on the clock of time.monotonic(), which nobody sets back.
    told: dict[str, float] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    willing: set[MemberKey] = field(default_factory=set)  # whom operators let serve
    due: float = float("inf")  # when to decide next, by time.monotonic()
    errors: dict[str, str] = field(default_factory=dict)
    probers: dict[MemberKey, asyncio.Task[None]] = field(default_factory=dict)

    def remember(self) -> None:
        """Take over what the probes told before this unit was started anew."""
        for pool, entry in reports.read(self.path).get("pools", {}).items():
            for name, each in entry["members"].items():
                self.verdicts[pool, name] = Verdict.parse(each)

    # What is wanted

    def look(self) -> None:
        """Read what operators and releases want; what cannot be read leaves all as it is."""
        try:
            wanted = Wanted.read(self.root)
            hook, account = read_hook(self.root), read_account(self.root)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            if (self.root / "current").is_symlink():  # else nothing is deployed yet
                self._fails("wanted", f"cannot read what is wanted, and goes on as before: {exc}")
            return
        self.errors.pop("wanted", None)
        self.wanted, self.notifier.hook, self.account = wanted, hook, account
        self.pools = {pool.name: pool for pool in self.wanted.pools}
        before, pools = self.willing, self.wanted.pools
        self.willing = {(pool.name, m.name) for pool in pools for m in pool.members if m.serves}
        for key in before - self.willing:
            # Whoever takes a member out begins anew with it: what it did before does not count.
            self.verdicts[key] = replace(self.verdicts.get(key, Verdict()), changes=())
        self._watch_members()
        self.decide()

    def _watch_members(self) -> None:
        """Begin to probe new members, and end to probe those that are gone or asked differently."""
        members = {(p.name, m.name): (p, m) for p in self.wanted.pools for m in p.members}
        for key in [*self.probers]:
            task, place = self.probers[key], members.get(key)
            if place is None or task.get_name() != _asked(*place) or task.done():
                self.probers.pop(key).cancel()
                if task.done() and not task.cancelled() and (failure := task.exception()):
                    say(f"pool {key[0]}, member {key[1]}: its probes begin anew after {failure!r}")
        for key in [*self.verdicts]:
            if key not in members or members[key][0].health.type == "none":
                del self.verdicts[key]
        for key, (pool, member) in members.items():
            if key not in self.probers and pool.health.type != "none":
                name = _asked(pool, member)
                task = asyncio.get_running_loop().create_task(self._probe(key, member), name=name)
                self.probers[key] = task

    def places(self) -> list[str]:
        """Return every member as address:port."""
        found = {f"{m.address}:{m.port}" for pool in self.wanted.pools for m in pool.members}
        return sorted(found)

    # What the probes tell

    def interval(self, pool: Pool) -> float:
        """Return how many seconds lie between two probes of a member of a pool."""
        if pool.health.interval:
            return seconds("interval", pool.health.interval)
        return max(1.0, sum(len(each.members) for each in self.wanted.pools) / MOST_PROBES)

    async def _probe(self, key: MemberKey, member: Member) -> None:
        """Probe a member until it is gone."""
        pool = self.pools[key[0]]
        # The members of a pool are not all asked in the same moment.
        apart = zlib.crc32(repr(key).encode()) % 100 / 100
        due = asyncio.get_running_loop().time() + apart * min(1.0, self.interval(pool))
        while True:
            # Probes that begin together cost a third of the CPU that they cost one by one.
            due = math.ceil(due / GRID_SECONDS) * GRID_SECONDS
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            problem = await probe(pool.health, member.address, member.port, self.account)
            # Before Python 3.12 wait_for may swallow that this task was cancelled.
            if self.probers.get(key) is not asyncio.current_task():
                return
            self.hear(key, problem)
            # The interval may follow from the number of members, which changes.
            due = max(
                due + self.interval(pool), asyncio.get_running_loop().time() + GRID_SECONDS / 2
            )

    def hear(self, key: MemberKey, problem: str) -> None:
        """Take the result of a probe of a member, and tell nginx if it changes who serves."""
        if problem.startswith(UNPROBED):
            self._fails("probes", problem)
            return
        self.errors.pop("probes", None)
        before, now = self.verdicts.get(key, Verdict()), time.time()
        after = before.after(problem, self.pools[key[0]].health, now)
        if key not in self.willing:
            # Whoever drained a member to restart it does not make it flap.
            after = replace(after, changes=())
        self.verdicts[key] = after
        if after.state == before.state:
            return
        if key in self.willing:
            self._say_change(key, before, after, now)
        # Soon and not at once: many members may change in the same moment.
        self.due = 0.0

    def _say_change(self, key: MemberKey, before: Verdict, after: Verdict, now: float) -> None:
        if after.state == BAD:
            self._says("member_out", *key, f"is out: it {after.why}")
        elif before.state == BAD:
            self._says("member_back", *key, "is back")
        if after.flaps(now) and not before.flaps(now):
            self._says("flapping", *key, f"flaps: {after.recent(now)} changes lately")

    # Who serves

    def decide(self) -> None:
        """Work out who serves in each pool, and tell nginx."""
        now, before = time.time(), self.now
        self.due = float("inf")
        self.now = {pool.name: self._shares(pool, now) for pool in self.wanted.pools}
        if self.teller:
            serving = {name: each.serving for name, each in self.now.items()}
            self.teller.tell(serving, [name for name in serving if self.pools[name].in_turn])
        for name, each in self.now.items():
            if name not in self.told or before.get(name, Shares()).serving != each.serving:
                self.told[name] = time.monotonic()
        for name, each in self.now.items():
            was = name in before and before[name].panic
            if each.panic and not was:
                why = "panics: less than half of its weight is good, so all members serve"
                self._says("panic", name, "", why)
            elif was and not each.panic:
                self._says("panic_over", name, "", "panics no more")

    def _shares(self, pool: Pool, now: float) -> Shares:
        verdicts = {m.name: self.verdicts.get((pool.name, m.name), Verdict()) for m in pool.members}
        former = self.now.get(pool.name, Shares()).serving
        found = shares(pool, verdicts, now, [share.name for share in former])
        self.due = min(self.due, time.monotonic() + next_change(pool, verdicts, now))
        # Nobody may serve: nginx keeps what it was told before.
        return found if found.serving else Shares(former, found.panic)

    # What is said

    def _says(self, what: str, pool: str, member: str, why: str) -> None:
        """Write an event to the journal, and tell it to whom it may concern."""
        say(f"pool {pool}{', member ' if member else ''}{member} {why}")
        self.notifier.tell(event(what, pool, member, why))

    def _fails(self, what: str, text: str) -> None:
        """Say once that something does not work, and keep it for the report."""
        if self.errors.get(what) != text:
            say(text)
        self.errors[what] = text

    def report(self) -> reports.Report:
        """Return the report, as `report.py` shows it."""
        taken = self.teller.taken() if self.teller else {}
        return {
            "at": time.time(),
            "release": self.wanted.release,
            "overrides": self.wanted.overrides,
            "errors": list(self.errors.values()),
            "pools": {pool.name: self._pool_report(pool, taken) for pool in self.wanted.pools},
        }

    def _pool_report(self, pool: Pool, taken: t.Mapping[PoolKey, float]) -> dict[str, t.Any]:
        now, current = time.time(), self.now.get(pool.name, Shares())
        epoch = now - time.monotonic()
        serving: dict[str, Share] = {share.name: share for share in current.serving}
        return {
            "panic": current.panic,
            "told": epoch + self.told.get(pool.name, time.monotonic()),
            "taken": {
                protocol: epoch + at for (protocol, name), at in taken.items() if name == pool.name
            },
            "members": {
                member.name: {
                    **(verdict := self.verdicts.get((pool.name, member.name), Verdict())).params(),
                    "serves": member.name in serving,
                    "flaps": verdict.flaps(now),
                }
                for member in pool.members
            },
        }

    def write(self) -> None:
        """Write the report; a disk that is full must not end the unit."""
        try:
            reports.write(self.report(), self.path)
        except OSError as exc:
            self._fails("report", f"cannot write {self.path}: {exc}")
        else:
            self.errors.pop("report", None)

    # The loop

    async def run(self) -> None:
        """Look, probe and tell for ever."""
        self.remember()
        self.look()
        await self._start_teller()
        self.write()
        tell_systemd("READY=1")
        seen, followed, last = stamp(self.root), 0, 0.0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if time.monotonic() >= self.due:
                self.decide()
            late = time.monotonic() - last >= REPORT_SECONDS
            if (fresh := stamp(self.root)) != seen or ("wanted" in self.errors and late):
                seen = fresh
                self.look()
                late = True
            if late:
                self._watch_members()
            if late and "teller" in self.errors:
                await self._start_teller()
            # Whoever changed something waits until nginx has asked.
            if (now := self._followed()) != followed or late:
                followed, last = now, time.monotonic()
                self.write()
                tell_systemd("WATCHDOG=1")

    def _followed(self) -> int:
        """Return how many times nginx has taken a pool since it was last told anew."""
        taken = self.teller.taken() if self.teller else {}
        return sum(at > self.told.get(pool, at) for (_protocol, pool), at in taken.items())

    async def _start_teller(self) -> None:
        """Begin to answer nginx; while that is not possible nginx goes on with what it knows."""
        if not self.teller:
            return
        try:
            await self.teller.start()
        except OSError as exc:
            self._fails("teller", f"nginx cannot ask: {exc}")
        else:
            self.errors.pop("teller", None)


def _asked(pool: Pool, member: Member) -> str:
    """Return what a probe of a member depends on, as text."""
    return f"{pool.health} {member.address}:{member.port}"


def read_hook(root: Path) -> Hook:
    """Return whom to tell of events; a ValueError says what is wrong with what is written."""
    path = root / SECRETS / "notify.json"
    return Hook.parse(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Hook()


def read_account(root: Path) -> Account | None:
    """Return the account that asks MySQL servers for their role, or None; raises ValueError."""
    path = root / SECRETS / "health.json"
    return Account.parse(path.read_text(encoding="utf-8")) if path.exists() else None


async def run(root: Path, teller: Teller | None, cut_after: int) -> None:
    """Run the unit until it is stopped."""
    notifier = Notifier(Hook())
    agent = Agent(root, teller, notifier)
    tasks = [agent.run(), notifier.run()]
    if cut_after:
        tasks.append(watch(agent.places, Watch(cut_after)))
    await asyncio.gather(*tasks)


def start(arguments: list[str]) -> None:
    """Run the program with the arguments of its command line."""
    if arguments[0] == "--stopped":
        if problem := tell_of_failure(read_hook(Path(arguments[1])), os.environ):
            say(f"peerlb_notify: {problem}")
        return
    root, engine, port, cut_after = arguments
    teller = TELLERS[engine](int(port)) if engine in TELLERS else None
    asyncio.run(run(Path(root), teller, int(cut_after)))
