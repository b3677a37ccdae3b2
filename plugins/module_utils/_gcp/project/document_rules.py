# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read VPC firewall rules and firewall policies from the API's objects."""

from __future__ import annotations

import re
import typing as t

from .fields import Fields, names, ref
from .rule_values import (
    ALL_PROTOCOLS,
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    LAST_PORT,
    REGIONAL_POLICY,
    VPC_RULE,
    Policy,
    Rule,
    Selector,
    Service,
)

# The fields of the objects that say what a rule matches. Another field leaves the rule undecided.
SERVICE_FIELDS = frozenset(("IPProtocol", "ipProtocol", "ports"))
FIREWALL_FIELDS = names(
    "allowed creationTimestamp denied description destinationRanges direction disabled "
    "enableLogging id kind logConfig name network params priority selfLink sourceRanges "
    "sourceServiceAccounts sourceTags targetServiceAccounts targetTags"
)
POLICY_RULE_FIELDS = names(
    "action description direction disabled enableLogging kind match priority ruleName "
    "ruleTupleCount securityProfileGroup targetForwardingRules targetResources "
    "targetSecureTags targetServiceAccounts targetType tlsInspect"
)
SIDE_FIELDS = names(
    "AddressGroups Fqdns IpRanges NetworkContext NetworkType Networks RegionCodes SecureTags "
    "ThreatIntelligences"
)
MATCH_FIELDS = frozenset(
    ("layer4Configs", *(f"{side}{name}" for side in ("src", "dest") for name in SIDE_FIELDS))
)
PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "50": "esp", "51": "ah", "132": "sctp"}
MAX_VPC_PRIORITY, MAX_POLICY_PRIORITY = 65535, 2**31 - 1
# Fields of a policy rule's match that only the cloud can resolve, and the words for them. A field's
# name has the side in front, as in "srcSecureTags".
UNRESOLVABLE = {
    "SecureTags": "secure tags",
    "AddressGroups": "address groups",
    "Fqdns": "domain names",
    "RegionCodes": "countries",
    "ThreatIntelligences": "threat lists",
}


def read_firewall(fields: Fields) -> Rule:
    """Return a VPC firewall rule, a `compute#firewall` of the API."""
    action = ALLOW if fields.get("allowed", list, []) else DENY
    return Rule(
        kind=VPC_RULE,
        policy="",
        name=fields.get("name", str),
        direction=_direction(fields, INGRESS),
        priority=fields.number("priority", 1000, MAX_VPC_PRIORITY),
        action=action,
        disabled=fields.get("disabled", bool, False),
        services=_services(fields, "allowed" if action == ALLOW else "denied", "IPProtocol"),
        sources=_vpc_selector(fields, "source"),
        destinations=_vpc_selector(fields, "destination"),
        target_networks=frozenset([ref(fields.get("network", str))]),
        target_tags=frozenset(fields.texts("targetTags")),
        target_accounts=frozenset(fields.texts("targetServiceAccounts")),
        unknown=_unknown(fields, FIREWALL_FIELDS, "allowed", "denied"),
    )


def _unknown(fields: Fields, known: t.Container[str], *services: str) -> tuple[str, ...]:
    """Return the fields that are not known, of an object and of its entries for services."""
    entries = [each for key in services for each in fields.each(key)]
    found = [key for each in entries for key in each.unknown(SERVICE_FIELDS)]
    return tuple(dict.fromkeys((*fields.unknown(known), *found)))


def _vpc_selector(fields: Fields, side: str) -> Selector:
    """Return the selector of a side, "source" or "destination" (which has only ranges)."""
    ranges, tags, accounts = f"{side}Ranges", f"{side}Tags", f"{side}ServiceAccounts"
    return Selector(
        fields.cidrs(ranges),
        frozenset(fields.texts(tags)),
        frozenset(fields.texts(accounts)),
        unrestricted=_none_of(fields, ranges, tags, accounts),
        ipv6=fields.ipv6(ranges),
    )


