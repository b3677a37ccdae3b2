# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the hops at the target: its firewall, its container, its sockets, what it answers.

Each function takes a case and returns one hop.
"""

from __future__ import annotations

from ...module_utils._values.entries import listing
from ...module_utils._values.protocols import PROTOCOLS
from .case import FAILED, OK, UNKNOWN, Case, Hop, Record


def firewall(case: Case) -> Hop:
    """Judge the target's own firewall by its rules, and by what comes in and goes out."""
    hop, name, rules = "host firewall", case.target.name, case.port_info.get("firewall") or {}
    if case.connected:
        return Hop(hop, OK, f"{name} lets it in")
    if not case.port_info:
        return Hop(hop, UNKNOWN, f"{name} was not asked")
    remedy = f"the firewall of {name} has to admit {case.to_admit}"
    if case.firewall_action in ("drop", "reject"):
        return Hop(hop, FAILED, f"{name} has a rule that does: {rules['rule']}", remedy)
    doubts = f"; it may be: {listing(rules['doubts'])}" if rules.get("doubts") else ""
    if case.arrived and case.listening and case.self_probe.get("connected"):
        answer = case.port_info["answered"]
        # Without a way back no answer goes out either; a later hop judges that.
        if answer != "accepted" and case.return_probe.get("state") != "no_route":
            evidence = (
                f"packets come in, {name} listens and answers itself, but says {answer}{doubts}"
            )
            return Hop(hop, FAILED, evidence, remedy)
    if not rules:
        return Hop(hop, UNKNOWN, f"nft cannot be read on {name}")
    if doubts:
        return Hop(hop, UNKNOWN, f"no rule is sure to drop it{doubts}")
    return Hop(hop, OK, f"no rule of nftables on {name} drops it")


def container(case: Case) -> Hop:
    """Judge whether a container that publishes the port runs and is healthy."""
    containers = case.port_info.get("containers", ())
    if not containers:
        text = f"no container publishes {case.question.port}" if case.port_info else "not asked"
        return Hop("container", UNKNOWN, f"{text} on {case.target.name}")
    running = [each for each in containers if each["state"] == "running"]
    unhealthy = [each for each in running if each["health"] not in ("", "healthy")]
    unruled = [each["name"] for each in running if not each.get("ruled", True)]
    # Docker itself holds the socket. So a connection may be made that nobody answers.
    if unruled and not case.probe.get("ok"):
        evidence = f"Docker's firewall rules that lead to {listing(unruled)} are gone"
        remedy = f"the playbook docker brings them back: --limit {case.target.name}"
        return Hop("container", FAILED, evidence, remedy)
    if not running and case.listening:
        # Another process listens. The hops listener and greeting judge that one.
        evidence = f"{listing(map(_status, containers))}; it is not what listens"
        return Hop("container", UNKNOWN, evidence)
    if not running:
        remedy = f"{listing(each['name'] for each in containers)} has to run"
        return Hop("container", FAILED, listing(map(_status, containers)), remedy)
    if unhealthy and not case.probe.get("ok"):
        remedy = f"{unhealthy[0]['name']} has to be healthy; its log and health check tell why not"
        return Hop("container", FAILED, _status(unhealthy[0]), remedy)
    return Hop("container", OK, listing(map(_status, running)))


def _status(container: Record) -> str:
    """Return "web is exited with code 1, publishes 0.0.0.0"."""
    state = container["state"]
    if state == "exited":
        state += f" with code {container['exit_code']}"
    where = f"publishes {listing(container['published'])}" if container["published"] else ""
    where = "uses the host's network" if container["host_network"] else where
    words = (container["name"], f"is {state}", container["health"] and f"({container['health']})")
    return " ".join(filter(None, words)) + (f", {where}" if where else "")


def listener(case: Case) -> Hop:
    """Judge whether a socket listens on the address, and inside the container that it leads to."""
    if not case.port_info:
        state = OK if case.connected else UNKNOWN
        return Hop("listener", state, f"{case.target.name} was not asked")
    sockets, port = case.port_info["sockets"], case.question.port
    shown = listing(dict.fromkeys(_socket(each, port) for each in sockets))
    remedy = f"the service has to listen on {case.socket_address}"
    if case.connected:
        return Hop("listener", OK, shown or f"{case.target.name} accepts")
    if not sockets:
        return Hop("listener", FAILED, f"nothing listens on port {port}", remedy)
    if not case.listening:
        return Hop("listener", FAILED, f"{shown} only, not on {case.target.address}", remedy)
    relays = [each for each in case.port_info["containers"] if each["leads"]]
    closed = next((each for each in relays if not _is_open_inside(each)), None)
    if closed and not case.self_probe.get("connected"):
        port_inside = listing(map(str, closed["inner_ports"]))
        inside = listing(closed["inside"]) or "nothing"
        evidence = f"{shown}; but in {closed['name']} {inside} listens on port {port_inside}"
        remedy = f"the service has to listen on 0.0.0.0:{port_inside} in {closed['name']}"
        return Hop("listener", FAILED, evidence, remedy)
    return Hop("listener", OK, shown)


def _socket(socket: Record, port: int) -> str:
    """Return "10.2.0.2:3306 by dockerd of peerlb-mysql"; the process and container if known."""
    holder = " of ".join(filter(None, (socket["process"], socket["container"])))
    address = f"[{socket['address']}]" if ":" in socket["address"] else socket["address"]
    return f"{address}:{port}" + (f" by {holder}" if holder else "")


def _is_open_inside(container: Record) -> bool:
    """Tell whether the container's port is open to others than the container itself."""
    return any(not each.startswith(("127.", "[::1]")) for each in container["inside"])


def behind(case: Case) -> Hop:
    """Judge what a load balancer leads to, which is at fault only if no member works."""
    broken = [each for each in case.behind if each["blame"]]
    if not broken:
        return Hop("behind", OK, f"works: {listing(each['name'] for each in case.behind)}")
    names = listing(each["name"] for each in broken)
    evidence = f"{names} fails at {broken[0]['blame']}: {broken[0]['evidence']}"
    if len(broken) < len(case.behind):
        return Hop("behind", OK, f"not all of the pool works: {evidence}")
    return Hop("behind", FAILED, evidence, broken[0]["remedy"])


def greeting(case: Case) -> Hop:
    """Judge whether the service speaks the protocol that the flow declares."""
    if not case.connected:
        return Hop("greeting", UNKNOWN, "there was no connection to speak on")
    detail = case.probe["detail"]
    if case.probe_state == "open":
        return Hop("greeting", OK, detail)
    if case.probe_state == "blocked":
        remedy = f"let MySQL forget the errors of {case.source.name}: mysqladmin flush-hosts"
        return Hop("greeting", FAILED, detail, remedy)
    if case.probe_state == "wrong_certificate":
        remedy = f"{case.target.name} has to show a trusted certificate for the name"
        return Hop("greeting", FAILED, detail, remedy)
    if case.probe_state == "wrong_status":
        remedy = "the application has to give a good answer; its log tells why it does not"
        return Hop("greeting", FAILED, detail, remedy)
    sockets = listing(dict.fromkeys(_socket(each, case.question.port) for each in case.listening))
    evidence = f"{detail}; it listens there: {sockets}" if sockets else detail
    label = PROTOCOLS[case.question.protocol].label
    return Hop("greeting", FAILED, evidence, f"{label} has to answer on {case.socket_address}")
