# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which connections to explain, as people or failed probes name them."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from ...module_utils._nginx.checks import PoolError
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, CLIENTS, Host, TopologyError
from ...module_utils._values.entries import is_list, listing, suggestion
from .._derive.flows import undecided_by
from .._derive.pools import listeners, pool_flows
from .._derive.probe_name import ProbeName

CONTROLLER = "localhost"
NOTHING_NAMED = "explain: name a way, as in -e 'explain=web1->lb1:3306'"


@dataclass(frozen=True)
class Question:
    """A connection to explain, from a host to a port of another.

    name: as ProbeName writes it; expect: open, closed, or "" if the declaration does not decide;
    behind: the names of the connections that the target, a load balancer, opens for this one.
    """

    name: str
    source: str
    target: str
    port: int
    protocol: str
    expect: str
    behind: tuple[str, ...] = ()

    @classmethod
    def of(cls, topology: Topology, source: Host, target: Host, port: int) -> Question:
        """Return the question about a connection, without what is behind it."""
        if topology.admits(source, target, port) or topology.managed(source, target, port):
            expect = "open"
        else:
            expect = "" if undecided_by(topology, source, target, port) else "closed"
        name = str(ProbeName(source.name, target.name, port))
        protocol = topology.protocol(target.name, port)
        return cls(name, source.name, target.name, port, protocol, expect)


def questions(
    topology: Topology,
    texts: t.Any,
    balancer: str,
    listener_settings: t.Any = (),
    required: bool = True,
) -> list[Question]:
    """Return the questions in texts, and those about what is behind each load balancer.

    "web1 -> lb1:3306" gives the questions "web1 -> lb1:3306" and "lb1 -> db1:3306".
    listener_settings: as for `listeners` in `_derive/pools.py`. Raises a TopologyError that names
    every text at fault; no text is one only if required.
    """
    by_name: dict[str, Question] = {}
    problems = [] if texts or not required else [NOTHING_NAMED]
    for text in texts if is_list(texts) else [texts]:
        try:
            question = Question.of(topology, *read_ends(topology, str(text)))
        except TopologyError as exc:
            problems += exc.problems
            continue
        behind = _behind(topology, question, balancer, listener_settings)
        names = tuple(each.name for each in behind)
        by_name[question.name] = Question(**{**asdict(question), "behind": names})
        for each in behind:
            by_name.setdefault(each.name, each)
    if problems:
        raise TopologyError(problems)
    return list(by_name.values())


def read_ends(topology: Topology, text: str) -> tuple[Host, Host, int]:
    """Return the source, the target and the port of a text such as "web1 -> lb1:3306".

    A group or a network stands for its first host; as a target it never stands for the source.
    `any` stands for the first client, or for the controller if there is none. Raises a
    TopologyError.
    """
    try:
        name = ProbeName.parse(text)
    except ValueError as exc:
        raise TopologyError([f"explain: {exc}"]) from exc
    source = _source(topology, name.source)
    targets = [host for host in _hosts(topology, name.target) if host != source]
    if not targets:
        raise TopologyError([f"explain: {text!r} leads from a host to itself"])
    return source, targets[0], name.port


def _source(topology: Topology, name: str) -> Host:
    if name == ANY:
        return next(iter(topology.members(CLIENTS)), topology.host(CONTROLLER))
    return topology.host(name) if name == CONTROLLER else _hosts(topology, name)[0]


def _hosts(topology: Topology, name: str) -> list[Host]:
    """Return the hosts that a name means; raise a TopologyError if it means none."""
    try:
        hosts = topology.members(name)
    except ValueError:  # a slash makes it a range, but it is not written as one
        hosts = []
    if not hosts:
        groups = {group for host in topology.hosts.values() for group in host.groups}
        hint = suggestion(name, [*topology.hosts, *sorted(groups), *topology.networks])
        raise TopologyError([f"explain: no host, group or network is named {name}; {hint}"])
    return hosts


def _behind(
    topology: Topology, question: Question, balancer: str, listener_settings: t.Any
) -> list[Question]:
    """Return the questions from a load balancer to each member of the pool behind its port."""
    relay = topology.hosts[question.target]
    if question.expect != "open" or relay not in topology.members(balancer):
        return []
    try:
        every = listeners(topology, balancer, listener_settings)
    except PoolError:  # the proof of the declaration names the error
        return []
    pool = next((each["pool"] for each in every if each["port"] == question.port), "")
    flow = pool_flows(topology, balancer).get(pool)
    members = topology.members(flow.target) if flow else []
    return [Question.of(topology, relay, member, flow.port) for member in members if flow]


def failed_names(results: t.Iterable[t.Mapping[str, t.Any]], limit: int) -> tuple[list[str], str]:
    """Return the names of probes that are not as expected, up to a limit, and a note on the rest.

    The note is "" if the limit leaves none out.
    """
    names = [result["name"] for result in results if not result["ok"]]
    rest = names[limit:]
    return names[:limit], f"not explained, as there are too many: {listing(rest)}" if rest else ""
