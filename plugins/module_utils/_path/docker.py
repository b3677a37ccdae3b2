# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which containers publish a port of the host, from "docker inspect". No Ansible, no I/O."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

ALL_INTERFACES = ("", "0.0.0.0", "::")  # how Docker writes a port that is published on all of them


@dataclass(frozen=True)
class PublishedPort:
    """A port of the host that leads to a port of a container (inner_port)."""

    address: str
    port: int
    inner_port: int

    def accepts(self, address: str) -> bool:
        """Tell whether a connection to this address of the host is led to the container."""
        return self.address in (*ALL_INTERFACES, address)


@dataclass(frozen=True)
class Container:
    """A container, running or not. address: its own address, "" on the host's network."""

    id: str
    name: str
    state: str
    health: str
    exit_code: int
    pid: int
    address: str
    host_network: bool
    published: tuple[PublishedPort, ...]

    @classmethod
    def parse(cls, entry: t.Mapping[str, t.Any]) -> Container:
        """Read one entry of what "docker inspect" prints."""
        state, settings = entry["State"], entry["HostConfig"]
        networks = (entry.get("NetworkSettings") or {}).get("Networks") or {}
        addresses = [network.get("IPAddress") for network in networks.values()]
        return cls(
            id=entry["Id"],
            name=entry["Name"].lstrip("/"),
            state=state["Status"],
            health=(state.get("Health") or {}).get("Status", ""),
            exit_code=state.get("ExitCode", 0),
            pid=state.get("Pid", 0),
            address=next((address for address in addresses if address), ""),
            host_network=settings.get("NetworkMode") == "host",
            published=tuple(_published_ports(settings.get("PortBindings") or {})),
        )

    def published_at(self, port: int) -> list[PublishedPort]:
        """Return what the container publishes at a port of the host."""
        return [published for published in self.published if published.port == port]

    @property
    def running(self) -> bool:
        """Whether the container runs."""
        return self.state == "running"


def parse_containers(text: str) -> list[Container]:
    """Return the containers that "docker inspect" printed; [] if the text is no such answer."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    return [Container.parse(entry) for entry in entries]


def _published_ports(bindings: t.Mapping[str, t.Any]) -> t.Iterator[PublishedPort]:
    """Read PortBindings, such as {"3306/tcp": [{"HostIp": "10.2.0.2", "HostPort": "3306"}]}."""
    for inner, bound in bindings.items():
        port, _slash, protocol = inner.partition("/")
        for binding in bound or ():
            if protocol in ("", "tcp") and str(binding.get("HostPort") or "").isdecimal():
                address = binding.get("HostIp") or ""
                yield PublishedPort(address, int(binding["HostPort"]), int(port))


def containers_at(containers: t.Iterable[Container], port: int, holder: str) -> list[Container]:
    """Return the containers that have to do with a port of the host.

    holder: the id of the container that holds the port's socket, "" for none. If no container
    publishes the port or holds its socket, it is any stopped container on the host's network: what
    such a container would listen on is not known.
    """
    every = list(containers)
    serving = [each for each in every if each.published_at(port) or each.id == holder]
    return serving or [each for each in every if each.host_network and not each.running]
