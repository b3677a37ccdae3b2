# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members that are out of their pools while their host is renewed. No Ansible, no I/O.

The drain of a renewal is an override that holds the override which it stands for, so that nothing
of what an operator has set gets lost. In a sticky pool the state is down, because clients that hold
the cookie of a drained member would meet the restart.

    {"webapp": {"web1": {"state": "drain", "reason": "its host is being renewed", "former": {…}}}}
"""

from __future__ import annotations

import contextlib

from .._nginx.checks import PoolError
from .._nginx.overrides import settings_of
from .inputs import Inputs

# The reason by which a drain for a renewal is told from an operator's own.
RENEWAL = "its host is being renewed"
FORMER = "former"


def taken_out(inputs: Inputs, member: str, note: dict[str, str]) -> Inputs:
    """Return the inputs with a member drained in each pool where it serves and another one can.

    The note signs the drain; its reason is replaced by RENEWAL.
    """
    for pool in serving_in(inputs, member):
        entries = inputs.overrides.get(pool, {})
        former = entries.get(member, {})
        state = "down" if inputs.chosen_pool(pool, ()).method == "sticky" else "drain"
        drain = {**settings_of(former), "state": state, **note, "reason": RENEWAL}
        with contextlib.suppress(PoolError):  # no other member of this pool could serve
            inputs = inputs.with_entries(pool, {**entries, member: {**drain, FORMER: former}})
    return inputs


def put_back(inputs: Inputs, member: str) -> Inputs:
    """Return the inputs with a member's overrides as they were before `taken_out`."""
    for pool in drained_for_renewal(inputs, member):
        entries = dict(inputs.overrides[pool])
        former = entries.pop(member).get(FORMER)
        inputs = inputs.with_entries(pool, {**entries, **({member: former} if former else {})})
    return inputs


def serving_in(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member gets requests, if only of former clients."""
    return [
        pool.name
        for pool in inputs.effective_pools()
        for each in pool.members
        if each.name == member and (each.state == "up" or pool.keeps_sessions(each))
    ]


def drained_for_renewal(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member is drained for a renewal."""
    entries = {
        pool.name: inputs.overrides.get(pool.name, {}).get(member, {}) for pool in inputs.pools
    }
    return [
        pool
        for pool, entry in entries.items()
        if entry.get("reason") == RENEWAL
        and (settings_of(entry).get("state") == "drain" or FORMER in entry)
    ]
