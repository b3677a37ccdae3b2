# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell whether a rule of nftables, as text, matches a packet. No Ansible, no I/O.

What is not known, of the packet or of the rule, gives None.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .text import Chain, Ruleset, split_elements

# What a rule may look at, and under which name a packet holds it. A packet is of IPv4 and TCP.
KEYS = {
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
OTHERS = ("ip6", "udp", "icmp", "icmpv6", "sctp", "dccp", "arp", "igmp")
FIXED = {"protocol": "tcp", "nfproto": "ipv4", "ethertype": "ip", "state": "new"}
FIXED["direction"] = "original"
BITWISE = ("&", "|", "^", "!", "and", "or", "xor", "not")  # not followed
VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "queue")
_TOKEN = re.compile(r'"[^"]*"|\{[^}]*\}|\S+')

Packet = t.Mapping[str, t.Any]  # values by the names in KEYS; None or absent: not known


def read_rule(text: str, packet: Packet, rules: Ruleset, chain: Chain) -> tuple[bool | None, str]:
    """Return whether a rule matches (None: not known) and its verdict, such as "jump X"."""
    tokens = _TOKEN.findall(text)
    known: bool | None = True
    while tokens:
        if tokens[0] in VERDICTS:
            return known, " ".join(tokens[:2] if tokens[0] in ("jump", "goto") else tokens[:1])
        names = _take_keys(tokens)
        if names == [""]:
            return False, ""
        if not names:
            # Words that only note something change nothing; all others leave us in doubt.
            skipped = tokens.pop(0)
            if skipped in ("comment", "log", "prefix", "level"):
                del tokens[: 0 if skipped == "log" else 1]
            else:
                known = None
            continue
        values = [packet.get(name) for name in names]
        if tokens and tokens[0] == "vmap":
            return _vmap(tokens, values, rules, chain)
        matched = _take_match(tokens, values, rules, chain)
        if matched is False:
            return False, ""
        known = None if matched is None else known
    return known, ""


def _take_keys(tokens: list[str]) -> list[str]:
    """Take what a match looks at; [] where it is not understood, [""] where no such packet is."""
    found: list[str] = []
    while tokens:
        size = next((n for n in (4, 3, 2, 1) if " ".join(tokens[:n]) in KEYS), 0)
        if not size:
            return [""] if tokens[0] in OTHERS else []
        found.append(KEYS[" ".join(tokens[:size])])
        del tokens[:size]
        if not tokens or tokens[0] != ".":
            break
        tokens.pop(0)
    return found


def _take_match(tokens: list[str], values: list, rules: Ruleset, chain: Chain) -> bool | None:
    if not tokens or tokens[0] in BITWISE:
        return None
    operator = tokens.pop(0) if tokens[0] in ("!=", "==", "<", ">", "<=", ">=") else "=="
    wanted = tokens.pop(0)
    while len(values) > 1 and tokens[:1] == ["."]:
        wanted += f" . {tokens[1]}"
        del tokens[:2]
    unread = wanted.startswith("@") and _named(wanted, chain) not in rules.sets
    if unread or operator not in ("==", "!="):
        return None
    answers = [_fits(each, values) for each in _members(wanted, rules, chain)]
    found = True if True in answers else None if None in answers else False
    return found if operator == "==" or found is None else not found


def _vmap(tokens: list[str], values: list, rules: Ruleset, chain: Chain) -> tuple[bool | None, str]:
    """Return the verdict of the first element that fits; a doubtful one can not be followed."""
    for each in _members(tokens[1], rules, chain):
        key, _colon, statement = each.partition(" : ")
        matched = _fits(key, values)
        if matched is not False:
            return matched, statement.strip()
    return False, ""


def _named(wanted: str, chain: Chain) -> tuple[str, str, str]:
    return chain.family, chain.table, wanted[1:]


def _members(wanted: str, rules: Ruleset, chain: Chain) -> list[str]:
    if wanted.startswith("@"):
        return rules.sets.get(_named(wanted, chain), [])
    if wanted.startswith("{"):
        return split_elements(wanted[1:-1])
    return wanted.split(",")


def _fits(wanted: str, values: list) -> bool | None:
    """Compare the parts of an element with what is known of a packet."""
    parts = wanted.split(" . ")
    if len(parts) != len(values):
        return None
    answers = [_same(part.strip().strip('"'), value) for part, value in zip(parts, values)]
    return False if False in answers else None if None in answers else True


def _same(wanted: str, value: t.Any) -> bool | None:
    if value is None:
        return None
    if wanted == "*":
        return True
    if isinstance(value, int):
        first, _dash, last = wanted.partition("-")
        return int(first) <= value <= int(last or first) if first.isdecimal() else None
    if re.fullmatch(r"[\d./-]+", wanted) and "." in wanted:
        return _holds(wanted, str(value))
    if wanted.endswith("*"):
        return str(value).startswith(wanted[:-1])
    return wanted in str(value).split(",")


def _holds(wanted: str, address: str) -> bool | None:
    """Tell whether an address is the one, or in the prefix or the range, that is wanted."""
    try:
        own = ipaddress.IPv4Address(address)
        first, dash, last = wanted.partition("-")
        if dash:
            return ipaddress.IPv4Address(first) <= own <= ipaddress.IPv4Address(last)
        return own in ipaddress.IPv4Network(wanted)
    except ValueError:
        return None
