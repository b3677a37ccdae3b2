# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of both sides share: a declaration to change, and an nginx in a container."""

from __future__ import annotations

import http.server
import itertools
import json
import re
import threading
import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import (
    Flow,
    Host,
    Network,
    TopologyError,
)
from hypothesis import settings
from hypothesis import strategies as st

# A test that had to wait on a busy machine has not failed.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@dataclass
class Inventory:
    """A declaration and hosts, to be changed by a test."""

    topology: t.Any = None
    groups: dict[str, list[str]] = field(default_factory=dict)
    hostvars: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def add(self, name: str, address: t.Any, *groups: str, **values: t.Any) -> None:
        self.hostvars[name] = {"ansible_host": address, **values}
        for group in ("all", *groups):
            self.groups.setdefault(group, []).append(name)

    def flow(self, source: str, target: str, port: t.Any, protocol: str = "tcp") -> None:
        entry = {"from": source, "to": target, "port": port, "protocol": protocol}
        self.topology["flows"].append(entry)

    def parse(self) -> Topology:
        return read_topology(self.topology, self.groups, self.hostvars)

    def problems(self) -> list[str]:
        with pytest.raises(TopologyError) as caught:
            self.parse()
        return list(caught.value.problems)


@pytest.fixture
def bare() -> Inventory:
    """Three networks, of which the first is peered with the others; no flow and no host."""
    networks = [("vpc-lb", "10.0.0.0/16"), ("vpc-web", "10.1.0.0/16"), ("vpc-db", "10.2.0.0/16")]
    return Inventory(
        {
            "networks": [{"name": name, "cidrs": [cidr]} for name, cidr in networks],
            "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
            "flows": [],
            "management": [{"from": "35.235.240.0/20", "port": 22}],
        }
    )


@pytest.fixture
def stack(bare: Inventory) -> Inventory:
    """The stack of the design: a load balancer, two web servers, MySQL and a client outside."""
    bare.add("lb1", "10.0.0.2", "nginx_lb", "servers")
    bare.add("web1", "10.1.0.2", "webapp", "servers", peerlb_zone="a")
    bare.add("web2", "10.1.0.3", "webapp", "servers", peerlb_zone="b")
    bare.add("db1", "10.2.0.2", "mysql", "servers")
    bare.add("client", "203.0.113.10", "clients")
    bare.flow("any", "nginx_lb", 80, "http")
    bare.flow("webapp", "nginx_lb", 3306, "mysql")
    bare.flow("nginx_lb", "webapp", 3000, "http")
    bare.flow("nginx_lb", "mysql", 3306, "mysql")
    return bare


@pytest.fixture
def edge(stack: Inventory) -> Inventory:
    """The stack with what may be added: a port for TLS, and Valkey behind the load balancer."""
    stack.add("kv1", "10.2.0.5", "valkey", "servers")
    stack.flow("any", "nginx_lb", 443, "https")
    stack.flow("webapp", "nginx_lb", 6379, "redis")
    stack.flow("nginx_lb", "valkey", 6379, "redis")
    return stack


NAMES = ("vpc-a", "vpc-b", "vpc-c", "vpc-d")
PAIRS = [frozenset(pair) for pair in itertools.combinations(NAMES, 2)]
GROUPS = ("red", "green", "blue")
RANGES = ("10.0.0.0/24", "10.0.0.0/23", "10.1.0.0/25", "10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/0")


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """Draw four networks, one of them with two ranges, and what may be between a few hosts."""
    networks = {
        name: Network(name, (IPv4Network(f"10.{number}.0.0/24"),))
        for number, name in enumerate(NAMES)
    }
    networks["vpc-b"] = Network("vpc-b", (*networks["vpc-b"].cidrs, IPv4Network("10.0.1.0/24")))
    places: list[tuple[str | None, IPv4Network]] = [(None, IPv4Network("203.0.113.0/24"))]
    places += [(each.name, cidr) for each in networks.values() for cidr in each.cidrs]
    hosts = {}
    for number in range(1, draw(st.integers(2, 7))):
        network, cidr = draw(st.sampled_from(places))
        groups = tuple(draw(st.sets(st.sampled_from(GROUPS))))
        address = str(cidr[number + draw(st.sampled_from((0, 128)))])
        hosts[f"h{number}"] = Host(f"h{number}", network, address, "", groups)
    targets = st.sampled_from((*hosts, *NAMES, *GROUPS))
    sources = st.one_of(st.sampled_from(("any", *RANGES)), targets)
    flows = st.builds(Flow, sources, targets, st.sampled_from((80, 443)))
    return Topology(
        networks,
        frozenset(draw(st.sets(st.sampled_from(PAIRS)))),
        hosts,
        tuple(draw(st.lists(flows, max_size=6, unique=True))),
    )


