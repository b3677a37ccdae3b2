# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who must never be banned: the members, this host, and the ranges that the release names."""

from __future__ import annotations

import bisect
import ipaddress
import json
import re
import typing as t
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .._values.addresses import IPv4Network
from .._values.entries import errors_at
from .._values.ranges import LAST, Span, spans
from .entries import BanError, shown_range

STATE, SETTINGS, RULES = "current/state.json", "current/live.json", "current/guard/bans.json"
ADDRESSES = Path("/proc/net/fib_trie")
# The last address before "/32 host LOCAL" is one of this host.
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
NEVER = "nginx_lb_never_banned"
LOOPBACK = IPv4Network("127.0.0.0/8")


@dataclass(frozen=True)
class Settings:
    """What the live release says of bans.

    lists: patterns of paths of lists that other programs write; never: ranges of operators and load
    balancers; rules: for how many seconds each of the gatekeeper's rules bans.
    """

    lists: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    rules: t.Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> Settings:
        """Return them; a ValueError says what is damaged. An older release says nothing of it."""
        found, rules = _json(root / SETTINGS), _json(root / RULES)
        return cls(
            tuple(map(str, found.get("lists") or ())),
            tuple(map(str, found.get("never") or ())),
            {str(rule): float(seconds) for rule, seconds in rules.items()},
        )


def _json(path: Path) -> dict[str, t.Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no mapping")
    return found


def own_addresses(path: Path = ADDRESSES) -> list[str]:
    """Return the IPv4 addresses of this host; [] if the kernel does not tell."""
    try:
        return sorted(set(_LOCAL.findall(path.read_text(encoding="ascii"))))
    except OSError:
        return []


@dataclass(frozen=True)
class Protected:
    """Ranges that must not be banned, each with whose it is: "member web1"."""

    ranges: tuple[tuple[IPv4Network, str], ...]

    @classmethod
    def read(cls, root: Path, settings: Settings, addresses: t.Sequence[str]) -> Protected:
        """Return who must not be banned; addresses are this host's own.

        A ValueError names the variable whose ranges are wrong.
        """
        pools = _json(root / STATE).get("pools", [])
        members = {
            (IPv4Network(each["address"]), f"the member {each['name']}")
            for pool in pools
            for each in pool["members"]
        }
        own = [(IPv4Network(each), "this load balancer") for each in addresses]
        with errors_at(NEVER):
            named = [ipaddress.ip_network(each, strict=False) for each in settings.never]
        four = [(each, NEVER) for each in named if isinstance(each, IPv4Network)]
        return cls(((LOOPBACK, "this host"), *own, *sorted(members), *four))

    @cached_property
    def _spans(self) -> list[Span]:
        return spans(network for network, _name in self.ranges)

    def why_not(self, network: IPv4Network) -> str:
        """Return why a range must not be banned: "it has 10.1.0.2 (the member web1)"; or ""."""
        first, last = int(network.network_address), int(network.broadcast_address)
        # Lists are long, so one look has to do for a range that is nobody's.
        before = bisect.bisect_right(self._spans, (last, LAST)) - 1
        if before < 0 or self._spans[before][1] < first:
            return ""
        for protected, name in self.ranges:
            if network.overlaps(protected):
                return f"it has {shown_range(min(protected, network, key=_size))} ({name})"
        return ""

    def refuse(self, network: IPv4Network) -> None:
        """Raise a BanError for a range that must not be banned."""
        if why := self.why_not(network):
            raise BanError(f"{shown_range(network)} must not be banned: {why}")


def _size(network: IPv4Network) -> int:
    return network.num_addresses
