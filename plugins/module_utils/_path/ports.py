# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs that are not ours hold what the stack will use on this host."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from .docker import Container
from .sockets import Listener, holders, listeners

OURS = "peerlb-"  # how the names of our containers and units begin
ANYWHERE = "0.0.0.0"
# Who holds the socket of a port that a container publishes.
DOCKER = ("dockerd", "docker-proxy")
PROJECT, FILES = "com.docker.compose.project", "com.docker.compose.project.config_files"

Record = t.Mapping[str, t.Any]  # an element of what `docker inspect` prints


def foreign_containers(records: t.Iterable[Record]) -> list[str]:
    """Return a sentence for each container that has a name of ours and that we have not made."""
    found = []
    for each in records:
        name = each["Name"].lstrip("/")
        labels = (each.get("Config") or {}).get("Labels") or {}
        origin = f"{labels.get(PROJECT, '')} {labels.get(FILES, '')}"
        if name.startswith(OURS) and "peerlb" not in origin:
            found.append(f"the container {name} is not ours: give it another name, or remove it")
    return found


def taken(
    wanted: t.Iterable[Record], records: t.Iterable[Record], proc: str = "/proc"
) -> list[str]:
    """Return a sentence for each wanted port that somebody else holds.

    wanted: [{"address": "10.1.0.2", "port": 3000}]; 0.0.0.0 stands for every address. Only root
    sees who holds a port.
    """
    containers = [Container.parse(each) for each in records]
    listening = listeners(proc)
    found: dict[str, None] = {}
    for each in wanted:
        sockets = [socket for socket in listening if _clash(socket, each)]
        held = holders({socket.inode for socket in sockets}, proc)
        for socket in sockets:
            who = _foreign(held.get(socket.inode), socket, containers, proc)
            if who:
                found[f"{socket} is held by {who}: stop it, or declare another port"] = None
    return list(found)


def _clash(socket: Listener, wanted: Record) -> bool:
    either = wanted["address"] == ANYWHERE or socket.accepts(wanted["address"])
    return socket.port == wanted["port"] and either


def _foreign(
    holder: Record | None, socket: Listener, containers: t.Sequence[Container], proc: str
) -> str:
    """Return who holds a socket: "nginx (nginx.service)"; "" for ours and for nobody known."""
    if not holder:
        return ""
    if holder["process"] in DOCKER:
        names = [each.name for each in containers if each.published_at(socket.port)]
        return ", ".join(f"the container {each}" for each in names if not each.startswith(OURS))
    name = next((each.name for each in containers if each.id == holder["container"]), "")
    if name:
        return "" if name.startswith(OURS) else f"the container {name}"
    unit = re.search(r"([^/\n]+\.service)", _cgroup(proc, holder["pid"]))
    if unit and unit[1].startswith(OURS):
        return ""
    return f"{holder['process']} ({unit[1] if unit else 'process ' + str(holder['pid'])})"


def _cgroup(proc: str, pid: int) -> str:
    try:
        return Path(proc, str(pid), "cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
