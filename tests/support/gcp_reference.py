# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second evaluation of firewall rules: one packet at a time, as the cloud's documents say.

It reads the API's objects and shares no code with the evaluation that tests compare with it. What
only the cloud knows can be either way, so the result is the set of all possible outcomes.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import typing as t

Rule = dict[str, t.Any]
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "240.0.0.0/4")
BOTH = frozenset({"open", "closed"})


class Packet(t.NamedTuple):
    """The first packet of a connection between a VM and a remote address."""

    instance: dict[str, t.Any]
    direction: str
    remote: str
    protocol: str
    port: int


def outcomes(document: dict[str, t.Any], packet: Packet) -> frozenset[str]:
    """Return what can happen to a packet: {"open"}, {"closed"} or both."""
    nic = packet.instance["networkInterfaces"][0]
    region = packet.instance["zone"].rpartition("/")[2].rpartition("-")[0]
    network = next(n for n in document["networks"] if n["selfLink"] == nic["network"])
    effective = [
        entry["response"].get("firewallPolicys", [])
        for entry in document["effective_firewalls"]
        if entry["network"] == nic["network"] and entry["region"] == region
    ]
    if not effective or any(gap["what"] == "firewalls" for gap in document["incomplete"]):
        return BOTH
    chains = _chains(document, network, effective[0])
    end = frozenset({"closed" if packet.direction == "INGRESS" else "open"})
    return _ask(chains, document, packet, end)


def _chains(document: dict, network: dict, policies: list[dict]) -> list[list[Rule]]:
    def of(kind: str) -> list[list[Rule]]:
        own = [policy for policy in policies if policy["type"] == kind]
        if kind != "HIERARCHY":  # the API: "Not applicable for type=HIERARCHY"
            own = sorted(own, key=lambda policy: policy.get("priority", 0))
        return [sorted(p.get("rules", []), key=lambda r: r["priority"]) for p in own]

    vpc = [r for r in document["firewalls"] if r["network"] == network["selfLink"]]
    vpc.sort(key=lambda r: (r.get("priority", 1000), 0 if r.get("denied") else 1))
    first = of("HIERARCHY") + of("SYSTEM_REGIONAL")
    mine = of("NETWORK") + of("NETWORK_REGIONAL")
    if network.get("networkFirewallPolicyEnforcementOrder") == "BEFORE_CLASSIC_FIREWALL":
        return first + mine + [vpc]
    return first + [vpc] + mine


def _ask(chains: list, document: dict, packet: Packet, end: frozenset[str]) -> frozenset[str]:
    if not chains:
        return end
    found: set[str] = set()
    for rule in chains[0]:
        sure = _matches(document, rule, packet)
        if sure is False:
            continue
        action = rule.get("action") or ("allow" if rule.get("allowed") else "deny")
        if action == "goto_next":
            found |= _ask(chains[1:], document, packet, end)
        else:
            found |= {"allow": {"open"}, "deny": {"closed"}}.get(action, BOTH)
        if sure:
            return frozenset(found)
    return frozenset(found | _ask(chains[1:], document, packet, end))


def _all(parts: t.Iterable[bool | None]) -> bool | None:
    """Return whether all parts are true; None stands for unknown."""
    found = list(parts)
    return False if False in found else None if None in found else True


def _any(parts: t.Iterable[bool | None]) -> bool | None:
    """Return whether any part is true; None stands for unknown."""
    found = list(parts)
    return True if True in found else None if None in found else False


