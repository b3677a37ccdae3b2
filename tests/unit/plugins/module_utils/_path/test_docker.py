# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.peerlb.stack.plugins.module_utils._path.docker import (
    containers_at,
    parse_containers,
)


def entry(
    name: str, state: str = "running", bindings=None, network: str = "bridge", **values
) -> dict:
    return {
        "Id": name * 8,
        "Name": f"/{name}",
        "State": {"Status": state, "Pid": 7, "ExitCode": 137, **values},
        "HostConfig": {"NetworkMode": network, "PortBindings": bindings},
        "NetworkSettings": {"Networks": {"x": {"IPAddress": "172.18.0.2"}}},
    }


def bound(address: str, port: str, inner: str = "3306/tcp") -> dict:
    return {inner: [{"HostIp": address, "HostPort": port}]}


def test_container_is_read() -> None:
    text = json.dumps(
        [entry("db", bindings=bound("10.2.0.2", "3306"), Health={"Status": "starting"})]
    )
    (found,) = parse_containers(text)
    assert (found.name, found.state, found.health, found.pid) == ("db", "running", "starting", 7)
    assert (found.address, found.host_network, found.running) == ("172.18.0.2", False, True)
    (published,) = found.published_at(3306)
    assert published.accepts("10.2.0.2") and not published.accepts("10.2.0.3")
    assert published.inner_port == 3306
    assert found.published_at(80) == []


def test_container_without_network_or_ports_is_read() -> None:
    bare = {"Id": "a", "Name": "/a", "State": {"Status": "created"}, "HostConfig": {}}
    (found,) = parse_containers(json.dumps([bare]))
    assert (found.address, found.published, found.health, found.running) == ("", (), "", False)
    assert (
        parse_containers("") == [] and parse_containers("Cannot connect to the Docker daemon") == []
    )


def test_udp_ports_and_random_ports_are_left_out() -> None:
    bindings = {**bound("", "53", "53/udp"), **bound("", "", "80/tcp"), "81/tcp": None}
    assert parse_containers(json.dumps([entry("a", bindings=bindings)]))[0].published == ()


def test_port_published_on_all_interfaces_accepts_any_address() -> None:
    (found,) = parse_containers(json.dumps([entry("a", bindings=bound("", "80", "80/tcp"))]))
    assert found.published_at(80)[0].accepts("10.2.0.2")


def test_containers_at_a_port() -> None:
    stopped = entry("db", "exited", bound("10.2.0.2", "3306"))
    proxy, off = entry("lb", network="host"), entry("old", "exited", network="host")
    every = parse_containers(json.dumps([stopped, proxy, off]))

    def names(port: int, holder: str = "") -> list[str]:
        return [each.name for each in containers_at(every, port, holder)]

    assert names(3306) == ["db"]
    assert names(80, "lb" * 8) == ["lb"]
    assert names(80) == ["old"]
