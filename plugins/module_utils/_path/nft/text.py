# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what "nft -a list ruleset" prints. No Ansible, no I/O.

The text says more than nft's JSON, in which the matches of iptables have no content.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50}
PRIORITIES["srcnat"] = 100
FAMILIES = ("ip", "inet", "netdev")  # the families of tables that IPv4 packets meet

_BLOCK = re.compile(r"(table|chain|set|map) (.+) \{")
_BASE = re.compile(
    r"type (?P<type>\w+) hook (?P<hook>\w+)(?: device \"?(?P<device>[^\" ]+)\"?)?"
    r" priority (?P<priority>[^;]+);(?: policy (?P<policy>\w+);)?"
)
_HANDLE = re.compile(r"\s*# handle \d+$")
_COUNTER = re.compile(r" ?counter packets \d+ bytes \d+| ?counter(?= |$)")


@dataclass
class Chain:
    """A chain and its rules as text; hook is "" in a chain that only other chains jump to."""

    family: str
    table: str
    name: str
    rules: list[str] = field(default_factory=list)
    type: str = ""
    hook: str = ""
    device: str = ""
    priority: int = 0
    policy: str = "accept"

    def __str__(self) -> str:
        return f"table {self.family} {self.table}, chain {self.name}"


@dataclass
class Ruleset:
    """The chains, and the elements of named sets and maps, by (family, table, name)."""

    chains: dict[tuple[str, str, str], Chain] = field(default_factory=dict)
    sets: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def hooked(self, hook: str) -> list[Chain]:
        """Return the filter chains at a hook, in the order in which an IPv4 packet meets them."""
        found = [
            chain
            for chain in self.chains.values()
            if chain.hook == hook and chain.type == "filter" and chain.family in FAMILIES
        ]
        return sorted(found, key=lambda chain: chain.priority)


def parse_ruleset(text: str) -> Ruleset:
    """Read a ruleset; a line that is not understood is left out."""
    rules = Ruleset()
    table: tuple[str, str] = ("", "")
    chain: Chain | None = None
    lines = iter(text.splitlines())
    for line in lines:
        block = _BLOCK.match(_HANDLE.sub("", line.strip()))
        kind, name = block.groups() if block else ("", "")
        if kind == "table":
            family, _space, table_name = name.partition(" ")
            table = (family, table_name)
        elif kind == "chain":
            chain = rules.chains.setdefault((*table, name), Chain(*table, name))
        elif kind:
            rules.sets[(*table, name)] = _take_elements(lines)
        elif line.strip() == "}":
            chain = None
        elif chain and line.strip():
            _read_line(chain, line.strip())
    return rules


def _read_line(chain: Chain, line: str) -> None:
    """Read a line of a chain: what makes it a base chain, or else a rule."""
    base = _BASE.match(line)
    if not base:
        rule = _HANDLE.sub("", line)
        chain.rules.append(_COUNTER.sub("", rule).strip())
        return
    chain.type, chain.hook = base["type"], base["hook"]
    chain.device, chain.policy = base["device"] or "", base["policy"] or "accept"
    chain.priority = _priority(base["priority"])


def _priority(text: str) -> int:
    """Return the priority that a text means: "-100", "filter" or "filter - 10"."""
    words = text.split()
    if re.fullmatch(r"-?\d+", words[0]):
        return int(words[0])
    offset = int("".join(words[1:])) if len(words) > 1 else 0
    return PRIORITIES.get(words[0], 0) + offset


def _take_elements(lines: t.Iterator[str]) -> list[str]:
    """Take the lines of a set or map up to its end, and return its elements."""
    body = ""
    for line in lines:
        body += " " + line.strip()
        if body.count("}") > body.count("{"):
            break
    match = re.search(r"elements = \{(.*?)\}", body)
    return split_elements(match[1]) if match else []


def split_elements(text: str) -> list[str]:
    """Return the elements of a set without their own counters, timeouts and comments.

    '22 counter packets 0 bytes 0, 80 : accept comment "a, b"' gives ["22", "80 : accept"].
    """
    parts = re.split(r",(?![^\"]*\"(?:[^\"]*\"[^\"]*\")*[^\"]*$)", text)  # no comma in quotes
    extras = r"\s+(?:counter|timeout|expires|comment|limit)\b[^:]*"
    return [re.sub(extras, " ", part).strip() for part in parts if part.strip()]
