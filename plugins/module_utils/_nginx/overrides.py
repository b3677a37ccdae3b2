# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights and states that operators set at run time. No Ansible, no I/O.

Overrides stand in the state.json of a release, by pool and member, each with its signature:

    {"webapp": {"web1": {"weight": 3, "by": "ada", "at": "2026-01-01T10:00:00Z", "reason": ""}}}
"""

from __future__ import annotations

import typing as t

from .._values.entries import errors_at, one_of, whole_number
from .checks import PoolError
from .pool import MAX_WEIGHT, STATES, Pool

# The settings of a member that can be set at run time.
RUNTIME_SETTINGS = ("weight", "state")

Entries = dict[str, dict[str, t.Any]]  # the overrides of one pool, by member
Overrides = dict[str, Entries]  # by pool
Changes = t.Mapping[str, t.Mapping[str, t.Any]]  # what to set, by member


def read_changes(weights: t.Mapping[str, t.Any], states: t.Mapping[str, t.Any]) -> Entries:
    """Return what to set by member: {"web1": {"weight": 3, "state": "up"}}.

    A PoolError names the first weight or state that no member can have.
    """
    changes: Entries = {}
    for name, weight in weights.items():
        with errors_at(f"member {name}", PoolError):
            changes.setdefault(name, {})["weight"] = whole_number("weight", weight, 0, MAX_WEIGHT)
    for name, state in states.items():
        with errors_at(f"member {name}", PoolError):
            changes.setdefault(name, {})["state"] = one_of("state", state, STATES)
    return changes


def change_entries(entries: Entries, pool: Pool, changes: Changes, note: dict[str, str]) -> Entries:
    """Return the overrides of a pool after the changes, each changed one signed with the note.

    An override that the changes only repeat keeps its signature, so that a repetition is no change.
    A value that equals the inventory's is no override.
    """
    changed = dict(entries)
    members = {member.name: member for member in pool.members}
    for name, change in changes.items():
        old = settings_of(entries.get(name, {}))
        new = {
            key: value
            for key, value in {**old, **change}.items()
            if value != getattr(members[name], key)
        }
        if not new:
            changed.pop(name, None)
        elif new != old:
            changed[name] = {**new, **note}
    return changed


def settings_of(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the settings of an override without its signature: {"weight": 3}."""
    return {key: entry[key] for key in RUNTIME_SETTINGS if key in entry}


def keep_known(overrides: Overrides, pools: t.Iterable[Pool]) -> Overrides:
    """Return the overrides whose pool and member exist among the pools."""
    members = {pool.name: {member.name for member in pool.members} for pool in pools}
    kept = {
        pool: {name: entry for name, entry in entries.items() if name in members[pool]}
        for pool, entries in overrides.items()
        if pool in members
    }
    return without_empty(kept)


def without_empty(overrides: Overrides) -> Overrides:
    """Return the overrides without pools that have none, so that equal ones compare as equal."""
    return {pool: entries for pool, entries in overrides.items() if entries}


def apply_overrides(overrides: Overrides, pools: t.Iterable[Pool]) -> tuple[Pool, ...]:
    """Return the pools with the overrides in place of the inventory's weights and states.

    A PoolError says that a pool has no member left to serve.
    """
    return tuple(
        pool.with_members(
            {name: settings_of(entry) for name, entry in overrides.get(pool.name, {}).items()}
        )
        for pool in pools
    )


def describe_differences(overrides: Overrides, pools: t.Iterable[Pool]) -> list[str]:
    """Return a sentence for each override that differs from the inventory."""
    return [
        f"pool {pool.name}, member {member.name}: {key} is {value},"
        f" the inventory says {getattr(member, key)} ({_signature(entry)})"
        for pool in pools
        for member in pool.members
        for entry in [overrides.get(pool.name, {}).get(member.name, {})]
        for key, value in settings_of(entry).items()
        if value != getattr(member, key)
    ]


def _signature(entry: t.Mapping[str, t.Any]) -> str:
    words = [f"set by {entry.get('by', 'somebody')} at {entry.get('at', 'some time')}"]
    return ", ".join(words + ([f"because: {entry['reason']}"] if entry.get("reason") else []))
