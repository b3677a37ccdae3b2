# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release is made of, and what was set at run time. No Ansible, no I/O.

Static files (rendered from templates on the controller), upstreams (rendered here from pools) and
state.json, which holds all that the upstreams were rendered from.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath

from .._nginx.checks import PoolError
from .._nginx.pool import Listener, Pool
from .._nginx.upstreams import parse_version, render_upstreams
from .release import IDENTITY, STATE, Release

# What can be set at run time.
SETTINGS = ("weight", "state")
# What the collection writes into a release itself, at its top.
OWN = (STATE, IDENTITY, "upstreams")

FORGOTTEN = (
    f"{STATE} of the live release could not be read: weights and states that were set at run time,"
    " if there were any, are the inventory's again"
)

Overrides = dict[str, dict[str, dict[str, t.Any]]]


@dataclass(frozen=True)
class Inputs:
    """All that a release is made of.

    overrides holds, by pool and member, what was set at run time: weight or state, and by whom,
    when and why. It wins over the inventory until it is taken back. forgotten tells that they could
    not be read, so that those which there were are gone.
    """

    static: dict[str, str]
    pools: tuple[Pool, ...]
    listeners: tuple[Listener, ...]
    version: str
    overrides: Overrides = field(default_factory=dict)
    forgotten: bool = False

    @classmethod
    def parse(cls, files: dict, pools: list, listeners: list, version: str) -> Inputs:
        for path in files:
            _refuse_path(path)
        parsed = tuple(Pool.parse(pool) for pool in pools)
        names = [pool.name for pool in parsed]
        heard = tuple(Listener.parse(listener, names) for listener in listeners)
        _refuse_twins(names, heard)
        parse_version(version)
        return cls({path: str(text) for path, text in files.items()}, parsed, heard, str(version))

    @classmethod
    def of(cls, release: Release) -> Inputs:
        """Return what a release was made of."""
        state = release.state()
        static = {
            path: text
            for path, text in release.files.items()
            if path != STATE and not path.startswith("upstreams/")
        }
        inputs = cls.parse(static, state["pools"], state["listeners"], state["version"])
        return replace(inputs, overrides=state["overrides"])

    def keeping(self, present: Release | None) -> Inputs:
        """Return the inputs with the overrides of a release whose pool and member still exist."""
        try:
            overrides = present.state()["overrides"] if present else {}
        except PoolError:
            return replace(self, forgotten=True)
        members = {pool.name: {member.name for member in pool.members} for pool in self.pools}
        kept = {
            pool: {name: entry for name, entry in entries.items() if name in members[pool]}
            for pool, entries in overrides.items()
            if pool in members
        }
        return replace(self, overrides=_without_empty(kept))

    def overriding(
        self, pool: str, changes: t.Mapping[str, t.Mapping[str, t.Any]], note: dict[str, str]
    ) -> Inputs:
        """Return the inputs with weights or states of members set, each signed with the note.

        A setting that is in force already keeps its signature, so that a repetition is no change;
        one that equals the inventory's is no override.
        """
        declared = next(each for each in self.pools if each.name == pool)
        members = {member.name: member for member in declared.members}
        entries = dict(self.overrides.get(pool, {}))
        for name, change in changes.items():
            known = {key: entries.get(name, {}).get(key) for key in SETTINGS}
            wanted = {**known, **change}
            kept = {
                key: value
                for key, value in wanted.items()
                if value is not None and value != getattr(members[name], key)
            }
            old = {key: value for key, value in known.items() if value is not None}
            if not kept:
                entries.pop(name, None)
            elif kept != old:
                entries[name] = {**kept, **note}
        return replace(self, overrides=_without_empty({**self.overrides, pool: entries}))

    def without_overrides(self, pool: str = "") -> Inputs:
        """Return the inputs as the inventory has them, in one pool or (empty) in all."""
        kept = {name: entries for name, entries in self.overrides.items() if pool not in ("", name)}
        return replace(self, overrides=kept)

    def effective(self) -> tuple[Pool, ...]:
        """Return the pools as they serve: the inventory's with the overrides applied."""
        return tuple(
            pool.with_members(
                {
                    name: {key: entry[key] for key in SETTINGS if key in entry}
                    for name, entry in self.overrides.get(pool.name, {}).items()
                }
            )
            for pool in self.pools
        )

    def release(self) -> Release:
        version = parse_version(self.version)
        try:
            upstreams = render_upstreams(self.effective(), self.listeners, version)
        except PoolError as exc:
            # What was set at run time is not in the inventory, where one would look for it.
            raise PoolError("; ".join([str(exc), *self.differences()])) from None
        state = {
            "version": self.version,
            "pools": [pool.params() for pool in self.pools],
            "listeners": [asdict(listener) for listener in self.listeners],
            "overrides": self.overrides,
        }
        text = json.dumps(state, indent=1, sort_keys=True) + "\n"
        return Release({**self.static, **upstreams, STATE: text})

    def differences(self) -> list[str]:
        """Say where the overrides differ from the inventory, a sentence each."""
        said = [FORGOTTEN] if self.forgotten else []
        for pool in self.pools:
            for member in pool.members:
                entry = self.overrides.get(pool.name, {}).get(member.name, {})
                for key in SETTINGS:
                    if key in entry and entry[key] != getattr(member, key):
                        said.append(
                            f"pool {pool.name}, member {member.name}: {key} is {entry[key]},"
                            f" the inventory says {getattr(member, key)}"
                            f" ({_signature(entry)})"
                        )
        return said


def _without_empty(overrides: Overrides) -> Overrides:
    return {pool: entries for pool, entries in overrides.items() if entries}


def _signature(entry: t.Mapping[str, t.Any]) -> str:
    words = [f"set by {entry.get('by', 'somebody')} at {entry.get('at', 'some time')}"]
    return ", ".join(words + ([f"because: {entry['reason']}"] if entry.get("reason") else []))


def _refuse_path(path: str) -> None:
    """Refuse a path that is the collection's own, or by which the file would not be read back."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts:
        raise PoolError(
            f"file {path}: is no path in the release; right is one such as conf.d/x.conf"
        )
    if parts[0] in OWN:
        raise PoolError(f"file {path}: this name is the collection's own; choose another")
    if path != str(PurePosixPath(path)):
        raise PoolError(f"file {path}: right is {PurePosixPath(path)}")


def _refuse_twins(pools: list[str], listeners: tuple[Listener, ...]) -> None:
    for name in pools:
        if pools.count(name) > 1:
            raise PoolError(f"pool {name}: is declared twice")
    sockets = [(listener.address, listener.port) for listener in listeners]
    for address, port in sockets:
        if sockets.count((address, port)) > 1:
            raise PoolError(f"listener {port}: is declared twice")
    if not listeners:
        raise PoolError("listeners: there is none, so nothing would be served")
