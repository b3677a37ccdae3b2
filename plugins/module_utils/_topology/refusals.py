# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name the flows that can not be, and what would be right. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .values import ANY, Flow

if t.TYPE_CHECKING:
    from .model import Topology


def refusals(topology: Topology) -> list[str]:
    """Return what is wrong with flows, each of which makes sense by itself."""
    return _unaddressed(topology) + _unroutable(topology) + _contradictory(topology)


def _unaddressed(topology: Topology) -> list[str]:
    """Name the flows to what is nowhere."""
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
    """Name the flows between networks that no packet passes, and the relay that would help."""
    problems = []
    closed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for flow in topology.flows:
        ends = (flow.source, flow.target)
        if ends not in closed:
            closed[ends] = _closed_pairs(topology, *ends)
        if closed[ends]:
            text = _refusal(topology, flow, *closed[ends][0])
            others = len(closed[ends]) - 1
            more = f" (and {others} more of its pairs of networks)" if others else ""
            problems.append(f"flow {flow}: {text}{more}")
    return problems


def _closed_pairs(topology: Topology, source: str, target: str) -> list[tuple[str, str]]:
    origins = topology.networks_of(source)
    if source == ANY or ("/" in source and None in origins):
        return []  # whoever finds a way, as from outside
    return [
        (one, other)
        for one in origins
        for other in topology.networks_of(target)
        if one and other and not topology.routed(one, other)
    ]


def _refusal(topology: Topology, flow: Flow, one: str, other: str) -> str:
    text = f"{one} and {other} are not peered, and peering is not transitive; "
    relays = topology.relays(one, other)
    if not relays:
        return text + "no network is peered with both: peer them, or add a relay between them"
    declared = [
        f"{other.target}:{other.port}"
        for other in topology.flows
        if (other.source, other.protocol) == (flow.source, flow.protocol)
        and _within(topology, other.target, relays)
    ]
    groups = [f"{group}:{flow.port}" for group in _groups_within(topology, relays)]
    via = [*declared, *groups, "a host"][0]
    return text + f"go through {via} in {' or '.join(relays)}, which is peered with both"


def _within(topology: Topology, endpoint: str, networks: list[str]) -> bool:
    return set(topology.networks_of(endpoint)) <= set(networks)


def _groups_within(topology: Topology, networks: list[str]) -> list[str]:
    """Return the groups that lie in these networks altogether, those of flows first."""
    named = [name for flow in topology.flows for name in (flow.target, flow.source)]
    groups = {group: None for host in topology.hosts.values() for group in host.groups}
    ordered = [name for name in dict.fromkeys((*named, *groups)) if name in groups]
    return [name for name in ordered if _within(topology, name, networks)]


def _contradictory(topology: Topology) -> list[str]:
    """Name the flows that expect different protocols at one port of one host."""
    problems: dict[str, None] = {}
    for (host, port), flows in topology.flows_by_port.items():
        first, *others = (topology.flows[index] for index in sorted(flows.values()))
        for flow in others:
            if flow.protocol != first.protocol:
                place = f"{host}:{port} speaks one protocol"
                problems[f"flow {flow} contradicts {first}: {place}"] = None
    return list(problems)
