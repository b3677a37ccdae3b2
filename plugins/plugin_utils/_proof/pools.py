# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find listeners that are missing, and pools that would scatter rows over databases."""

from __future__ import annotations

import typing as t

from ...module_utils._nginx.pool import Pool
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow
from ...module_utils._values.entries import listing
from .._derive.pools import listener_flows, pool_flows


def flows_without_listener(
    topology: Topology, balancer: str, protocol: str, served: str, used_pools: t.Collection[str]
) -> list[str]:
    """Return a problem for each flow that was meant to make a listener but makes none.

    Only a flow to the group of the load balancers makes a listener. A flow with this protocol to a
    host or a network of theirs is taken for a mistake if the load balancers have a pool of the
    served group, no listener leads to such a pool (used_pools: the pools that listeners lead to),
    and no listener has the protocol. Otherwise the flow is for something else, such as an exporter.
    """
    protocols = {_kind(flow) for flow in listener_flows(topology, balancer).values()}
    serving = {
        name
        for name, flow in pool_flows(topology, balancer).items()
        if _kind(flow) == protocol and _share_a_host(topology, flow.target, served)
    }
    if protocol in protocols or not serving or not serving.isdisjoint(used_pools):
        return []
    return [
        f"flow {flow}: makes no listener, and none leads to {served}; write to: {balancer}"
        for flow in topology.flows
        if _kind(flow) == protocol
        and flow.target != balancer
        and _share_a_host(topology, flow.target, balancer)
        # A flow to a host that is both leads to the served group without a load balancer.
        and not _share_a_host(topology, flow.target, served)
    ]


def _kind(flow: Flow) -> str:
    """Return the protocol of a flow, with TLS or without: a listener of https leads to http."""
    return "http" if flow.protocol == "https" else flow.protocol


def unreplicated_members(pool: Pool, pool_settings: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return a problem if several databases of a pool take turns though nothing replicates them.

    People who write the pool's method in pool_settings replicate the databases themselves, and so
    do those whose health check asks which of them takes writes.
    """
    serving = [member.name for member in pool.members if member.serves and not member.backup]
    chosen = any(entry["name"] == pool.name and "method" in entry for entry in pool_settings)
    if len(serving) < 2 or chosen or pool.health.writes:
        return []
    return [
        f"pool {pool.name}: {listing(serving)} would take turns, and nothing replicates between"
        " them, so that data would scatter; leave one of them to serve, with peerlb_member"
        " {state: down} or {backup: true} for the others, or, if you replicate them yourself,"
        " write the pool's method in peerlb_pools"
    ]


def judged_members(pool: Pool) -> list[str]:
    """Return the members of an http pool that one client's requests can take out for all."""
    return [member.name for member in pool.members if member.max_fails]


def _share_a_host(topology: Topology, one: str, other: str) -> bool:
    return not set(topology.members(one)).isdisjoint(topology.members(other))
