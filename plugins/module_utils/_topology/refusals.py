# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse flows that cannot work, and say what would. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .values import ANY, Flow

if t.TYPE_CHECKING:
    from .model import Topology


def refusals(topology: Topology) -> list[str]:
    """Return a problem for each flow that cannot work with these hosts, peerings and other flows.

    Each flow makes sense by itself; `sections.py` has refused all others.
    """
    return _unaddressed(topology) + _unroutable(topology) + _contradictory(topology)


def _unaddressed(topology: Topology) -> list[str]:
    """Name the flows whose target has no host, or has a host without an address."""
    problems = []
    for flow in topology.flows:
        targets = topology.members(flow.target)
        if not targets:
            problems.append(f"flow {flow}: no host of the inventory stands in {flow.target}")
        problems += [
            f"flow {flow}: host {host.name} has no IPv4 address; list one in peerlb_addresses"
            for host in targets
            if not host.address
        ]
    return problems


def _unroutable(topology: Topology) -> list[str]:
    """Name the flows between networks that are not peered, and the relay that would help."""
    problems = []
    closed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for flow in topology.flows:
        ends = (flow.source, flow.target)
        if ends not in closed:
            closed[ends] = _closed_pairs(topology, *ends)
        if closed[ends]:
            reason = _not_peered(topology, flow, *closed[ends][0])
            others = len(closed[ends]) - 1
            more = f" (and {others} more of its pairs of networks)" if others else ""
            problems.append(f"flow {flow}: {reason}{more}")
    return problems


def _closed_pairs(topology: Topology, source: str, target: str) -> list[tuple[str, str]]:
    """Return the pairs of source's and target's networks that no packet passes between."""
    origins = topology.networks_of(source)
    if source == ANY or ("/" in source and None in origins):
        return []  # Its hosts outside of every network need no peering.
    return [
        (one, other)
        for one in origins
        for other in topology.networks_of(target)
        if one and other and not topology.routed(one, other)
    ]


def _not_peered(topology: Topology, flow: Flow, one: str, other: str) -> str:
    """Return that two networks are not peered, and through which relay the flow could go."""
    reason = f"{one} and {other} are not peered, and peering is not transitive; "
    networks = topology.relays(one, other)
    if not networks:
        return reason + "no network is peered with both: peer them, or add a relay between them"
    declared = [
        f"{each.target}:{each.port}"
        for each in topology.flows
        if (each.source, each.protocol) == (flow.source, flow.protocol)
        and _lies_within(topology, each.target, networks)
    ]
    groups = [f"{group}:{flow.port}" for group in _groups_within(topology, networks)]
    relay = [*declared, *groups, "a host"][0]
    return reason + f"go through {relay} in {' or '.join(networks)}, which is peered with both"


def _lies_within(topology: Topology, endpoint: str, networks: list[str]) -> bool:
    return set(topology.networks_of(endpoint)) <= set(networks)


def _groups_within(topology: Topology, networks: list[str]) -> list[str]:
    """Return the groups all of whose hosts lie in these networks; first those that flows name."""
    named = [name for flow in topology.flows for name in (flow.target, flow.source)]
    groups = {group: None for host in topology.hosts.values() for group in host.groups}
    ordered = [name for name in dict.fromkeys((*named, *groups)) if name in groups]
    return [name for name in ordered if _lies_within(topology, name, networks)]


def _contradictory(topology: Topology) -> list[str]:
    """Name the flows that have different protocols and lead to the same port of a host."""
    problems: dict[str, None] = {}  # as a set that keeps its order: hosts repeat a problem
    for (host, port), flows in topology.flows_by_port.items():
        first, *others = (topology.flows[index] for index in sorted(flows.values()))
        for flow in others:
            if flow.protocol != first.protocol:
                place = f"{host}:{port} speaks one protocol"
                problems[f"flow {flow} contradicts {first}: {place}"] = None
    return list(problems)
