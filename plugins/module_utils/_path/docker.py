# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which containers publish a port, or would, from "docker inspect". No Ansible, no I/O."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

EVERYWHERE = ("", "0.0.0.0", "::")


@dataclass(frozen=True)
class Publication:
    """A port of the host that leads to a port of a container."""

    address: str
    port: int
    inner_port: int

    def leads_from(self, address: str) -> bool:
        return self.address in (*EVERYWHERE, address)


@dataclass(frozen=True)
class Container:
    """A container, running or not. address: its own; empty where it uses the host's network."""

    id: str
    name: str
    state: str
    health: str
    exit_code: int
    pid: int
    address: str
    host_network: bool
    published: tuple[Publication, ...]

    @classmethod
    def parse(cls, entry: t.Mapping[str, t.Any]) -> Container:
        state, settings = entry["State"], entry["HostConfig"]
        networks = (entry.get("NetworkSettings") or {}).get("Networks") or {}
        addresses = [each.get("IPAddress") for each in networks.values()]
        return cls(
            id=entry["Id"],
            name=entry["Name"].lstrip("/"),
            state=state["Status"],
            health=(state.get("Health") or {}).get("Status", ""),
            exit_code=state.get("ExitCode", 0),
            pid=state.get("Pid", 0),
            address=next((address for address in addresses if address), ""),
            host_network=settings.get("NetworkMode") == "host",
            published=tuple(_published(settings.get("PortBindings") or {})),
        )

    def on(self, port: int) -> list[Publication]:
        return [each for each in self.published if each.port == port]

    @property
    def running(self) -> bool:
        return self.state == "running"


def parse(text: str) -> list[Container]:
    """Read the answer of "docker inspect" for all containers; [] if it is none."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    return [Container.parse(entry) for entry in entries]


def _published(bindings: t.Mapping[str, t.Any]) -> t.Iterator[Publication]:
    for inner, outer in bindings.items():
        port, _slash, protocol = inner.partition("/")
        for each in outer or ():
            if protocol in ("", "tcp") and str(each.get("HostPort") or "").isdecimal():
                yield Publication(each.get("HostIp") or "", int(each["HostPort"]), int(port))


def concerned(containers: t.Iterable[Container], port: int, holder: str) -> list[Container]:
    """Return the containers that a port of the host is about.

    These are those that publish it, the one that holds its socket (by id) and, where nobody
    does, those on the host's network that do not run.
    """
    every = list(containers)
    found = [each for each in every if each.on(port) or each.id == holder]
    return found or [each for each in every if each.host_network and not each.running]
