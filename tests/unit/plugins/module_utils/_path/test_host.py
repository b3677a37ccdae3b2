# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import socket
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path import host as host_module
from ansible_collections.peerlb.stack.plugins.module_utils._path.host import (
    LocalHost,
    inspect_ports,
)
from ansible_collections.peerlb.stack.plugins.module_utils._path.watch import WatchedPort

NAT = """table ip filter {
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
        jump DOCKER-USER
        oifname "br-x" ip daddr 172.18.0.2 tcp dport 3306 accept
    }
    chain DOCKER-USER {
        %s
    }
}
"""


class FakeHost:
    """Answers ip, nft and docker as a host does that publishes one container."""

    def __init__(self, port: int, state: str = "running") -> None:
        self.rules: str | None = ""
        self.container = {
            "Id": "c0ffee",
            "Name": "/peerlb-mysql",
            "State": {"Status": state, "Pid": 0, "ExitCode": 0},
            "HostConfig": {
                "PortBindings": {"3306/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
            },
            "NetworkSettings": {"Networks": {"x": {"IPAddress": "172.18.0.2"}}},
        }

    def run(self, command: list[str]) -> tuple[int, str, str]:
        if command[0] == "nft":
            return (0, self.rules, "") if self.rules is not None else (127, "", "not found")
        if command[:2] == ["docker", "ps"]:
            return 0, "c0ffee\n", ""
        if command[:2] == ["docker", "inspect"]:
            return 0, json.dumps([self.container]), ""
        address = command[-1]
        if address == "10.9.9.9":
            return 2, "", "RTNETLINK answers: Network is unreachable\n"
        device = "br-x" if address.startswith("172.") else "eth0"
        return 0, json.dumps([{"dst": address, "dev": device, "prefsrc": "10.2.0.2"}]), ""


@pytest.fixture
def listening() -> t.Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def watched(port: int, address: str = "127.0.0.1") -> WatchedPort:
    return WatchedPort("10.0.0.2", address, port)


def test_route_of_the_kernel() -> None:
    host = LocalHost(FakeHost(1).run)
    assert host.route("10.0.0.2")["text"] == "10.0.0.2 dev eth0 prefsrc 10.2.0.2"
    assert host.route("10.9.9.9") == {
        "device": "",
        "text": "RTNETLINK answers: Network is unreachable",
    }


def test_port_is_described(listening) -> None:
    (found,) = inspect_ports(FakeHost(listening).run, [watched(listening)], 0)
    assert found["arrived"] is None
    (held,) = found["sockets"]
    assert (held["address"], held["hears"], held["container"]) == ("127.0.0.1", True, "")
    (container,) = found["containers"]
    assert (container["name"], container["leads"]) == ("peerlb-mysql", True)
    assert (container["inner_ports"], container["inside"]) == ([3306], [])
    assert found["firewall"] == {"action": "accept", "rule": "", "doubts": []}


def test_socket_and_container_of_another_address_do_not_accept(listening) -> None:
    (found,) = inspect_ports(FakeHost(listening).run, [watched(listening, "10.2.0.2")], 0)
    assert [each["hears"] for each in found["sockets"]] == [False]
    assert [each["leads"] for each in found["containers"]] == [False]


def table(hook: str, rule: str = "", policy: str = "accept") -> str:
    base = f"type filter hook {hook} priority 0; policy {policy};"
    return f"table inet x {{\nchain c {{\n{base}\n{rule}\n}}\n}}\n"


@pytest.mark.parametrize(
    ("state", "rules", "action"),
    [
        ("running", NAT % "", "accept"),
        ("running", NAT % "ct original proto-dst 3306 drop", "drop"),
        ("running", NAT.replace("172.18.0.2", "172.18.0.3") % "", "drop"),
        ("exited", NAT % "ct original proto-dst 3306 drop", "accept"),
        ("running", table("input", policy="drop"), "accept"),
        ("exited", table("input", policy="drop"), "drop"),
        ("running", table("prerouting", "tcp dport 3306 drop"), "drop"),
    ],
)
def test_firewall_follows_nat_to_a_running_container(state, rules, action) -> None:
    fake = FakeHost(3306, state)
    fake.rules = rules
    (found,) = inspect_ports(fake.run, [watched(3306)], 0)
    assert found["firewall"]["action"] == action


def test_firewall_is_none_if_its_rules_cannot_be_read(listening) -> None:
    fake = FakeHost(listening)
    fake.rules = None
    (found,) = inspect_ports(fake.run, [watched(listening)], 0)
    assert found["firewall"] is None


def test_host_without_docker(listening) -> None:
    def run(command: list[str]) -> tuple[int, str, str]:
        return (0, '[{"dst": "10.0.0.2"}]', "") if command[0] == "ip" else (127, "", "not found")

    (found,) = inspect_ports(run, [watched(listening)], 0)
    assert found["containers"] == []


def test_what_the_watch_saw_is_returned(listening, monkeypatch) -> None:
    def watch(ports: list[WatchedPort], _seconds: float) -> bool:
        ports[0].arrived, ports[0].answered = True, "refused"
        return True

    monkeypatch.setattr(host_module, "watch", watch)
    (found,) = inspect_ports(FakeHost(listening).run, [watched(listening)], 3)
    assert (found["arrived"], found["answered"]) == (True, "refused")


def test_nothing_is_read_without_ports() -> None:
    assert inspect_ports(lambda command: pytest.fail(str(command)), [], 3) == []
