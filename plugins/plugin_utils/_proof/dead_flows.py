# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the flows that decide nothing. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow
from ...module_utils._values.addresses import IPv4Network
from ...module_utils._values.ranges import Span, covers, spans


class _Reach(t.NamedTuple):
    """What a flow can match: where its packets come from, and the addresses they go to."""

    origins: list[Span]
    targets: frozenset[str]

    def includes(self, other: _Reach) -> bool:
        return covers(self.origins, other.origins) and self.targets >= other.targets


def dead_flows(topology: Topology, used: t.Container[Flow] = ()) -> list[str]:
    """Name each flow that can never match, and why.

    Either no packet of it crosses a network, or another flow admits all that it would. Flows
    in used say more than what is admitted, such as where a pool leads: they stay.
    """
    reaches = _reaches(topology)
    by_port: dict[int, list[int]] = {}
    for number, flow in enumerate(topology.flows):
        by_port.setdefault(flow.port, []).append(number)
    problems = []
    for number, flow in enumerate(topology.flows):
        targets = reaches[number].targets
        if len(targets) == 1 and reaches[number].origins == _only(*targets):
            problems.append(f"flow {flow}: can never match: it leads from a host to itself")
        elif flow not in used:
            wider = _wider(number, reaches, by_port[flow.port])
            if wider is not None:
                text = f"{topology.flows[wider]} admits all of it; remove one"
                problems.append(f"flow {flow}: can never match: {text}")
    return problems


def _reaches(topology: Topology) -> list[_Reach]:
    """Return what each flow can match; flows with the same ends share what is in it."""
    sources = {flow.source for flow in topology.flows}
    origins = {source: topology.addresses(source) for source in sources}
    targets = {
        target: frozenset(host.address for host in topology.members(target))
        for target in {flow.target for flow in topology.flows}
    }
    return [_Reach(origins[flow.source], targets[flow.target]) for flow in topology.flows]


def _only(address: str) -> list[Span]:
    return spans([IPv4Network(address)])


def _wider(number: int, reaches: list[_Reach], others: list[int]) -> int | None:
    """Return a flow that admits all that this one does; of equal ones, the first stays."""
    own = reaches[number]
    for other in others:
        if other == number or not reaches[other].includes(own):
            continue
        if other < number or not own.includes(reaches[other]):
            return other
    return None
