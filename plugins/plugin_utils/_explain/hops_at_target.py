# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the hops at the target: its firewall, container, sockets, protocol. No I/O."""

from __future__ import annotations

from ...module_utils._values.entries import listing
from ...module_utils._values.protocols import PROTOCOLS
from .case import FAILED, OK, UNKNOWN, Case, Found, Hop


def firewall(case: Case) -> Hop:
    """Judge the target's own firewall: by its rules, and by what is seen to come in and go out."""
    name, found = case.target.name, case.door.get("firewall") or {}
    remedy = f"the firewall of {name} has to admit {case.wanted}"
    if case.connected:
        return Hop("host firewall", OK, f"{name} lets it in")
    if not case.door:
        return Hop("host firewall", UNKNOWN, f"{name} was not asked")
    doubts = f"; it may be: {listing(found['doubts'])}" if found.get("doubts") else ""
    if case.verdict in ("drop", "reject"):
        evidence = f"{name} has a rule that does: {found['rule']}"
        return Hop("host firewall", FAILED, evidence, remedy)
    if case.arrived and case.hearing and case.own.get("connected"):
        said = case.door["answered"]
        # Without a way back nothing goes out either: that hop comes later.
        if said != "accepted" and case.back.get("state") != "no_route":
            evidence = (
                f"packets come in, {name} listens and answers itself, but says {said}{doubts}"
            )
            return Hop("host firewall", FAILED, evidence, remedy)
    if not found:
        return Hop("host firewall", UNKNOWN, f"nft can not be read on {name}")
    if doubts:
        return Hop("host firewall", UNKNOWN, f"no rule is sure to drop it{doubts}")
    return Hop("host firewall", OK, f"no rule of nftables on {name} drops it")


def container(case: Case) -> Hop:
    found = case.door.get("containers", ())
    if not found:
        what = f"no container publishes {case.asked.port}" if case.door else "not asked"
        return Hop("container", UNKNOWN, f"{what} on {case.target.name}")
    running = [each for each in found if each["state"] == "running"]
    sick = [each for each in running if each["health"] not in ("", "healthy")]
    if not running and case.hearing:
        # Whatever stands there now decides; the sockets and the greeting tell.
        return Hop("container", UNKNOWN, f"{listing(map(_status, found))}; it is not what listens")
    if not running:
        remedy = f"{listing(each['name'] for each in found)} has to run"
        return Hop("container", FAILED, listing(map(_status, found)), remedy)
    if sick and not case.probe.get("ok"):
        remedy = f"{sick[0]['name']} has to be healthy; its log and health check tell why not"
        return Hop("container", FAILED, _status(sick[0]), remedy)
    return Hop("container", OK, listing(map(_status, running)))


def _status(container: Found) -> str:
    state = container["state"]
    if state == "exited":
        state += f" with code {container['exit_code']}"
    where = f"publishes {listing(container['published'])}" if container["published"] else ""
    where = "uses the host's network" if container["host_network"] else where
    words = (container["name"], f"is {state}", container["health"] and f"({container['health']})")
    return " ".join(filter(None, words)) + (f", {where}" if where else "")


def listener(case: Case) -> Hop:
    if not case.door:
        known = case.connected
        return Hop("listener", OK if known else UNKNOWN, f"{case.target.name} was not asked")
    sockets, port = case.door["sockets"], case.asked.port
    shown = listing(dict.fromkeys(_socket(each, port) for each in sockets))
    remedy = f"the service has to listen on {case.place}"
    if case.connected:
        return Hop("listener", OK, shown or f"{case.target.name} accepts")
    if not sockets:
        return Hop("listener", FAILED, f"nothing listens on port {port}", remedy)
    if not case.hearing:
        return Hop("listener", FAILED, f"{shown} only, not on {case.target.address}", remedy)
    leads = [each for each in case.door["containers"] if each["leads"]]
    deaf = next((each for each in leads if not _hears_inside(each)), None)
    if deaf and not case.own.get("connected"):
        inner = listing(map(str, deaf["inner_ports"]))
        inside = listing(deaf["inside"]) or "nothing"
        evidence = f"{shown}; but in {deaf['name']} {inside} listens on port {inner}"
        remedy = f"the service has to listen on 0.0.0.0:{inner} in {deaf['name']}"
        return Hop("listener", FAILED, evidence, remedy)
    return Hop("listener", OK, shown)


def _socket(socket: Found, port: int) -> str:
    holder = " of ".join(filter(None, (socket["process"], socket["container"])))
    address = f"[{socket['address']}]" if ":" in socket["address"] else socket["address"]
    return f"{address}:{port}" + (f" by {holder}" if holder else "")


def _hears_inside(container: Found) -> bool:
    """Tell whether a port inside a container is open to others than the container itself."""
    return any(not each.startswith(("127.", "[::1]")) for each in container["inside"])


def behind(case: Case) -> Hop:
    """Judge what a load balancer leads to; it is only at fault if all of it is."""
    broken = [each for each in case.behind if each["blame"]]
    names = listing(each["name"] for each in broken)
    if not broken:
        return Hop("behind", OK, f"works: {listing(each['name'] for each in case.behind)}")
    evidence = f"{names} fails at {broken[0]['blame']}: {broken[0]['evidence']}"
    if len(broken) < len(case.behind):
        return Hop("behind", OK, f"not all of the pool works: {evidence}")
    return Hop("behind", FAILED, evidence, broken[0]["remedy"])


def greeting(case: Case) -> Hop:
    if not case.connected:
        return Hop("greeting", UNKNOWN, "there was no connection to speak on")
    words, detail = PROTOCOLS[case.asked.protocol].label, case.probe["detail"]
    if case.state == "open":
        return Hop("greeting", OK, detail)
    who = listing(dict.fromkeys(_socket(each, case.asked.port) for each in case.hearing))
    if case.state == "blocked":
        remedy = f"let MySQL forget the errors of {case.source.name}: mysqladmin flush-hosts"
        return Hop("greeting", FAILED, detail, remedy)
    evidence = f"{detail}; it listens there: {who}" if who else detail
    return Hop("greeting", FAILED, evidence, f"{words} has to answer on {case.place}")
