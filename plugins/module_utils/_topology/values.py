# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a declaration: networks, hosts, flows. No Ansible, no I/O."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._values.addresses import IPv4Network

ANY = "any"
CLIENTS = "clients"


class TopologyError(ValueError):
    """The declaration makes no sense; problems holds one sentence for each entry at fault."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Network:
    """A VPC network: its name and its ranges."""

    name: str
    cidrs: tuple[IPv4Network, ...]

    def holds(self, address: str) -> bool:
        wanted = ipaddress.IPv4Address(address)
        return any(wanted in cidr for cidr in self.cidrs)


@dataclass(frozen=True)
class Host:
    """A host of the inventory; network is None where it stands outside of every network."""

    name: str
    network: str | None
    address: str
    zone: str = ""
    groups: tuple[str, ...] = ()
    public: str = ""  # where it is found from outside of every network, if not at its address

    def seen_from(self, source: Host) -> str:
        """Return the address at which another host finds this one."""
        return self.address if source.network else self.public or self.address


@dataclass(frozen=True)
class Flow:
    """What may talk to what: source is any, a range, a network, a group or a host."""

    source: str
    target: str
    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}:{self.port} ({self.protocol})"


@dataclass(frozen=True)
class Management:
    """From where Ansible gets in; judged apart from the flows."""

    source: IPv4Network
    port: int

    def __str__(self) -> str:
        return f"{self.source} -> {self.port}"
