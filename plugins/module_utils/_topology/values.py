# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a declaration: networks, hosts, flows, management. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._values.addresses import IPv4Network

ANY = "any"  # the source of a flow that admits every host, inside and outside of the networks
CLIENTS = "clients"  # the group whose hosts may lie outside of every network


class TopologyError(ValueError):
    """The declaration cannot work. problems: one sentence for each entry at fault."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Network:
    """A VPC network: its name and its ranges."""

    name: str
    cidrs: tuple[IPv4Network, ...]


@dataclass(frozen=True)
class Host:
    """A host of the inventory.

    network: the name of its network, None outside of every network; address: its address there,
    "" where it is not known; public: its address for hosts outside, where that is another one.
    """

    name: str
    network: str | None
    address: str
    zone: str = ""
    groups: tuple[str, ...] = ()
    public: str = ""

    def seen_from(self, source: Host) -> str:
        """Return the address at which another host reaches this one."""
        return self.address if source.network else self.public or self.address


@dataclass(frozen=True)
class Flow:
    """A declared flow: the source may open connections to a port of the target.

    source: any, a range, a network, a group or a host; target: a network, a group or a host.
    """

    source: str
    target: str
    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}:{self.port} ({self.protocol})"


@dataclass(frozen=True)
class Management:
    """A range from which Ansible reaches the hosts, and the port; no flow, so no probe tests it."""

    source: IPv4Network
    port: int

    def __str__(self) -> str:
        return f"{self.source} -> {self.port}"
