# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan what to ask of which host to explain connections, and read what the tasks answered."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._topology.hosts import HostVars
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host
from .._derive.application import Requests, requests_of
from .._derive.flows import probe_targets
from .._derive.probe_name import ProbeName
from .questions import Question

Registered = t.Mapping[str, t.Any]  # the result of a task
Probe = dict[str, t.Any]  # a target as the module reachability takes it

# The port "discard", on which hardly any host listens. Any answer of the host, even a refusal,
# shows that there is a way to it.
UNUSED_PORT = 9
MAX_NEIGHBOURS = 8  # probes of other flows; a few tell whether the way is open at all


@dataclass
class HostTasks:
    """What to ask of one host: probes and doors by their names, and the addresses of routes.

    A door is a connection to this host that the module path_info looks at.
    """

    probes: dict[str, Probe] = field(default_factory=dict)
    routes: dict[str, None] = field(default_factory=dict)  # in order, each once
    doors: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def params(self) -> dict[str, t.Any]:
        """Return the options for the modules, and the names of the doors in their order."""
        return {
            "probes": list(self.probes.values()),
            "routes": list(self.routes),
            "doors": list(self.doors.values()),
            "door_names": list(self.doors),
        }


def plan(
    topology: Topology,
    questions: t.Iterable[Question],
    variables: HostVars | None = None,
    refused: t.Iterable[Question] = (),
) -> dict[str, dict[str, t.Any]]:
    """Return what to ask of each host, as `HostTasks.params`.

    {"lb1": {"probes": [...], "routes": ["10.2.0.2"], "doors": [], "door_names": []}, "db1": ...}
    variables: by host, what they say of how the application is asked. refused: connections of which
    only the target's rules are of interest, while the source probes once more.
    """
    requests = requests_of(topology, variables or {})
    by_host: dict[str, HostTasks] = {}
    for question in questions:
        source, target = topology.host(question.source), topology.hosts[question.target]
        _ask_source(by_host.setdefault(source.name, HostTasks()), topology, question, requests)
        # A port that may be closed needs nothing at the target.
        if question.expect == "open":
            tasks = by_host.setdefault(target.name, HostTasks())
            _ask_target(tasks, question, source, target, requests)
    for question in refused:
        source, target = topology.host(question.source), topology.hosts[question.target]
        tasks = by_host.setdefault(source.name, HostTasks())
        tasks.probes.setdefault(question.name, _probe(question, source, target, requests))
        _look_at(by_host.setdefault(target.name, HostTasks()), question, source, target)
    return {name: tasks.params() for name, tasks in by_host.items()}


def host_answers(
    probes: Registered | None, path: Registered | None, watched: Registered | None
) -> dict[str, t.Any]:
    """Return what a host answered: {"probes": [...], "routes": {...}, "doors": [...]}.

    probes: what the task with the probes registered; path: what path_info returned at once, or the
    job in which it goes on watching; watched: what that job returned. What a host did not answer is
    empty.
    """
    path_info = watched if watched and "doors" in watched else path or {}
    return {
        "probes": (probes or {}).get("results") or [],
        "routes": path_info.get("routes") or {},
        "doors": path_info.get("doors") or [],
    }


def with_door_names(
    by_host: t.Mapping[str, t.Mapping[str, t.Any]], answers: t.Mapping[str, t.Mapping[str, t.Any]]
) -> dict[str, dict[str, t.Any]]:
    """Return the answers of hosts with each door under the name of its question.

    by_host: what `plan` returned. The doors are in the order of the plan before.
    """
    named = {}
    for host, own in answers.items():
        doors = zip(by_host[host]["door_names"], own.get("doors", ()))
        named[host] = {**own, "doors": dict(doors)}
    return named


def _ask_source(
    tasks: HostTasks, topology: Topology, question: Question, requests: Requests
) -> None:
    """Ask the source for the probe, the route, and probes of other flows on the same way."""
    source, target = topology.host(question.source), topology.hosts[question.target]
    tasks.probes[question.name] = _probe(question, source, target, requests)
    tasks.routes[target.seen_from(source)] = None
    for probe in neighbours(topology, question, requests):
        tasks.probes.setdefault(probe["name"], probe)


def _probe(question: Question, source: Host, target: Host, requests: Requests) -> Probe:
    """Return the probe of a connection."""
    return {
        "name": question.name,
        "address": target.seen_from(source),
        "port": question.port,
        "protocol": question.protocol,
        # If the declaration does not decide, the probe's state counts, and not whether it is ok.
        "expect": question.expect or "open",
        **requests.get((question.target, question.port), {}),
    }


def _look_at(tasks: HostTasks, question: Question, source: Host, target: Host) -> None:
    """Ask the target to look at the connection."""
    # A source outside of every network may have another address once its packets arrive.
    known_address = source.address if source.network else ""
    port = {"address": target.address, "port": question.port}
    tasks.doors[question.name] = {"source": known_address, **port}


def _ask_target(
    tasks: HostTasks, question: Question, source: Host, target: Host, requests: Requests
) -> None:
    """Ask the target to look at the connection, to probe itself, and to probe the way back."""
    _look_at(tasks, question, source, target)
    port = {"address": target.address, "port": question.port}
    name = self_probe_name(question)
    tasks.probes[name] = {
        **{"name": name, **port, "protocol": question.protocol, "expect": "open"},
        **requests.get((question.target, question.port), {}),
    }
    if source.network and source.address:
        name = return_probe_name(question)
        back = {"address": source.address, "port": UNUSED_PORT, "protocol": "tcp"}
        tasks.probes[name] = {"name": name, **back, "expect": "closed"}
        tasks.routes[source.address] = None


def self_probe_name(question: Question) -> str:
    """Return the name of the probe from the target to its own port: "db1 -> db1:3306"."""
    return str(ProbeName(question.target, question.target, question.port))


def return_probe_name(question: Question) -> str:
    """Return the name of the probe from the target back to the source: "db1 -> lb1:9"."""
    return str(ProbeName(question.target, question.source, UNUSED_PORT))


def neighbours(
    topology: Topology, question: Question, requests: Requests | None = None
) -> list[Probe]:
    """Return probes of other flows from the source to the network of the target.

    If one of these works, the way between the networks is open, so a single rule is at fault.
    """
    source, target = topology.host(question.source), topology.hosts[question.target]
    near = {host.name for host in topology.hosts.values() if host.network == target.network}
    probes = [
        probe
        for probe in probe_targets(topology, source, requests)
        if probe["expect"] == "open"
        and probe["name"] != question.name
        and ProbeName.parse(probe["name"]).target in near
    ]
    return probes[:MAX_NEIGHBOURS]