@pytest.fixture(scope="session")
def random_topologies() -> st.SearchStrategy[Topology]:
    return topologies()


class FakeNginx:
    """Answers docker's commands and, over a real socket, /release with the loaded id.

    commands does not hold what only looks. made_from is the compose.yml of the container, settings
    is what docker tells of it besides, and images are the ids of those on the host by name. It
    answers on port, or on other_port where the status.conf of the loaded release names that.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self.loaded: str | None = None
        self.made_from = self.definition = ""
        self.settings: dict[str, t.Any] = {}
        self.images: dict[str, str] = {}
        self.commands: list[list[str]] = []
        self.refuse: dict[str, str] = {}
        self.emerg = ""
        self.version = "1.30.6"
        self.servers = [self._listen(), self._listen()]
        self.port, self.other_port = (server.server_address[1] for server in self.servers)
        self.listens = self.port

    def _listen(self) -> http.server.ThreadingHTTPServer:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type:
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listens = self.server.server_address[1] == fake.listens
                self.send_response(200 if fake.loaded and listens else 503)
                self.end_headers()
                self.wfile.write(f"{fake.loaded}\n".encode())

            def log_message(self, *_args) -> None:
                pass

        return Handler

    def load(self) -> None:
        current = self.project / "nginx/current"
        text = (current / "release.conf").read_text()
        self.loaded = re.search(r'return 200 "(\w+)', text).group(1)
        status = current / "status.conf"
        self.listens = (
            int(re.findall(r"\d+", status.read_text())[-1]) if status.exists() else self.port
        )

    def run(self, command: list[str], **_options) -> tuple[int, str, str]:
        if command[1] == "inspect":
            labels = {"com.docker.compose.project.config_files": self.made_from}
            record = {"State": {"Status": "running"}, "Config": {"Labels": labels}, **self.settings}
            if not self.made_from:
                return 1, "[]", "Error: No such object: peerlb-nginx"
            images = [{"Id": self.images[name]} for name in command[3:] if name in self.images]
            return 0, json.dumps([record, *images]), ""
        if command[-2:] == ["nginx", "-v"]:
            return 0, "", f"nginx version: nginx/{self.version}\n"
        self.commands.append(command)
        verb = self.verbs()[-1]
        if verb in self.refuse:
            return 1, "", self.refuse[verb]
        if verb == "up":
            self._make(Path(command[command.index("--file") + 1]))
        if verb in ("up", "reload") and not self.emerg:
            self.load()
        if verb == "down":
            self.loaded = None
        return 0, "", self.emerg if verb == "logs" else ""

    def _make(self, compose: Path) -> None:
        """As Compose: another definition makes another container, the same one keeps it."""
        text = compose.read_text()
        if text != self.definition:
            self.made_from, self.definition = str(compose), text

    def verbs(self) -> list[str]:
        known = ("run", "exec", "up", "logs", "down")
        return [
            "reload"
            if command[-1] == "kill -HUP 1"
            else next((word for word in command if word in known), command[1])
            for command in self.commands
        ]


@pytest.fixture
def fake_nginx(tmp_path):
    fake = FakeNginx(tmp_path)
    yield fake
    fake.close()
