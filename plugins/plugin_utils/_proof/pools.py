# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what makes sense entry by entry, but makes no pool that works. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._nginx.pool import Pool
from ...module_utils._topology.model import Topology
from ...module_utils._values.entries import listing
from .._derive.pools import inward, outward


def missed_listeners(
    topology: Topology, balancer: str, protocol: str, served: str, led: t.Collection[str]
) -> list[str]:
    """Name the flows to hosts of a balancer that were to be listeners: only its group has these.

    led: the pools that listeners lead to. Where a listener has this protocol, or leads to the group
    that is served, none is missed: other flows are for what else a host has, such as an exporter.
    """
    heard = {flow.protocol for flow in inward(topology, balancer).values()}
    meant = {
        name
        for name, flow in outward(topology, balancer).items()
        if flow.protocol == protocol and _share(topology, flow.target, served)
    }
    if protocol in heard or not meant or not meant.isdisjoint(led):
        return []
    return [
        f"flow {flow}: makes no listener, and none leads to {served}; write to: {balancer}"
        for flow in topology.flows
        if flow.protocol == protocol
        and flow.target != balancer
        and _share(topology, flow.target, balancer)
        and not _share(topology, flow.target, served)  # that leads there without a balancer
    ]


def scattered(pool: Pool, declared: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Name a pool of databases that take turns though nothing keeps their rows the same.

    declared: the settings of pools. Who writes a pool's method there wants it to be chosen from.
    """
    serving = [member.name for member in pool.members if member.serves and not member.backup]
    if len(serving) < 2 or any(e["name"] == pool.name and "method" in e for e in declared):
        return []
    return [
        f"pool {pool.name}: {listing(serving)} would take turns, and nothing replicates between"
        " them, so that rows would scatter; leave one of them to serve, with peerlb_member"
        " {state: down} or {backup: true} for the others, or, if you replicate them yourself,"
        " write the pool's method in peerlb_pools"
    ]


def _share(topology: Topology, one: str, other: str) -> bool:
    """Tell whether two names have a host in common."""
    return not set(topology.members(one)).isdisjoint(topology.members(other))
