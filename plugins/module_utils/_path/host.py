# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather what this host knows of connections to it: sockets, containers, firewall, arrivals."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from .docker import Container, containers_at, parse_containers
from .nft.text import Ruleset, parse_ruleset
from .nft.walk import Verdict, judge
from .sockets import Listener, holders, listeners
from .watch import WatchedPort, watch

Run = t.Callable[[list[str]], tuple[int, str, str]]  # returns exit code, stdout and stderr
# The hooks of nftables that a packet passes: on its arrival, then to a container or to a process.
ARRIVAL_HOOKS, CONTAINER_HOOKS, PROCESS_HOOKS = ("ingress", "prerouting"), ("forward",), ("input",)
# An address for documentation (RFC 5737), to ask for the route to any host of the internet.
SOME_HOST = "192.0.2.1"


@dataclass
class LocalHost:
    """The host on which this runs, with what was read of it once for all ports.

    run: executes a command; rules: None if they cannot be read.
    """

    run: Run
    containers: list[Container] = field(default_factory=list)
    rules: Ruleset | None = None
    listening: list[Listener] = field(default_factory=list)

    @classmethod
    def read(cls, run: Run) -> LocalHost:
        """Read the containers, the rules and the listening sockets of this host."""
        code, text, _err = run(["nft", "-a", "list", "ruleset"])
        rules = parse_ruleset(text) if code == 0 else None
        return cls(run, _read_containers(run), rules, listeners())

    def route(self, address: str) -> dict[str, str]:
        """Return the kernel's route to an address, or why there is none.

        {"device": "eth0", "text": "10.2.0.2 gateway 10.0.0.1 dev eth0 prefsrc 10.0.0.2"}
        """
        code, out, err = self.run(["ip", "-j", "route", "get", address])
        if code != 0:
            return {"device": "", "text": (err or out).strip()}
        entry = json.loads(out)[0]
        keys = ("gateway", "dev", "prefsrc")
        words = [f"{key} {entry[key]}" for key in keys if entry.get(key)]
        return {"device": entry.get("dev", ""), "text": " ".join([entry["dst"], *words])}

    def describe(self, port: WatchedPort) -> dict[str, t.Any]:
        """Return a port's sockets and containers and the firewall's verdict, as path_info does."""
        sockets = [listener for listener in self.listening if listener.port == port.port]
        held = holders({socket.inode for socket in sockets})
        ids = [holder["container"] for holder in held.values()]
        containers = containers_at(self.containers, port.port, (ids or [""])[0])
        return {
            "sockets": [
                {
                    "address": socket.address,
                    "hears": socket.accepts(port.address),
                    "process": held.get(socket.inode, {}).get("process", ""),
                    "container": self._name(held.get(socket.inode, {}).get("container", "")),
                }
                for socket in sockets
            ],
            "containers": [_describe_container(each, port) for each in containers],
            "firewall": self._firewall(port, containers),
        }

    def _name(self, container: str) -> str:
        return next((each.name for each in self.containers if each.id == container), "")

    def _firewall(
        self, port: WatchedPort, containers: t.Sequence[Container]
    ) -> dict[str, t.Any] | None:
        """Return the rules' verdict on a connection's first packet; None if they cannot be read."""
        if self.rules is None:
            return None
        packet: dict[str, t.Any] = {"daddr": port.address, "dport": port.port, "status": ""}
        packet.update(original_daddr=port.address, original_dport=port.port, daddr_type="local")
        packet["saddr"] = port.source or None
        packet["iifname"] = self.route(port.source or SOME_HOST)["device"] or None
        verdict = judge(self.rules, packet, ARRIVAL_HOOKS)
        if verdict.action == "accept":
            translated = self._translated(packet, containers, port)
            hooks = CONTAINER_HOOKS if translated else PROCESS_HOOKS
            later = judge(self.rules, translated or packet, hooks)
            verdict = Verdict(later.action, later.rule, verdict.doubts + later.doubts)
        return vars(verdict)

    def _translated(
        self, packet: dict[str, t.Any], containers: t.Sequence[Container], port: WatchedPort
    ) -> dict[str, t.Any] | None:
        """Return the packet as Docker's NAT sends it to a container; None if it goes to none."""
        for container in containers:
            for published in container.published_at(port.port):
                if container.running and container.address and published.accepts(port.address):
                    device = self.route(container.address)["device"] or None
                    changed = {"daddr": container.address, "dport": published.inner_port}
                    extra = {"status": "dnat", "daddr_type": "unicast", "oifname": device}
                    return {**packet, **changed, **extra}
        return None


def _describe_container(container: Container, port: WatchedPort) -> dict[str, t.Any]:
    published = container.published_at(port.port)
    inner = {each.inner_port for each in published}
    inside = listeners(f"/proc/{container.pid}") if container.pid else []
    return {
        "name": container.name,
        "state": container.state,
        "health": container.health,
        "exit_code": container.exit_code,
        "published": [each.address or "0.0.0.0" for each in published],
        "leads": any(each.accepts(port.address) for each in published),
        "host_network": container.host_network,
        "inner_ports": sorted(inner),
        "inside": sorted({str(each) for each in inside if each.port in inner}),
    }


def _read_containers(run: Run) -> list[Container]:
    code, out, _err = run(["docker", "ps", "--all", "--quiet", "--no-trunc"])
    if code != 0 or not out.split():
        return []
    _code, out, _err = run(["docker", "inspect", *out.split()])
    return parse_containers(out)


def inspect_ports(
    run: Run, ports: t.Sequence[WatchedPort], seconds: float
) -> list[dict[str, t.Any]]:
    """Watch the ports for at most some seconds, then return what there is at each of them.

    arrived and answered are None if seconds is 0 or this process may not see packets.
    """
    if not ports:
        return []
    watched = seconds > 0 and watch(ports, seconds)
    host = LocalHost.read(run)
    return [
        {
            "arrived": port.arrived if watched else None,
            "answered": port.answered if watched else None,
            **host.describe(port),
        }
        for port in ports
    ]
