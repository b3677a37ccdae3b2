# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a member out of its pools while its host is renewed, and put it back once it answers."""

from __future__ import annotations

import time
import typing as t

from .._nginx.checks import PoolError, seconds
from .._release.service import probe
from .._release.specification import Health
from .._traffic.drained import wait_until_drained
from .balancer_module import BalancerModule
from .inputs import Inputs
from .overrides import settings_of

# The reason by which a drain for a renewal is told from an operator's own.
RENEWAL = "its host is being renewed"


def serving_in(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member gets new requests."""
    return [
        pool.name
        for pool in inputs.effective_pools()
        for each in pool.members
        if each.name == member and each.state == "up"
    ]


def drained_for_renewal(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member is drained for a renewal."""
    entries = {
        pool.name: inputs.overrides.get(pool.name, {}).get(member, {}) for pool in inputs.pools
    }
    return [
        pool
        for pool, entry in entries.items()
        if entry.get("reason") == RENEWAL and settings_of(entry).get("state") == "drain"
    ]


def take_out(balancer: BalancerModule, inputs: Inputs) -> dict[str, t.Any]:
    """Drain the member where it serves and others can; wait until it is drained."""
    params = balancer.params
    member, note = params["member"], {**balancer.note(), "reason": RENEWAL}
    changed = inputs
    for pool in serving_in(inputs, member):
        try:
            changed = changed.with_changes(pool, {member: {"state": "drain"}}, note)
        except PoolError:  # no other member of this pool could serve
            continue
    pools = drained_for_renewal(changed, member)
    begun = time.monotonic()
    result = balancer.carry_out(changed.release(), passing=bool(pools))
    left = 0
    if pools and not balancer.check_mode:
        addresses = inputs.addresses(member, pools)
        settle = seconds("settle", params["settle"])
        drained = wait_until_drained(addresses, params["drain_timeout"], settle, begun)
        left = int(drained["left"])
    return {**result, "pools": pools, "left": left}


def put_back(balancer: BalancerModule, inputs: Inputs) -> dict[str, t.Any]:
    """Let the member serve where the module has drained it, once it answers."""
    params = balancer.params
    member, pools = params["member"], drained_for_renewal(inputs, params["member"])
    changed = inputs
    for pool in pools:
        ask_member(inputs, pool, params)
        changed = changed.with_changes(pool, {member: {"state": "up"}}, balancer.note())
    wanted = changed.release()
    # The release that was live before the member was taken out needs no second line in the history.
    lasting = [line["id"] for line in balancer.store.history() if not line.get("passing")]
    result = balancer.carry_out(wanted, passing=wanted.id in lasting[-1:])
    return {**result, "pools": pools, "left": 0}


def ask_member(inputs: Inputs, pool: str, params: dict[str, t.Any]) -> None:
    """Ask the member from here; a PoolError says that it does not serve."""
    protocol = "http" if inputs.protocol_of(pool) == "http" else "tcp"
    given = params["health"]
    statuses = tuple(given.get("statuses") or ())
    path, host = given.get("path") or "/", given.get("host") or ""
    for address in inputs.addresses(params["member"], [pool]):
        place, port = address.rsplit(":", 1)
        problem = probe(Health(protocol, place, int(port), path, host, statuses))
        if problem:
            raise PoolError(f"{params['member']} stays out of the pool {pool}: it {problem}")
