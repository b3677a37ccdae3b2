# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the hops outside of the target: declaration, route, network, the way back, TCP.

Each function takes a case and returns one hop.
"""

from __future__ import annotations

from ...module_utils._values.entries import listing
from .._derive.flows import undecided_by
from .case import FAILED, OK, UNKNOWN, Case, Hop

# The error of connect() if the source's own firewall drops what the source sends.
BLOCKED_AT_SOURCE = "Operation not permitted"


def declaration(case: Case) -> Hop:
    """Judge whether a flow or management admits the connection."""
    if case.admitted_by:
        return Hop("declared", OK, f"{case.admitted_by} admits it, {case.between}")
    if not case.question.expect:
        return Hop("declared", UNKNOWN, _undecided(case))
    evidence = f"no flow admits {case.source.name} to {case.target.name}:{case.question.port}"
    one, other = case.source.network, case.target.network
    if not case.topology.routed(one, other):
        evidence += f"; {one} and {other} are not peered, and peering is not transitive"
    if case.connected:
        return Hop("declared", OK, f"{evidence}: it has to be closed")
    closed = f"; it is closed ({case.probe_state}), as it has to be" if case.probe_state else ""
    return Hop("declared", FAILED, evidence + closed, _how_to_declare(case))


def _undecided(case: Case) -> str:
    ranges = undecided_by(case.topology, case.source, case.target, case.question.port)
    return (
        f"{case.source.name}'s address is not known, and {case.target.name}:{case.question.port} is"
        f" open to {listing(ranges)}"
    )


def _how_to_declare(case: Case) -> str:
    """Return the declared way through a relay, or else what to declare for the connection."""
    one, other, name = case.source.network, case.target.network, case.question.name
    if one is None or other is None or case.topology.routed(one, other):
        return f"declare it in topology.flows if {name} is wanted"
    relays = case.topology.relays(one, other)
    declared = _declared_through(case, relays)
    if declared:
        return f"go through {declared}, which is peered with both"
    if relays:
        return f"declare a flow through a host in {' or '.join(relays)} if {name} is wanted"
    return f"peer them if {name} is wanted"


def _declared_through(case: Case, relays: list[str]) -> str:
    """Return where the source may go instead, in one of the networks: "nginx_lb:3306", or ""."""
    topology = case.topology
    for flow in topology.flows:
        in_relays = set(topology.networks_of(flow.target)) <= set(relays)
        if flow.protocol == case.question.protocol and in_relays:
            hosts = topology.members(flow.target)
            if any(topology.admits(case.source, host, flow.port) for host in hosts):
                return f"{flow.target}:{flow.port}"
    return ""


def route(case: Case) -> Hop:
    """Judge whether the source has a route to the target, or has one that it must not have."""
    shown = case.route or "not known"
    if case.wrongly_open and not case.topology.routed(case.source.network, case.target.network):
        evidence = f"packets pass {case.between}, though these are not peered"
        return Hop("route", FAILED, evidence, "remove the peering or route, or declare it")
    if case.arrived or case.probe_state != "no_route" or case.firewall_action == "reject":
        return Hop("route", OK if case.route else UNKNOWN, f"{case.source.name}: {shown}")
    error = f"{case.source.name} is told {case.probe['detail']!r}"
    if BLOCKED_AT_SOURCE in case.probe["detail"]:
        packets = f"tcp:{case.question.port} to {case.socket_address}"
        remedy = f"let {case.source.name}'s own firewall send {packets}"
        return Hop("route", FAILED, f"{error} by itself; {shown}", remedy)
    return Hop("route", FAILED, f"{error}: no way {case.between}; {shown}", _mend_route(case))


def _mend_route(case: Case) -> str:
    one, other = case.source.network, case.target.network
    if one and other and one != other:
        return f"the peering of {one} and {other} has to be active on both sides"
    ends = f"from {case.source.name} to {case.target.address}"
    return f"routes have to lead {ends} and back{_or_public_address(case)}"


def _or_public_address(case: Case) -> str:
    """Return the alternative for a source outside that has only the address in the network."""
    if case.source.network or case.target.public:
        return ""
    name = case.target.name
    return f"; or else name where clients find {name}, in its peerlb_public_address"


def rule(case: Case) -> Hop:
    """Judge the firewall rules between the hosts, which let through too little, or too much."""
    if case.wrongly_open:
        evidence = f"a firewall rule lets {case.source.name} through, though no flow admits it"
        return Hop("rule", FAILED, evidence, _narrower_rules(case))
    if case.arrived:
        return Hop("rule", OK, f"{case.source.name}'s packets reach {case.target.name}")
    if case.probe_state == "refused" and case.arrived is None:
        return Hop("rule", OK, f"{case.source.name} gets an answer")
    if case.probe_state in ("", "no_route"):
        return Hop("rule", UNKNOWN, "no packet came so far that it could be judged")
    blocked_by_host = case.firewall_action in ("drop", "reject")
    if case.arrived is None and (blocked_by_host or not case.self_probe.get("ok")):
        return Hop("rule", UNKNOWN, f"nobody saw whether packets reach {case.target.name}")
    seen = "no packet reaches" if case.arrived is False else "all is well at"
    evidence = f"{seen} {case.target.name}, {case.source.name} finds {case.probe_state}"
    remedy = f"a firewall rule has to admit {case.to_admit}"
    working = [probe["name"] for probe in case.neighbours if probe["ok"]]
    if working:
        evidence += f"; others get through: {listing(working)}"
    elif case.source.network != case.target.network:
        mend_route = f"; or else {_mend_route(case)}"
        remedy += mend_route if case.source.network else _or_public_address(case)
    return Hop("rule", FAILED, evidence, remedy)


def _narrower_rules(case: Case) -> str:
    """Return what the rules for a wrongly open port have to admit, and nothing more."""
    topology, port = case.topology, case.question.port
    flows = topology.flows_by_port.get((case.target.name, port), {})
    managers = [f"management {entry}" for entry in topology.management if entry.port == port]
    sources = [*flows, *managers]
    return (
        f"the rules for tcp:{port} to {case.target.address} ({case.target.name}) have to admit"
        f" {listing(sources) + ' only' if sources else 'nobody'};"
        f" or declare a flow for {case.source.name}"
    )


def way_back(case: Case) -> Hop:
    """Judge whether the target's answers reach the source."""
    source, target = case.source.name, case.target.name
    if case.connected:
        return Hop("way back", OK, f"{source} gets the answers")
    accepted = case.arrived and case.port_info.get("answered") == "accepted"
    answer_lost = accepted and case.probe_state == "timeout"
    no_route = case.return_probe.get("state") == "no_route"
    if answer_lost or (no_route and case.arrived is not False):
        lost = f"{target} answers, but {source} hears nothing"
        evidence = lost if answer_lost else f"no way {target} -> {source}"
        if no_route:
            evidence += f"; {target} is told {case.return_probe['detail']!r}"
        if case.return_route:
            evidence += f"; {target}: {case.return_route}"
        return Hop("way back", FAILED, evidence, _mend_route(case))
    return Hop("way back", UNKNOWN, "there was no answer to be carried")


def tcp(case: Case) -> Hop:
    """Judge whether the TCP connection came up."""
    if not case.probe:
        return Hop("tcp", UNKNOWN, f"{case.source.name} did not probe")
    if case.connected:
        return Hop("tcp", OK, f"the connection comes up after {case.probe['latency_ms']:g} ms")
    found = f"{case.probe_state} ({case.probe['detail']})"
    if not case.admitted_by:
        no_proof = "; a refusal is no proof of a rule" if case.probe_state == "refused" else ""
        return Hop("tcp", OK if case.question.expect else UNKNOWN, f"closed: {found}{no_proof}")
    return Hop("tcp", FAILED, found, f"{case.socket_address} has to accept {case.source.name}")
