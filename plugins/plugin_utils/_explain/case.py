# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found on one way from a host to a port of another. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host
from .plan import back_name, own_name, siblings
from .questions import Question

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"

Found = t.Mapping[str, t.Any]
NOTHING: Found = {}


@dataclass(frozen=True)
class Hop:
    """One step of the way: ok, failed or unknown, what shows it, and what would be right."""

    hop: str
    state: str
    evidence: str
    remedy: str = ""


@dataclass(frozen=True)
class Case:
    """A question and all that hosts answered to it; what is empty was not asked or not answered.

    admitted: the flow or management by which it has to be open, in words; probe: from the source;
    own: from the target to itself; back: from the target to the source; door: what path_info found
    at the target; behind: the explanations of what it relays to.
    """

    topology: Topology
    asked: Question
    source: Host
    target: Host
    admitted: str
    probe: Found = field(default_factory=dict)
    own: Found = field(default_factory=dict)
    back: Found = field(default_factory=dict)
    door: Found = field(default_factory=dict)
    route: str = ""
    route_back: str = ""
    siblings: tuple[Found, ...] = ()
    behind: tuple[Found, ...] = ()

    @classmethod
    def of(
        cls,
        topology: Topology,
        asked: Question,
        evidence: t.Mapping[str, Found],
        behind: t.Iterable,
    ) -> Case:
        """Pick what belongs to a question from what each host answered, see explanations()."""
        source, target = topology.host(asked.source), topology.hosts[asked.target]
        here, there = evidence.get(source.name, NOTHING), evidence.get(target.name, NOTHING)
        sent = {probe["name"]: probe for probe in here.get("probes", ())}
        answered = {probe["name"]: probe for probe in there.get("probes", ())}
        others = [each["name"] for each in siblings(topology, asked)]
        return cls(
            *(topology, asked, source, target),
            _admitted(topology, source, target, asked.port),
            probe=sent.get(asked.name, NOTHING),
            own=answered.get(own_name(asked), NOTHING),
            back=answered.get(back_name(asked), NOTHING),
            door=there.get("doors", NOTHING).get(asked.name, NOTHING),
            route=here.get("routes", NOTHING).get(target.seen_from(source), ""),
            route_back=there.get("routes", NOTHING).get(source.address, ""),
            siblings=tuple(sent[name] for name in others if name in sent),
            behind=tuple(behind),
        )

    @property
    def forbidden(self) -> bool:
        """Whether it is open and has to be closed."""
        return self.connected and self.asked.expect == "closed"

    @property
    def connected(self) -> bool:
        return bool(self.probe.get("connected"))

    @property
    def state(self) -> str:
        return self.probe.get("state", "")

    @property
    def arrived(self) -> bool | None:
        """Whether the first packet reached the target; None where nothing tells.

        A quick refusal may have come and gone before anybody watched; what is dropped comes again.
        """
        seen = self.door.get("arrived")
        missed = seen is False and self.state != "timeout"
        return True if self.connected else None if missed else seen

    @property
    def verdict(self) -> str:
        """What the rules of the target's own firewall say, or "" where they are not known."""
        return (self.door.get("firewall") or {}).get("action", "")

    @property
    def hearing(self) -> list[Found]:
        """The sockets that listen on the very address."""
        return [each for each in self.door.get("sockets", ()) if each["hears"]]

    @property
    def place(self) -> str:
        return f"{self.target.address}:{self.asked.port}"

    @property
    def wanted(self) -> str:
        """What a firewall has to admit, in words."""
        origin = f"{self.source.address} ({self.source.name})" if self.source.address else "outside"
        target = f"{self.target.address} ({self.target.name})"
        return f"tcp:{self.asked.port} from {origin} to {target}, for {self.admitted}"

    @property
    def between(self) -> str:
        ends = (self.source.network or "outside", self.target.network or "outside")
        return f"within {ends[0]}" if ends[0] == ends[1] else f"from {ends[0]} to {ends[1]}"


def _admitted(topology: Topology, source: Host, target: Host, port: int) -> str:
    flow, entry = topology.admits(source, target, port), topology.managed(source, target, port)
    return f"flow {flow}" if flow else f"management {entry}" if entry else ""
