# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the hops outside of the target: declaration, route, network, the way back. No I/O."""

from __future__ import annotations

from ...module_utils._values.entries import listing
from .._derive.flows import doubts
from .case import FAILED, OK, UNKNOWN, Case, Hop

FORBIDDEN = "Operation not permitted"  # what connect() says where the source's own rules drop


def declared(case: Case) -> Hop:
    if case.admitted:
        return Hop("declared", OK, f"{case.admitted} admits it, {case.between}")
    if not case.asked.expect:
        return Hop("declared", UNKNOWN, _undecided(case))
    evidence = f"no flow admits {case.source.name} to {case.target.name}:{case.asked.port}"
    one, other = case.source.network, case.target.network
    if not case.topology.routed(one, other):
        evidence += f"; {one} and {other} are not peered, and peering is not transitive"
    if case.connected:
        return Hop("declared", OK, f"{evidence}: it has to be closed")
    closed = f"; it is closed ({case.state}), as it has to be" if case.state else ""
    return Hop("declared", FAILED, evidence + closed, _way_round(case))


def _undecided(case: Case) -> str:
    ranges = doubts(case.topology, case.source, case.target, case.asked.port)
    return (
        f"{case.source.name}'s address is not known, and {case.target.name}:{case.asked.port} is"
        f" open to {listing(ranges)}"
    )


def _way_round(case: Case) -> str:
    """Name the declared ways to the same protocol through a network that both can reach."""
    topology, source, target = case.topology, case.source, case.target
    if source.network and target.network and not topology.routed(source.network, target.network):
        relays = topology.relays(source.network, target.network)
        doors = [
            f"{flow.target}:{flow.port}"
            for flow in topology.flows
            if flow.protocol == case.asked.protocol
            and set(topology.networks_of(flow.target)) <= set(relays)
            and any(
                topology.admits(source, host, flow.port) for host in topology.members(flow.target)
            )
        ]
        if doors:
            return f"go through {doors[0]}, which is peered with both"
        through = (
            f"declare a flow through a host in {' or '.join(relays)}" if relays else "peer them"
        )
        return f"{through} if {case.asked.name} is wanted"
    return f"declare it in topology.flows if {case.asked.name} is wanted"


def route(case: Case) -> Hop:
    own = case.route or "not known"
    if case.forbidden:
        one, other = case.source.network, case.target.network
        if not case.topology.routed(one, other):
            evidence = f"packets pass {case.between}, though these are not peered"
            return Hop("route", FAILED, evidence, "remove the peering or route, or declare it")
    if case.arrived or case.state != "no_route" or case.verdict == "reject":
        return Hop("route", OK if case.route else UNKNOWN, f"{case.source.name}: {own}")
    told = f"{case.source.name} is told {case.probe['detail']!r}"
    if FORBIDDEN in case.probe["detail"]:
        remedy = f"let {case.source.name}'s own firewall send tcp:{case.asked.port} to {case.place}"
        return Hop("route", FAILED, f"{told} by itself; {own}", remedy)
    return Hop("route", FAILED, f"{told}: no way {case.between}; {own}", _peering(case))


def _peering(case: Case) -> str:
    one, other = case.source.network, case.target.network
    if one and other and one != other:
        return f"the peering of {one} and {other} has to be active on both sides"
    ends = f"from {case.source.name} to {case.target.address}"
    return f"routes have to lead {ends} and back{_elsewhere(case)}"


def _elsewhere(case: Case) -> str:
    """Say what else may be wrong where somebody outside asks at an address inside a network."""
    if case.source.network or case.target.public:
        return ""
    name = case.target.name
    return f"; or else name where clients find {name}, in its peerlb_public_address"


def network(case: Case) -> Hop:
    """Judge what lies between the hosts: does its firewall let the first packet through?"""
    if case.forbidden:
        evidence = f"a firewall rule lets {case.source.name} through, though no flow admits it"
        return Hop("rule", FAILED, evidence, _narrower(case))
    if case.arrived:
        return Hop("rule", OK, f"{case.source.name}'s packets reach {case.target.name}")
    if case.state == "refused" and case.arrived is None:
        return Hop("rule", OK, f"{case.source.name} gets an answer")
    if not case.state or case.state == "no_route":
        return Hop("rule", UNKNOWN, "no packet came so far that it could be judged")
    if case.arrived is None and (case.verdict in ("drop", "reject") or not case.own.get("ok")):
        return Hop("rule", UNKNOWN, f"nobody saw whether packets reach {case.target.name}")
    seen = "no packet reaches" if case.arrived is False else "all is well at"
    through = [probe["name"] for probe in case.siblings if probe["ok"]]
    hint, remedy = "", f"a firewall rule has to admit {case.wanted}"
    if through:
        hint = f"; others get through: {listing(through)}"
    elif case.source.network != case.target.network:
        remedy += f"; or else {_peering(case)}" if case.source.network else _elsewhere(case)
    evidence = f"{seen} {case.target.name}, {case.source.name} finds {case.state}"
    return Hop("rule", FAILED, evidence + hint, remedy)


def _narrower(case: Case) -> str:
    topology, port = case.topology, case.asked.port
    flows = topology.flows_by_port.get((case.target.name, port), {})
    managers = [f"management {entry}" for entry in topology.management if entry.port == port]
    admitted = [*flows, *managers]
    return (
        f"the rules for tcp:{port} to {case.target.address} ({case.target.name}) have to admit"
        f" {listing(admitted) + ' only' if admitted else 'nobody'};"
        f" or declare a flow for {case.source.name}"
    )


def way_back(case: Case) -> Hop:
    answered = case.arrived and case.door.get("answered") == "accepted"
    lost = answered and case.state == "timeout" and not case.connected
    told = case.back.get("state") == "no_route"
    way = f"{case.target.name} -> {case.source.name}"
    if case.connected:
        return Hop("way back", OK, f"{case.source.name} gets the answers")
    if lost or (told and case.arrived is not False):
        what = f"{case.target.name} answers, but {case.source.name} hears nothing"
        evidence = what if lost else f"no way {way}"
        if told:
            evidence += f"; {case.target.name} is told {case.back['detail']!r}"
        if case.route_back:
            evidence += f"; {case.target.name}: {case.route_back}"
        return Hop("way back", FAILED, evidence, _peering(case))
    return Hop("way back", UNKNOWN, "there was no answer to be carried")


def tcp(case: Case) -> Hop:
    if not case.probe:
        return Hop("tcp", UNKNOWN, f"{case.source.name} did not probe")
    found = f"{case.state} ({case.probe['detail']})"
    if case.connected:
        return Hop("tcp", OK, f"the connection comes up after {case.probe['latency_ms']:g} ms")
    if not case.admitted:
        return Hop("tcp", OK if case.asked.expect else UNKNOWN, f"closed: {found}")
    return Hop("tcp", FAILED, found, f"{case.place} has to accept {case.source.name}")
