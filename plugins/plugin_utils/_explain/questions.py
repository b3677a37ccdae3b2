# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ways to explain, as people or failed probes name them. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from ...module_utils._nginx.checks import PoolError
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, CLIENTS, Host, TopologyError
from ...module_utils._values.entries import is_list, listing, suggestion
from .._derive.flows import doubts
from .._derive.pools import listeners, outward
from .._derive.probe_name import ProbeName

CONTROLLER = "localhost"


@dataclass(frozen=True)
class Question:
    """One way to explain, from a host to a port of another; behind: the ways that it relays to.

    expect: open, closed, or "" where the declaration does not decide.
    """

    name: str
    source: str
    target: str
    port: int
    protocol: str
    expect: str
    behind: tuple[str, ...] = ()


def read(topology: Topology, text: str) -> tuple[Host, Host, int]:
    """Read "web1 -> lb1:3306"; a group or network stands for its first host."""
    try:
        name = ProbeName.parse(text)
    except ValueError as exc:
        raise TopologyError([f"explain: {exc}"]) from exc
    source = _first(topology, name.source)
    targets = [host for host in _named(topology, name.target) if host != source]
    if not targets:
        raise TopologyError([f"explain: {text!r} leads from a host to itself"])
    return source, targets[0], name.port


def _first(topology: Topology, name: str) -> Host:
    if name == ANY:
        return next(iter(topology.members(CLIENTS)), topology.host(CONTROLLER))
    return topology.host(name) if name == CONTROLLER else _named(topology, name)[0]


def _named(topology: Topology, name: str) -> list[Host]:
    try:
        found = topology.members(name)
    except ValueError:  # a range that is none
        found = []
    if not found:
        groups = {group for host in topology.hosts.values() for group in host.groups}
        known = [*topology.hosts, *sorted(groups), *topology.networks]
        hint = suggestion(name, known)
        raise TopologyError([f"explain: no host, group or network is named {name}; {hint}"])
    return found


def question(topology: Topology, source: Host, target: Host, port: int) -> Question:
    admitted = topology.admits(source, target, port) or topology.managed(source, target, port)
    expect = "open" if admitted else "" if doubts(topology, source, target, port) else "closed"
    name = str(ProbeName(source.name, target.name, port))
    protocol = topology.protocol(target.name, port)
    return Question(name, source.name, target.name, port, protocol, expect)


def questions(
    topology: Topology, texts: t.Any, balancer: str, declared: t.Any = ()
) -> list[Question]:
    """Return what to explain, and the ways behind each load balancer on it.

    declared holds settings of listeners, as for listeners().
    """
    found: dict[str, Question] = {}
    problems = [] if texts else ["explain: name a way, as in -e 'explain=web1->lb1:3306'"]
    for text in texts if is_list(texts) else [texts]:
        try:
            asked = question(topology, *read(topology, str(text)))
        except TopologyError as exc:
            problems += exc.problems
            continue
        relayed = _behind(topology, asked, balancer, declared) if asked.expect == "open" else []
        own = {**asdict(asked), "behind": tuple(each.name for each in relayed)}
        found[asked.name] = Question(**own)
        for each in relayed:
            found.setdefault(each.name, each)
    if problems:
        raise TopologyError(problems)
    return list(found.values())


def _behind(topology: Topology, asked: Question, balancer: str, declared: t.Any) -> list[Question]:
    relay = topology.hosts[asked.target]
    if relay not in topology.members(balancer):
        return []
    try:
        heard = {each["port"]: each["pool"] for each in listeners(topology, balancer, declared)}
    except PoolError:  # the check of the declaration names it
        return []
    flow = outward(topology, balancer).get(heard.get(asked.port, ""))
    members = topology.members(flow.target) if flow else []
    return [question(topology, relay, each, flow.port) for each in members if flow]


def failing(results: t.Iterable[t.Mapping[str, t.Any]], limit: int) -> tuple[list[str], str]:
    """Return the names of the probes that are not as expected, and what is left out."""
    names = [result["name"] for result in results if not result["ok"]]
    rest = names[limit:]
    return names[:limit], f"not explained, as there are too many: {listing(rest)}" if rest else ""