def read_policy(fields: Fields, region: str, known: dict[tuple, Rule]) -> Policy:
    """Return a firewall policy that is in effect for a network and region.

    `known` has the rules that were read before: a rule of one policy that is in effect for several
    networks is one value, so that it is reported once.
    """
    kind = fields.get("type", str)
    name = fields.get("name", str)
    display_name = fields.get("displayName", str, "")
    entries = [each for each in fields.each("rules") if _is_for_vms(each)]
    rules = [_policy_rule(each, kind, name, display_name) for each in entries]
    place = region if kind == REGIONAL_POLICY else ""
    rules = [known.setdefault((place, *vars(rule).values()), rule) for rule in rules]
    ordered = tuple(sorted(rules, key=lambda rule: rule.priority))
    return Policy(kind, name, fields.number("priority", 0, MAX_POLICY_PRIORITY), region, ordered)


def _is_for_vms(fields: Fields) -> bool:
    """Tell whether a rule can apply to VMs, and not only to load balancers or deleted tags."""
    tags = list(fields.each("targetSecureTags"))
    gone = bool(tags) and not any(map(_is_effective, tags))
    return not gone and fields.get("targetType", str, "INSTANCES") == "INSTANCES"


def _policy_rule(fields: Fields, kind: str, name: str, display_name: str) -> Rule:
    match = Fields(fields.get("match", dict, {}), fields.where)
    return Rule(
        kind=kind,
        policy=name,
        name=fields.get("ruleName", str, ""),
        direction=_direction(fields),
        priority=fields.number("priority", 0, MAX_POLICY_PRIORITY),
        action=fields.get("action", str),
        disabled=fields.get("disabled", bool, False),
        services=_services(match, "layer4Configs", "ipProtocol") or (Service(ALL_PROTOCOLS),),
        sources=_policy_selector(match, "src"),
        destinations=_policy_selector(match, "dest"),
        target_networks=frozenset(map(ref, fields.texts("targetResources"))),
        target_accounts=frozenset(fields.texts("targetServiceAccounts")),
        policy_display_name=display_name,
        target_secure_tags=bool(fields.get("targetSecureTags", list, [])),
        unknown=(
            *fields.unknown(POLICY_RULE_FIELDS),
            *_unknown(match, MATCH_FIELDS, "layer4Configs"),
        ),
    )


def _policy_selector(match: Fields, side: str) -> Selector:
    """Return the selector of a side, "src" or "dest"."""
    tags = list(match.each(f"{side}SecureTags"))
    unresolved = [word for key, word in UNRESOLVABLE.items() if match.get(f"{side}{key}", list, [])]
    if not any(map(_is_effective, tags)) and tags:
        unresolved.remove(UNRESOLVABLE["SecureTags"])
    context = match.get(f"{side}NetworkContext", str, "") or match.get(
        f"{side}NetworkType", str, ""
    )
    context = "VPC_NETWORKS" if not context and match.texts(f"{side}Networks") else context
    return Selector(
        cidrs=match.cidrs(f"{side}IpRanges"),
        unresolved=tuple(unresolved),
        network_context="" if context == "UNSPECIFIED" else context,
        unrestricted=_none_of(match, f"{side}IpRanges", *(f"{side}{key}" for key in UNRESOLVABLE)),
        ipv6=match.ipv6(f"{side}IpRanges"),
    )


def _is_effective(tag: Fields) -> bool:
    return tag.get("state", str, "EFFECTIVE") == "EFFECTIVE"


def _none_of(fields: Fields, *keys: str) -> bool:
    return not any(fields.get(key, list, []) for key in keys)


def _direction(fields: Fields, default: str | None = None) -> str:
    direction = fields.get("direction", str, default)
    if direction not in (INGRESS, EGRESS):
        raise ValueError(f"{fields.where}: direction is {direction}, not INGRESS or EGRESS")
    return direction


def _services(fields: Fields, key: str, protocol: str) -> tuple[Service, ...]:
    services = []
    for entry in fields.each(key):
        name = entry.get(protocol, str).lower()
        name = NUMBERS.get(name, name)
        ports = entry.texts("ports") or [f"0-{LAST_PORT}"]
        services += [_service(entry, name, text) for text in ports]
    return tuple(services)


def _service(fields: Fields, protocol: str, text: str) -> Service:
    """Return the service of a protocol's ports, which are written as "80" or "8000-8080"."""
    match = PORTS.fullmatch(text)
    first = int(match.group(1)) if match else 0
    last = int(match.group(2) or first) if match else -1
    if not first <= last <= LAST_PORT:
        raise ValueError(f"{fields.where}: ports holds {text}, not a port such as 80 or 8000-8080")
    return Service(protocol, first, last)
