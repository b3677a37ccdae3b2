# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to ask of which host to explain a way. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host
from .._derive.flows import probe_targets
from .._derive.probe_name import ProbeName
from .questions import Question

Registered = t.Mapping[str, t.Any]  # the result of a task

UNUSED_PORT = 9  # "discard": to see whether there is a way, whoever listens
SIBLINGS = 8  # other flows of the same way, as a hint whether it is open at all


@dataclass
class Asked:
    """What is asked of one host, as its modules take it."""

    probes: dict[str, dict[str, t.Any]]
    routes: dict[str, None]
    doors: dict[str, dict[str, t.Any]]


def plan(topology: Topology, asked: t.Iterable[Question]) -> dict[str, dict[str, t.Any]]:
    """Return by host what to ask of it: probes, routes and doors, these with their names."""
    found: dict[str, Asked] = {}
    for each in asked:
        source, target = topology.host(each.source), topology.hosts[each.target]
        own = found.setdefault(source.name, Asked({}, {}, {}))
        _ask_source(topology, own, each, source, target)
        # What may be closed needs nothing at the target, whatever it is.
        if each.expect == "open":
            own = found.setdefault(target.name, Asked({}, {}, {}))
            _ask_target(own, each, source, target)
    return {
        name: {
            "probes": list(own.probes.values()),
            "routes": list(own.routes),
            "doors": list(own.doors.values()),
            "door_names": list(own.doors),
        }
        for name, own in found.items()
    }


def evidence(
    probes: Registered | None, path: Registered | None, seen: Registered | None
) -> dict[str, t.Any]:
    """Return what a host answered to its part of the plan; what it did not answer is empty.

    probes: what the task that probes registered; path: what path_info returned at once, or the
    job in which it goes on watching; seen: what that job returned in the end.
    """
    looked = seen if seen and "doors" in seen else path or {}
    return {
        "probes": (probes or {}).get("results") or [],
        "routes": looked.get("routes") or {},
        "doors": looked.get("doors") or [],
    }


def _ask_source(
    topology: Topology, own: Asked, asked: Question, source: Host, target: Host
) -> None:
    place = target.seen_from(source)
    door = {"address": place, "port": asked.port, "protocol": asked.protocol}
    # Where nothing is decided, what the probe finds counts, and not what it expects.
    own.probes[asked.name] = {"name": asked.name, **door, "expect": asked.expect or "open"}
    own.routes[place] = None
    for probe in siblings(topology, asked):
        own.probes.setdefault(probe["name"], probe)


def _ask_target(own: Asked, asked: Question, source: Host, target: Host) -> None:
    """Ask the target for its own view: does it answer itself, is there a way back?"""
    door = {"address": target.address, "port": asked.port}
    # Who comes from outside may bear another address on the way.
    known = source.address if source.network else ""
    own.doors[asked.name] = {"source": known, **door}
    name = own_name(asked)
    own.probes[name] = {"name": name, **door, "protocol": asked.protocol, "expect": "open"}
    if known:
        name = back_name(asked)
        back = {"address": source.address, "port": UNUSED_PORT, "protocol": "tcp"}
        own.probes[name] = {"name": name, **back, "expect": "closed"}
        own.routes[source.address] = None


def own_name(asked: Question) -> str:
    return str(ProbeName(asked.target, asked.target, asked.port))


def back_name(asked: Question) -> str:
    return str(ProbeName(asked.target, asked.source, UNUSED_PORT))


def siblings(topology: Topology, asked: Question) -> list[dict[str, t.Any]]:
    """Return probes of other flows from the source to the network of the target."""
    source, target = topology.host(asked.source), topology.hosts[asked.target]
    near = {each.name for each in topology.hosts.values() if each.network == target.network}
    found = [
        probe
        for probe in probe_targets(topology, source)
        if probe["expect"] == "open"
        and probe["name"] != asked.name
        and ProbeName.parse(probe["name"]).target in near
    ]
    return found[:SIBLINGS]
