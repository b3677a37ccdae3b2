# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell whether a rule of nftables, given as text, matches a packet. No Ansible, no I/O.

Every answer is True, False or None. None means that it depends on what is not known of the packet
or not understood of the rule.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .text import Chain, Ruleset, split_elements

# What a rule can look at, and the name of the value in a packet. A packet is one of TCP on IPv4.
FIELDS = {
    "ip saddr": "saddr",
    "ip daddr": "daddr",
    "ip protocol": "protocol",
    "meta l4proto": "protocol",
    "meta nfproto": "nfproto",
    "meta protocol": "ethertype",
    "ether type": "ethertype",
    "tcp sport": "sport",
    "tcp dport": "dport",
    "th dport": "dport",
    "iifname": "iifname",
    "iif": "iifname",
    "oifname": "oifname",
    "oif": "oifname",
    "ct state": "state",
    "ct status": "status",
    "ct direction": "direction",
    "ct original protocol": "protocol",
    "ct original proto-dst": "original_dport",
    "ct original ip daddr": "original_daddr",
    "ct original ip saddr": "saddr",
    "fib daddr type": "daddr_type",
}
# A rule that looks at one of these never matches a packet of TCP on IPv4.
OTHER_PROTOCOLS = ("ip6", "udp", "icmp", "icmpv6", "sctp", "dccp", "arp", "igmp")
# The values that the first packet of every connection has.
FIRST_PACKET = {"protocol": "tcp", "nfproto": "ipv4", "ethertype": "ip", "state": "new"}
FIRST_PACKET["direction"] = "original"
COMPARISONS = ("!=", "==", "<", ">", "<=", ">=")
BITWISE = ("&", "|", "^", "!", "and", "or", "xor", "not")  # not understood
VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "queue")
_TOKEN = re.compile(r'"[^"]*"|\{[^}]*\}|\S+')

Packet = t.Mapping[str, t.Any]  # values by the names in FIELDS; None or absent: not known


def read_rule(text: str, packet: Packet, rules: Ruleset, chain: Chain) -> tuple[bool | None, str]:
    """Return whether a rule matches a packet, and the rule's verdict.

    "tcp dport 3306 jump more" gives (True, "jump more"); a rule without a verdict gives "".
    """
    tokens = _TOKEN.findall(text)
    matches: bool | None = True
    while tokens:
        if tokens[0] in VERDICTS:
            return matches, " ".join(tokens[:2] if tokens[0] in ("jump", "goto") else tokens[:1])
        names = _take_fields(tokens)
        if names is None:
            return False, ""
        if not names:
            matches = matches if _take_remark(tokens) else None
            continue
        values = [packet.get(name) for name in names]
        if tokens and tokens[0] == "vmap":
            return _verdict_of_map(tokens[1], values, rules, chain)
        matched = _take_match(tokens, values, rules, chain)
        if matched is False:
            return False, ""
        matches = None if matched is None else matches
    return matches, ""


def _take_fields(tokens: list[str]) -> list[str] | None:
    """Take what a match looks at from the tokens, and return it by its names in a packet.

    [] means that the match is not understood, None that it never matches a packet of TCP on IPv4.
    """
    names: list[str] = []
    while tokens:
        size = next((n for n in (4, 3, 2, 1) if " ".join(tokens[:n]) in FIELDS), 0)
        if not size:
            return None if tokens[0] in OTHER_PROTOCOLS else []
        names.append(FIELDS[" ".join(tokens[:size])])
        del tokens[:size]
        if not tokens or tokens[0] != ".":
            break
        tokens.pop(0)
    return names


def _take_remark(tokens: list[str]) -> bool:
    """Take one word, and tell whether it begins a remark, which has no part in the match."""
    word = tokens.pop(0)
    if word in ("comment", "prefix", "level"):
        del tokens[:1]
    return word in ("comment", "prefix", "level", "log")


def _take_match(tokens: list[str], values: list, rules: Ruleset, chain: Chain) -> bool | None:
    """Take an operator and what it compares with, and compare the values of a packet."""
    if not tokens or tokens[0] in BITWISE:
        return None
    operator = tokens.pop(0) if tokens[0] in COMPARISONS else "=="
    wanted = tokens.pop(0)
    while len(values) > 1 and tokens[:1] == ["."]:
        wanted += f" . {tokens[1]}"
        del tokens[:2]
    unknown_set = wanted.startswith("@") and _set_key(wanted, chain) not in rules.sets
    if unknown_set or operator not in ("==", "!="):
        return None
    answers = [_element_matches(each, values) for each in _elements(wanted, rules, chain)]
    matches = True if True in answers else None if None in answers else False
    return matches if operator == "==" or matches is None else not matches


def _verdict_of_map(
    wanted: str, values: list, rules: Ruleset, chain: Chain
) -> tuple[bool | None, str]:
    """Return whether an element of a verdict map matches, and the verdict of the first such one.

    The search ends at an element of which that is not known.
    """
    for element in _elements(wanted, rules, chain):
        key, _colon, verdict = element.partition(" : ")
        matches = _element_matches(key, values)
        if matches is not False:
            return matches, verdict.strip()
    return False, ""


def _set_key(wanted: str, chain: Chain) -> tuple[str, str, str]:
    return chain.family, chain.table, wanted[1:]


def _elements(wanted: str, rules: Ruleset, chain: Chain) -> list[str]:
    """Return the elements of a named set (@ports), an anonymous set ({ 22, 80 }) or a list."""
    if wanted.startswith("@"):
        return rules.sets.get(_set_key(wanted, chain), [])
    if wanted.startswith("{"):
        return split_elements(wanted[1:-1])
    return wanted.split(",")


def _element_matches(element: str, values: list) -> bool | None:
    """Compare an element with values; a concatenation has one part for each: 10.0.0.2 . 3306."""
    parts = element.split(" . ")
    if len(parts) != len(values):
        return None
    answers = [_part_matches(part.strip().strip('"'), value) for part, value in zip(parts, values)]
    return False if False in answers else None if None in answers else True


def _part_matches(wanted: str, value: t.Any) -> bool | None:
    if value is None:
        return None
    if wanted == "*":
        return True
    if isinstance(value, int):
        first, _dash, last = wanted.partition("-")
        return int(first) <= value <= int(last or first) if first.isdecimal() else None
    if re.fullmatch(r"[\d./-]+", wanted) and "." in wanted:
        return _address_matches(wanted, str(value))
    if wanted.endswith("*"):
        return str(value).startswith(wanted[:-1])
    return wanted in str(value).split(",")


def _address_matches(wanted: str, address: str) -> bool | None:
    """Compare an address with an address, a prefix (10.0.0.0/8) or a range (10.0.0.2-10.0.0.9)."""
    try:
        value = ipaddress.IPv4Address(address)
        first, dash, last = wanted.partition("-")
        if dash:
            return ipaddress.IPv4Address(first) <= value <= ipaddress.IPv4Address(last)
        return value in ipaddress.IPv4Network(wanted)
    except ValueError:
        return None
