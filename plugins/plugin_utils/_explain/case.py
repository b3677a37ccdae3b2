# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A question with all the answers to it, from both ends of the connection."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host
from .plan import neighbours, return_probe_name, self_probe_name
from .questions import Question

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"

Record = t.Mapping[str, t.Any]  # plain data, as a module returned it
Answers = t.Mapping[str, Record]  # by host
EMPTY: Record = {}


@dataclass(frozen=True)
class Hop:
    """One step of a connection. state: OK, FAILED or UNKNOWN; remedy: what would be right."""

    hop: str
    state: str
    evidence: str
    remedy: str = ""


@dataclass(frozen=True)
class Case:
    """A question and the answers to it. An answer is empty if nobody was asked, or nobody answered.

    admitted_by: the flow or management that admits the connection, in words. probe: the result from
    the source; self_probe: from the target to its own port; return_probe: from the target back to
    the source; neighbours: from the source to other ports in the target's network. port_info: what
    path_info found at the target's port. route, return_route: the kernel's routes of both ends.
    behind: the explanations of the connections that the target opens for this one.
    """

    topology: Topology
    question: Question
    source: Host
    target: Host
    admitted_by: str
    probe: Record = field(default_factory=dict)
    self_probe: Record = field(default_factory=dict)
    return_probe: Record = field(default_factory=dict)
    port_info: Record = field(default_factory=dict)
    route: str = ""
    return_route: str = ""
    neighbours: tuple[Record, ...] = ()
    behind: tuple[Record, ...] = ()

    @classmethod
    def of(
        cls, topology: Topology, question: Question, answers: Answers, behind: t.Iterable[Record]
    ) -> Case:
        """Return the case of a question; answers are those of `explanations` in explain.py."""
        source, target = topology.host(question.source), topology.hosts[question.target]
        here, there = answers.get(source.name, EMPTY), answers.get(target.name, EMPTY)
        from_source = {probe["name"]: probe for probe in here.get("probes", ())}
        from_target = {probe["name"]: probe for probe in there.get("probes", ())}
        names = [probe["name"] for probe in neighbours(topology, question)]
        return cls(
            *(topology, question, source, target),
            _admitted_by(topology, source, target, question.port),
            probe=from_source.get(question.name, EMPTY),
            self_probe=from_target.get(self_probe_name(question), EMPTY),
            return_probe=from_target.get(return_probe_name(question), EMPTY),
            port_info=there.get("doors", EMPTY).get(question.name, EMPTY),
            route=here.get("routes", EMPTY).get(target.seen_from(source), ""),
            return_route=there.get("routes", EMPTY).get(source.address, ""),
            neighbours=tuple(from_source[name] for name in names if name in from_source),
            behind=tuple(behind),
        )

    @property
    def connected(self) -> bool:
        """Whether the probe's TCP connection came up."""
        return bool(self.probe.get("connected"))

    @property
    def wrongly_open(self) -> bool:
        """Whether the port is open to the source and has to be closed."""
        return self.connected and self.question.expect == "closed"

    @property
    def probe_state(self) -> str:
        """What the probe found: "open", "refused", "timeout", "no_route", …; "" without a probe."""
        return self.probe.get("state", "")

    @property
    def arrived(self) -> bool | None:
        """Whether the connection's first packet reached the target; None if nobody can tell.

        A packet that was refused at once may have come before the target began to watch. A packet
        that is dropped is sent again, so the target sees it.
        """
        if self.connected:
            return True
        seen = self.port_info.get("arrived")
        may_be_missed = seen is False and self.probe_state != "timeout"
        return None if may_be_missed else seen

    @property
    def firewall_action(self) -> str:
        """What the target's own firewall does: accept, drop or reject; "" if it is not known."""
        return (self.port_info.get("firewall") or {}).get("action", "")

    @property
    def listening(self) -> list[Record]:
        """The target's sockets that accept connections to the probed address and port."""
        return [socket for socket in self.port_info.get("sockets", ()) if socket["hears"]]

    @property
    def socket_address(self) -> str:
        """The address and port of the target: "10.2.0.2:3306"."""
        return f"{self.target.address}:{self.question.port}"

    @property
    def to_admit(self) -> str:
        """What a firewall has to admit: "tcp:80 from outside to 10.0.0.2 (lb1), for flow …"."""
        origin = f"{self.source.address} ({self.source.name})" if self.source.address else "outside"
        target = f"{self.target.address} ({self.target.name})"
        return f"tcp:{self.question.port} from {origin} to {target}, for {self.admitted_by}"

    @property
    def between(self) -> str:
        """The networks of both ends: "within vpc-web", or "from outside to vpc-lb"."""
        ends = (self.source.network or "outside", self.target.network or "outside")
        return f"within {ends[0]}" if ends[0] == ends[1] else f"from {ends[0]} to {ends[1]}"


def _admitted_by(topology: Topology, source: Host, target: Host, port: int) -> str:
    flow, entry = topology.admits(source, target, port), topology.managed(source, target, port)
    return f"flow {flow}" if flow else f"management {entry}" if entry else ""
