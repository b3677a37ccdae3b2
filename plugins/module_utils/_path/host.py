# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather what a host knows of connections to it: sockets, containers, firewall, arrivals."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from . import docker as _path_docker
from . import sockets as _path_sockets
from .docker import Container
from .nft.text import Ruleset
from .nft.text import parse as parse_rules
from .nft.walk import Verdict, judge
from .watch import Door, watch

Run = t.Callable[[list[str]], tuple[int, str, str]]
BEFORE, AFTER_NAT, FOR_US = ("ingress", "prerouting"), ("forward",), ("input",)


@dataclass
class Host:
    """What was read of this host, once for all doors. run executes a command."""

    run: Run
    containers: list[Container] = field(default_factory=list)
    rules: Ruleset | None = None
    listening: list[_path_sockets.Listener] = field(default_factory=list)

    @classmethod
    def read(cls, run: Run) -> Host:
        code, rules, _err = run(["nft", "-a", "list", "ruleset"])
        return cls(
            run, _containers(run), parse_rules(rules) if code == 0 else None,
            _path_sockets.listeners(),
        )  # fmt: skip

    def route(self, address: str) -> dict[str, str]:
        """Return the interface and the sentence of the kernel's route to an address."""
        code, out, err = self.run(["ip", "-j", "route", "get", address])
        if code != 0:
            return {"device": "", "text": (err or out).strip()}
        entry = json.loads(out)[0]
        keys = ("gateway", "dev", "prefsrc")
        words = [f"{key} {entry[key]}" for key in keys if entry.get(key)]
        return {"device": entry.get("dev", ""), "text": " ".join([entry["dst"], *words])}

    def door(self, door: Door) -> dict[str, t.Any]:
        """Return what there is at a door: its sockets, containers, and the firewall's verdict."""
        sockets = [each for each in self.listening if each.port == door.port]
        held = _path_sockets.holders({each.inode for each in sockets})
        ids = [holder["container"] for holder in held.values()]
        containers = _path_docker.concerned(self.containers, door.port, (ids or [""])[0])
        return {
            "sockets": [
                {
                    "address": each.address,
                    "hears": each.hears(door.address),
                    "process": held.get(each.inode, {}).get("process", ""),
                    "container": self._name(held.get(each.inode, {}).get("container", "")),
                }
                for each in sockets
            ],
            "containers": [self._container(each, door) for each in containers],
            "firewall": self._firewall(door, containers),
        }

    def _name(self, container: str) -> str:
        return next((each.name for each in self.containers if each.id == container), "")

    def _container(self, container: Container, door: Door) -> dict[str, t.Any]:
        inner = {each.inner_port for each in container.on(door.port)}
        inside = _path_sockets.listeners(f"/proc/{container.pid}") if container.pid else []
        return {
            "name": container.name,
            "state": container.state,
            "health": container.health,
            "exit_code": container.exit_code,
            "published": [each.address or "0.0.0.0" for each in container.on(door.port)],
            "leads": any(each.leads_from(door.address) for each in container.on(door.port)),
            "host_network": container.host_network,
            "inner_ports": sorted(inner),
            "inside": sorted({str(each) for each in inside if each.port in inner}),
        }

    def _firewall(self, door: Door, containers: t.Sequence[Container]) -> dict[str, t.Any] | None:
        """Follow the door's first packet through the rules; None where they can not be read."""
        if self.rules is None:
            return None
        packet: dict[str, t.Any] = {"daddr": door.address, "dport": door.port, "status": ""}
        packet.update(original_daddr=door.address, original_dport=door.port, daddr_type="local")
        packet["saddr"] = door.source or None
        packet["iifname"] = self.route(door.source or "192.0.2.1")["device"] or None
        verdict = judge(self.rules, packet, BEFORE)
        if verdict.action == "accept":
            then = self._behind_nat(packet, containers, door)
            later = judge(self.rules, then or packet, AFTER_NAT if then else FOR_US)
            verdict = Verdict(later.action, later.rule, verdict.doubts + later.doubts)
        return vars(verdict)

    def _behind_nat(
        self, packet: dict[str, t.Any], containers: t.Sequence[Container], door: Door
    ) -> dict[str, t.Any] | None:
        """Return the packet as it is on its way to a container, or None if it goes to none."""
        for container in containers:
            for each in container.on(door.port):
                if container.running and container.address and each.leads_from(door.address):
                    out = self.route(container.address)["device"] or None
                    changed = {"daddr": container.address, "dport": each.inner_port}
                    extra = {"status": "dnat", "daddr_type": "unicast", "oifname": out}
                    return {**packet, **changed, **extra}
        return None


def _containers(run: Run) -> list[Container]:
    code, out, _err = run(["docker", "ps", "--all", "--quiet", "--no-trunc"])
    if code != 0 or not out.split():
        return []
    _code, out, _err = run(["docker", "inspect", *out.split()])
    return _path_docker.parse(out)


def look(run: Run, doors: t.Sequence[Door], seconds: float) -> list[dict[str, t.Any]]:
    """Watch the doors for some seconds, then look at what is behind each of them."""
    seen = bool(doors) and seconds > 0 and watch(doors, seconds)
    if not doors:
        return []
    host = Host.read(run)
    return [
        {
            "arrived": door.arrived if seen else None,
            "answered": door.answered if seen else None,
            **host.door(door),
        }
        for door in doors
    ]