def _matches(document: dict, rule: Rule, packet: Packet) -> bool | None:
    if rule.get("disabled") or rule.get("direction", "INGRESS") != packet.direction:
        return False
    incoming = packet.direction == "INGRESS"
    own = packet.instance["networkInterfaces"][0]["networkIP"]
    source, destination = (packet.remote, own) if incoming else (own, packet.remote)
    if "match" in rule:
        match = rule["match"]
        ends = [_end(match, "src", source), _end(match, "dest", destination)]
        services = [(c["ipProtocol"], c.get("ports")) for c in match.get("layer4Configs", [])]
    else:
        ends = [_vpc_source(document, rule, source), _vpc_destination(rule, destination)]
        layer4 = rule.get("allowed") or rule.get("denied")
        services = [(c["IPProtocol"], c.get("ports")) for c in layer4]
    return _all([_target(rule, packet), _service(services, packet), *ends])


def _service(services: list, packet: Packet) -> bool:
    for protocol, ports in services:
        if protocol not in ("all", packet.protocol):
            continue
        for text in ports or ["0-65535"]:
            low, _dash, high = text.partition("-")
            if int(low) <= packet.port <= int(high or low):
                return True
    return False


def _target(rule: Rule, packet: Packet) -> bool | None:
    instance = packet.instance
    own = instance["networkInterfaces"][0]["network"]
    emails = {account["email"] for account in instance["serviceAccounts"]}
    if rule.get("targetResources") and own not in rule["targetResources"]:
        return False
    if rule.get("targetTags") and not set(rule["targetTags"]) & set(instance["tags"]["items"]):
        return False
    accounts = rule.get("targetServiceAccounts")
    if accounts and not set(accounts) & emails:
        return False
    tags = rule.get("targetSecureTags")
    if tags and all(tag["state"] == "INEFFECTIVE" for tag in tags):
        return False
    return None if tags else True


def _in(address: str, ranges: t.Iterable[str]) -> bool:
    own = _number(address)
    return any(low <= own <= high for low, high in map(_bounds, ranges))


@functools.cache
def _number(address: str) -> int:
    return int(ipaddress.ip_address(address))


@functools.cache
def _bounds(text: str) -> tuple[int, int]:
    cidr = ipaddress.ip_network(text)
    return int(cidr[0]), int(cidr[-1])


def _end(match: dict, side: str, address: str) -> bool | None:
    kinds = ("IpRanges", "SecureTags", "AddressGroups", "Fqdns", "RegionCodes")
    given = {kind: match.get(f"{side}{kind}") for kind in (*kinds, "ThreatIntelligences")}
    parts: list[bool | None] = [_in(address, given["IpRanges"] or [])]
    tags = given["SecureTags"] or []
    parts += [None for tag in tags if tag.get("state") != "INEFFECTIVE"]
    parts += [None for kind in ("AddressGroups", "Fqdns") if given[kind]]
    for kind in ("RegionCodes", "ThreatIntelligences"):
        if given[kind]:
            parts.append(False if _in(address, PRIVATE) else None)
    named = _any(parts) if any(given.values()) else True
    context = match.get(f"{side}NetworkContext")
    if context == "INTERNET" and _in(address, PRIVATE):
        return False
    return _all([named, None]) if context else named


def _vpc_source(document: dict, rule: Rule, address: str) -> bool | None:
    tags, accounts = rule.get("sourceTags", []), rule.get("sourceServiceAccounts", [])
    if not rule.get("sourceRanges") and not tags and not accounts:
        return True
    parts: list[bool | None] = [_in(address, rule.get("sourceRanges", []))]
    for instance, nic in itertools.chain.from_iterable(
        ((i, n) for n in i["networkInterfaces"]) for i in document["instances"]
    ):
        emails = {account["email"] for account in instance["serviceAccounts"]}
        meant = set(tags) & set(instance["tags"]["items"]) or set(accounts) & emails
        if meant and nic["network"] == rule["network"] and nic["networkIP"] == address:
            parts.append(True)
    if (tags or accounts) and any(gap["what"] == "instances" for gap in document["incomplete"]):
        parts.append(None)
    return _any(parts)


def _vpc_destination(rule: Rule, address: str) -> bool:
    return not rule.get("destinationRanges") or _in(address, rule["destinationRanges"])
