# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs that a release is made from. No Ansible, no I/O.

A release is made from files (rendered from the role's templates on the controller), and from pools
and listeners (rendered as upstreams here). Its state.json keeps the inputs, so that another release
can be made from them.

What operators set at run time, the overrides, stands beside the releases for pools that nginx
follows without a reload, the live ones. For the other pools it is written into the upstreams, so it
is an input of the release.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath

from .._live.engine import RELOAD, Engine
from .._nginx.checks import PoolError
from .._nginx.overrides import (
    Changes,
    Entries,
    Overrides,
    apply_overrides,
    change_entries,
    describe_differences,
    keep_known,
    without_empty,
)
from .._nginx.pool import Listener, Pool
from .._nginx.upstreams import Writer, render_upstreams
from .._nginx.versions import parse_version
from .._release.release import COMPOSE_FILE, Release
from .._release.specification import pinned
from .nginx_release import IDENTITY, STATE, NginxRelease
from .route_tests import TESTS_FILE, RouteTest, read_tests, write_tests

# The names at the top of a release that the collection itself writes.
RESERVED_NAMES = (STATE, IDENTITY, TESTS_FILE, "upstreams")

OVERRIDES_LOST = (
    f"{STATE} of the live release, or overrides.json, could not be read: weights and states that"
    " were set at run time, if there were any, are the inventory's again"
)


@dataclass(frozen=True)
class Inputs:
    """All that a release is made from.

    pools are the inventory's; the overrides win over them until somebody resets them. engine is the
    way by which nginx learns of changes, where it can serve a pool. overrides_lost tells that the
    overrides of the release before could not be read. tests are those of the URL map.
    """

    files: dict[str, str]
    pools: tuple[Pool, ...]
    listeners: tuple[Listener, ...]
    version: str
    overrides: Overrides = field(default_factory=dict)
    overrides_lost: bool = False
    engine: Engine = RELOAD
    tests: tuple[RouteTest, ...] = ()

    @classmethod
    def parse(
        cls, files: dict, pools: list, listeners: list, version: str, engine: Engine = RELOAD
    ) -> Inputs:
        """Return the inputs that a module was given, without overrides.

        files is the text by path in the release. A PoolError names the entry at fault.
        """
        for path in files:
            _refuse_path(path)
        parsed = tuple(Pool.parse(pool) for pool in pools)
        names = [pool.name for pool in parsed]
        accepted = tuple(Listener.parse(listener, names) for listener in listeners)
        _refuse_twins(names, accepted)
        parse_version(version)
        texts = {path: str(text) for path, text in files.items()}
        return cls(texts, parsed, accepted, str(version), engine=engine)

    @classmethod
    def of(cls, release: NginxRelease, live: Overrides | None = None) -> Inputs:
        """Return the inputs that a release was made from, with the overrides of its live pools.

        A PoolError says that the state of the release is damaged.
        """
        state = release.state()
        files = {
            path: text
            for path, text in release.files.items()
            if path not in (STATE, TESTS_FILE) and not path.startswith("upstreams/")
        }
        told = state["engine"]  # of a later version it may tell more
        engine = Engine(str(told.get("name", RELOAD.name)), int(told.get("port", RELOAD.port)))
        inputs = cls.parse(files, state["pools"], state["listeners"], state["version"], engine)
        followed = inputs.live_pools()
        now = {pool: entries for pool, entries in (live or {}).items() if pool in followed}
        tests = read_tests(release.files.get(TESTS_FILE, ""))
        return replace(inputs, overrides={**state["overrides"], **now}, tests=tests)

    def with_overrides_of(
        self, release: NginxRelease | None, live: Overrides | None = None
    ) -> Inputs:
        """Return the inputs with those overrides of a release whose pool and member still exist.

        live are those of its live pools. A damaged release does not stop a deployment: its
        overrides count as lost.
        """
        try:
            overrides = Inputs.of(release, live).overrides if release else {}
        except PoolError:
            kept = keep_known(live or {}, self.pools)
            return replace(self, overrides=kept, overrides_lost=True)
        return replace(self, overrides=keep_known(overrides, self.pools))

    def writers(self) -> dict[str, Writer]:
        """Return who writes the upstreams of the live pools, by pool."""
        version = parse_version(self.version)
        writers = {pool.name: self.engine.writer(pool) for pool in self.pools}
        return {name: each for name, each in writers.items() if each and not each.refuses(version)}

    def live_pools(self) -> list[str]:
        """Return the names of the pools that nginx follows without a reload."""
        return list(self.writers())

    def why_reloads(self) -> dict[str, str]:
        """Return why a change of a pool is a reload, for pools that could be live by the engine."""
        version = parse_version(self.version)
        writers = {pool.name: self.engine.writer(pool) for pool in self.pools}
        whys = {name: each.refuses(version) for name, each in writers.items() if each}
        return {name: why for name, why in whys.items() if why}

    def live_overrides(self) -> Overrides:
        """Return the overrides of the live pools, which stand beside the releases."""
        return {pool: self.overrides[pool] for pool in self.live_pools() if pool in self.overrides}

    def carrying(self, present: Inputs | None) -> Inputs:
        """Return the inputs with what operators have set of pools that become live by them."""
        if present is None:
            return self
        fresh = set(self.live_pools()).difference(present.live_pools())
        stay = {pool: each for pool, each in self.overrides.items() if pool not in fresh}
        moved = {pool: each for pool, each in present.overrides.items() if pool in fresh}
        return replace(self, overrides=keep_known({**stay, **moved}, self.pools))

    def with_changes(self, pool: str, changes: Changes, note: dict[str, str]) -> Inputs:
        """Return the inputs with weights or states of members set, each signed with the note.

        pool is a name, or empty for the only pool that has all the members. A PoolError says that
        the pool is not clear, or that the changes leave no member to serve.
        """
        chosen = self.chosen_pool(pool, changes)
        entries = change_entries(self.overrides.get(chosen.name, {}), chosen, changes, note)
        return self.with_entries(chosen.name, entries)

    def with_entries(self, pool: str, entries: Entries) -> Inputs:
        """Return the inputs with these overrides of one pool; a PoolError if no member serves."""
        changed = replace(self, overrides=without_empty({**self.overrides, pool: entries}))
        changed.effective_pools()  # raises the PoolError
        return changed

    def without_overrides(self, pool: str) -> Inputs:
        """Return the inputs without the overrides of one pool, or (empty) of all pools."""
        name = self.chosen_pool(pool, ()).name if pool else ""
        kept = {each: entries for each, entries in self.overrides.items() if name not in ("", each)}
        return replace(self, overrides=kept)

    def chosen_pool(self, name: str, members: t.Iterable[str]) -> Pool:
        """Return the pool of this name or, where name is empty, the only one with these members.

        A PoolError says why no pool fits, or why several do.
        """
        known = [pool.name for pool in self.pools]
        if name and name not in known:
            raise PoolError(f"no pool is named {name}; there are: {', '.join(known)}")
        candidates = [pool for pool in self.pools if name in ("", pool.name)]
        wanted = set(members)
        fitting = [pool for pool in candidates if wanted <= set(pool.member_names)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = ", ".join(pool.name for pool in fitting)
            raise PoolError(f"the members are in several pools ({names}): name one of them as pool")
        raise PoolError(_why_none_fits(candidates, wanted))

    def addresses(self, member: str, pools: t.Iterable[str]) -> list[str]:
        """Return where a member serves in these pools: ["10.1.0.2:3000"]."""
        wanted = set(pools)
        found = [
            f"{each.address}:{each.port}"
            for pool in self.pools
            if pool.name in wanted
            for each in pool.members
            if each.name == member
        ]
        return list(dict.fromkeys(found))

    def protocol_of(self, pool: str) -> str:
        """Return the protocol of the listeners that lead to a pool; "tcp" if none does."""
        return next((each.protocol for each in self.listeners if pool in each.pools), "tcp")

    def probed_by(self, pool: str) -> str:
        """Return the protocol in which members of a pool are asked: "http", "https" or "tcp"."""
        schemes = {each.name: each.scheme for each in self.pools}
        return schemes[pool] if self.protocol_of(pool) == "http" else "tcp"

    def effective_pools(self) -> tuple[Pool, ...]:
        """Return the pools as nginx balances to them: the inventory's with the overrides applied.

        A PoolError says that a pool has no member left to serve.
        """
        return apply_overrides(self.overrides, self.pools)

    def release(self) -> NginxRelease:
        """Return the release made from these inputs.

        A PoolError says what the version of nginx does not support, or that no member serves.
        """
        version = parse_version(self.version)
        try:
            upstreams = render_upstreams(
                self.effective_pools(), self.listeners, version, self.writers()
            )
        except PoolError as exc:
            # An override may be the cause, and the reader would look for it in the inventory.
            raise PoolError("; ".join([str(exc), *self.differences()])) from None
        live = self.live_pools()
        state = {
            "version": self.version,
            "pools": [pool.params() for pool in self.pools],
            "listeners": [asdict(listener) for listener in self.listeners],
            "overrides": {p: each for p, each in self.overrides.items() if p not in live},
            "engine": asdict(self.engine),
        }
        text = json.dumps(state, indent=1, sort_keys=True) + "\n"
        tests = {TESTS_FILE: write_tests(self.tests)} if self.tests else {}
        return NginxRelease({**self.files, **upstreams, **tests, STATE: text})

    def differences(self) -> list[str]:
        """Return a sentence for each override that differs from the inventory, or was lost."""
        lost = [OVERRIDES_LOST] if self.overrides_lost else []
        return lost + describe_differences(self.overrides, self.pools)


def pin_image(
    files: dict[str, str],
    image: str,
    digest: str,
    present: Release | None,
    has: t.Callable[[str], bool] = lambda _name: True,
) -> None:
    """Write an image with its digest into compose.yml, and the name as a comment beside it.

    If the digest is not known, because the registry did not answer, the one of the present release
    stays, unless the host has not got that image, as has tells.
    """
    before = present.files.get(COMPOSE_FILE, "") if present else ""
    known = re.search(rf'image: "(\S+@\S+)" # {re.escape(image)}$', before, re.MULTILINE)
    former = known[1] if known and not digest and has(known[1]) else image
    exact = pinned(image, digest) if digest else former
    if exact != image:
        line = f"image: {json.dumps(image)}"
        files[COMPOSE_FILE] = files[COMPOSE_FILE].replace(
            line, f"image: {json.dumps(exact)} # {image}"
        )


def _why_none_fits(pools: list[Pool], wanted: set[str]) -> str:
    shown = "; ".join(f"{pool.name}: {', '.join(pool.member_names)}" for pool in pools)
    strangers = sorted(wanted.difference(*(pool.member_names for pool in pools)))
    if strangers:
        return f"no member is named {', '.join(strangers)}; there are: {shown}"
    return f"no one pool has all of {', '.join(sorted(wanted))}; there are: {shown}"


def _refuse_path(path: str) -> None:
    """Raise a PoolError for a path that leaves the release, is reserved or is not the shortest.

    A path such as "sub//x.conf" would be read back from the disk as "sub/x.conf", which would make
    the release look changed.
    """
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts:
        raise PoolError(
            f"file {path}: is no path in the release; right is one such as conf.d/x.conf"
        )
    if parts[0] in RESERVED_NAMES:
        raise PoolError(f"file {path}: this name is the collection's own; choose another")
    if path != str(PurePosixPath(path)):
        raise PoolError(f"file {path}: right is {PurePosixPath(path)}")


def _refuse_twins(pools: list[str], listeners: tuple[Listener, ...]) -> None:
    """Raise a PoolError for pools of one name, listeners of one socket, or no listener at all."""
    for name, count in Counter(pools).items():
        if count > 1:
            raise PoolError(f"pool {name}: is declared twice")
    sockets = Counter((listener.address, listener.port) for listener in listeners)
    for (_address, port), count in sockets.items():
        if count > 1:
            raise PoolError(f"listener {port}: is declared twice")
    if not listeners:
        raise PoolError("listeners: there is none, so nothing would be served")
