# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what an operator wants of the members of a pool. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .._nginx.checks import PoolError
from .._nginx.pool import MAX_WEIGHT, STATES, Pool
from .._values.entries import errors_at, one_of, whole_number
from .inputs import Inputs


def chosen_pool(inputs: Inputs, name: str, members: t.Iterable[str]) -> Pool:
    """Return the pool of this name; without one, the only pool that has all the members."""
    wanted = set(members)
    known = [pool.name for pool in inputs.pools]
    if name and name not in known:
        raise PoolError(f"no pool is named {name}; there are: {', '.join(known)}")
    fitting = [
        pool
        for pool in inputs.pools
        if name in ("", pool.name) and wanted <= {member.name for member in pool.members}
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(pool.name for pool in fitting)
        raise PoolError(f"the members are in several pools ({names}): name one of them as pool")
    raise PoolError(_unknown(inputs, name, wanted))


def _unknown(inputs: Inputs, name: str, wanted: set[str]) -> str:
    pools = [pool for pool in inputs.pools if name in ("", pool.name)]
    known = {pool.name: [member.name for member in pool.members] for pool in pools}
    everyone = {member for members in known.values() for member in members}
    shown = "; ".join(f"{pool}: {', '.join(members)}" for pool, members in known.items())
    strangers = sorted(wanted - everyone)
    if strangers:
        return f"no member is named {', '.join(strangers)}; there are: {shown}"
    return f"no one pool has all of {', '.join(sorted(wanted))}; there are: {shown}"


def read_changes(
    weights: t.Mapping[str, t.Any], states: t.Mapping[str, t.Any]
) -> dict[str, dict[str, t.Any]]:
    """Return what is to be set by member; a PoolError names what no member can have."""
    changes: dict[str, dict[str, t.Any]] = {}
    for name, weight in weights.items():
        with errors_at(f"member {name}", PoolError):
            changes.setdefault(name, {})["weight"] = whole_number("weight", weight, 0, MAX_WEIGHT)
    for name, state in states.items():
        with errors_at(f"member {name}", PoolError):
            changes.setdefault(name, {})["state"] = one_of("state", state, STATES)
    return changes


def override(
    inputs: Inputs, pool: str, changes: dict[str, dict[str, t.Any]], note: dict[str, str]
) -> Inputs:
    """Return the inputs with the changes; one that leaves nobody to serve is refused."""
    changed = inputs.overriding(chosen_pool(inputs, pool, changes).name, changes, note)
    changed.effective()
    return changed


def reset(inputs: Inputs, pool: str) -> Inputs:
    """Return the inputs as the inventory has them, in one pool or (empty) in all."""
    if not pool:
        return inputs.without_overrides()
    return inputs.without_overrides(chosen_pool(inputs, pool, ()).name)


def former_release(
    wanted: str, current: str | None, history: list[dict[str, t.Any]], kept: list[str]
) -> str:
    """Return the id to go back to: the one that wanted begins, else the last one before current."""
    if wanted:
        fitting = [release for release in kept if release.startswith(wanted)]
        if len(fitting) != 1:
            raise PoolError(
                f"{len(fitting)} releases begin with {wanted}; kept are {', '.join(kept) or 'none'}"
            )
        return fitting[0]
    for line in reversed(history):
        if line["id"] != current and line["id"] in kept:
            return str(line["id"])
    raise PoolError("there is no release to go back to: none was live before this one")
