# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host runs for the stack is removed, unless the host still serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.fleet.fleet import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A fleet with one load balancer, two web servers and one database; it notes what is asked."""
    built = Fleet(tmp_path, hosts=4).build()
    (built.path / "asked").mkdir()
    return built


def serve(fleet: Fleet, **states: str) -> None:
    """Let the load balancer have these members in these states.

    The fleet notes what a load balancer is asked for another host with that host.
    """
    members = [
        {"name": name, "address": "10.9.9.9", "port": 3000, "state": state}
        for name, state in states.items()
    ]
    disk = fleet.path / "disks/web2"
    disk.mkdir(parents=True)
    (disk / "release").write_text(json.dumps([{"name": "webapp", "members": members}]))


def removed(fleet: Fleet, host: str) -> list[str]:
    """Return the services that were removed from a host."""
    return [call["service"] for call in fleet.asked(host, "service_removal")]


def test_host_that_serves_is_refused(fleet) -> None:
    serve(fleet, web1="up", web2="up")
    code, said = fleet.play("remove", "-e", "host=web2")
    assert code == 2, said
    assert "web2 still serves in webapp" in " ".join(said.split())
    assert removed(fleet, "web2") == []


@pytest.mark.parametrize("state", ["drain", "down"])
def test_host_that_is_out_loses_everything_but_its_data(fleet, state) -> None:
    serve(fleet, web1="up", web2=state)
    code, said = fleet.play("remove", "-e", "host=web2")
    assert code == 0, said
    assert removed(fleet, "web2") == ["nginx", "webapp", "mysql", "valkey", "waf"]
    assert {call["data"] for call in fleet.asked("web2", "service_removal")} == {"keep"}
    assert [call["enabled"] for call in fleet.asked("web2", "host_firewall")] == [False]
    assert removed(fleet, "web1") == []


def test_one_service_is_removed_inside_of_a_limit(fleet) -> None:
    serve(fleet, web1="up")
    arguments = ("-e", "service=webapp", "-e", "data=delete", "--limit", "web2")
    code, said = fleet.play("remove", *arguments)
    assert code == 0, said
    (call,) = fleet.asked("web2", "service_removal")
    assert (call["service"], call["data"]) == ("webapp", "delete")
    assert fleet.asked("web2", "host_firewall") == []
    assert removed(fleet, "web1") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["service=webapp"], "name the host"),
        ([], "name the host"),
        (["host=lb1"], "lb1 is a load balancer of the inventory"),
        (["host=web2", "data=everything"], "data"),
    ],
)
def test_what_is_not_clear_is_refused(fleet, arguments, words) -> None:
    code, said = fleet.play("remove", *(word for each in arguments for word in ("-e", each)))
    assert code == 2, said
    assert words in " ".join(said.split())
    assert [removed(fleet, host) for host in ("lb1", "web1", "web2")] == [[], [], []]
