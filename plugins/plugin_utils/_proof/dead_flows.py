# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the flows that can never match."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow
from ...module_utils._values.addresses import IPv4Network
from ...module_utils._values.ranges import Span, covers, spans


class _Reach(t.NamedTuple):
    """Which packets a flow can match: the spans of their sources, and their target addresses."""

    sources: list[Span]
    targets: frozenset[str]

    def includes(self, other: _Reach) -> bool:
        return covers(self.sources, other.sources) and self.targets >= other.targets


def dead_flows(topology: Topology, used: t.Container[Flow] = ()) -> list[str]:
    """Return a problem for each flow that can never match.

    Such a flow leads from a host to itself, or another flow admits all that it does. Flows in used
    are never refused for the second reason: they also say where something leads, such as a pool.
    """
    reaches = _reaches(topology)
    by_port: dict[int, list[int]] = {}
    for number, flow in enumerate(topology.flows):
        by_port.setdefault(flow.port, []).append(number)
    problems = []
    for number, flow in enumerate(topology.flows):
        targets = reaches[number].targets
        if len(targets) == 1 and reaches[number].sources == spans(map(IPv4Network, targets)):
            problems.append(f"flow {flow}: can never match: it leads from a host to itself")
        elif flow not in used:
            wider = _wider(number, reaches, by_port[flow.port])
            if wider is not None:
                text = f"{topology.flows[wider]} admits all of it; remove one"
                problems.append(f"flow {flow}: can never match: {text}")
    return problems


def _reaches(topology: Topology) -> list[_Reach]:
    """Return what each flow can match, by the flow's number.

    Sources and targets are looked up once for all flows that name them.
    """
    sources = {flow.source for flow in topology.flows}
    spans_of = {source: topology.addresses(source) for source in sources}
    addresses_of = {
        target: frozenset(host.address for host in topology.members(target))
        for target in {flow.target for flow in topology.flows}
    }
    return [_Reach(spans_of[flow.source], addresses_of[flow.target]) for flow in topology.flows]


def _wider(number: int, reaches: list[_Reach], others: list[int]) -> int | None:
    """Return the number of another flow that admits all that this one does, or None.

    Of two flows that admit the same, the first is the one that stays.
    """
    own = reaches[number]
    for other in others:
        if other == number or not reaches[other].includes(own):
            continue
        if other < number or not own.includes(reaches[other]):
            return other
    return None
