# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.ports import (
    foreign_containers,
    taken,
)


@pytest.fixture
def port() -> int:
    """Return a port at which this process listens, on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def published(name: str, port: int) -> dict:
    """Return a running container that publishes a port, as docker inspect tells it."""
    bindings = {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]}
    state = {"Status": "running"}
    return {
        "Id": name,
        "Name": f"/{name}",
        "State": state,
        "HostConfig": {"PortBindings": bindings},
    }


@pytest.mark.parametrize(
    ("address", "clash"), [("127.0.0.1", True), ("0.0.0.0", True), ("192.0.2.1", False)]
)
def test_program_that_holds_a_port_is_named(port, address, clash) -> None:
    found = taken([{"address": address, "port": port}], [])
    assert bool(found) is clash
    if clash:
        assert found[0].startswith(f"127.0.0.1:{port} is held by {comm()} (")
        assert found[0].endswith(": stop it, or declare another port")


def comm() -> str:
    """Return the name of this process."""
    with open(f"/proc/{os.getpid()}/comm", encoding="ascii") as stream:
        return stream.read().strip()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("shop", ["10.1.0.2:80 is held by the container shop: stop it, or declare another port"]),
        ("peerlb-webapp", []),
    ],
)
def test_container_that_publishes_a_port_is_named(tmp_path, name, found) -> None:
    (tmp_path / "net").mkdir()
    heading = "  sl  local_address rem_address   st\n"
    line = "   0: 0200010A:0050 00000000:0000 0A 0:0 00:0 0 0 0 4711 1\n"
    (tmp_path / "net/tcp").write_text(heading + line)
    (tmp_path / "12/fd").mkdir(parents=True)
    (tmp_path / "12/fd/3").symlink_to("socket:[4711]")
    (tmp_path / "12/comm").write_text("dockerd\n")
    (tmp_path / "12/cgroup").write_text("0::/system.slice/docker.service\n")
    wanted = [{"address": "10.1.0.2", "port": 80}]
    assert taken(wanted, [published(name, 80)], str(tmp_path)) == found
    (tmp_path / "12/comm").write_text("nginx\n")
    (message,) = taken(wanted, [], str(tmp_path))
    assert message.startswith("10.1.0.2:80 is held by nginx (docker.service)")
    (tmp_path / "12/cgroup").write_text("0::/system.slice/peerlb-pools.service\n")
    assert taken(wanted, [], str(tmp_path)) == []


@pytest.mark.parametrize(
    ("labels", "foreign"),
    [
        (None, True),
        ({"com.docker.compose.project": "shop"}, True),
        ({"com.docker.compose.project": "peerlb-mysql"}, False),
        ({"com.docker.compose.project.config_files": "/opt/peerlb/mysql/compose.yml"}, False),
    ],
)
def test_container_with_a_name_of_ours_is_named(labels, foreign) -> None:
    record = {"Name": "/peerlb-mysql", "Config": {"Labels": labels}}
    assert bool(foreign_containers([record])) is foreign
    assert foreign_containers([{**record, "Name": "/shop"}]) == []
