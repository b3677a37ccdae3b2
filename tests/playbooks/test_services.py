# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services are renewed and rolled back host by host, and status tells what runs where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.fleet.fleet import Fleet

WEBS = ("web1", "web2", "web3", "web4")


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A fleet with one load balancer, four web servers and one database; it notes what is asked."""
    built = Fleet(tmp_path, hosts=6).build()
    (built.path / "asked").mkdir()
    return built


def differ(fleet: Fleet, *hosts: str) -> None:
    """Let the application of these hosts be another one than the wanted one."""
    for host in hosts:
        disk = fleet.path / "disks" / host
        disk.mkdir(parents=True)
        (disk / "differs").write_text('["compose.yml differs"]')


def steps(fleet: Fleet, host: str) -> list[str]:
    """Return what was done to the application or database of a host, in order.

    The load balancer takes a host out and puts it back on behalf of that host.
    """
    log = fleet.path / "asked" / host
    calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    names = {
        "nginx_member": lambda params: f"{params['member']} is {params['state']}",
        "service_release": lambda params: "test" if params["test_only"] else "release",
        "service_rollback": lambda params: f"{params['service']} back to {params['release']}",
        "file": lambda params: f"{params['path']} is {params['state']}",
    }
    return [names[module](params) for module, params, _address in calls if module in names]


def renewed(host: str, change: str, service: str = "webapp") -> list[str]:
    """Return the steps of a renewal."""
    complete = f"/opt/peerlb/{service}/renewing.json is absent"
    return [f"{host} is out", change, f"{host} is in", complete]


def test_hosts_that_differ_are_renewed_while_they_are_out(fleet) -> None:
    differ(fleet, "web1", "web3")
    code, said = fleet.play("webapp", "-e", "operator=ada")
    assert code == 0, said
    assert {host: steps(fleet, host) for host in WEBS} == {
        "web1": ["test", *renewed("web1", "release")],
        "web2": ["test"],
        "web3": ["test", *renewed("web3", "release")],
        "web4": ["test"],
    }
    assert [call["renewing"] for call in fleet.asked("web1", "service_release")] == [False, True]
    assert {call["operator"] for call in fleet.asked("web1", "nginx_member")} == {"ada"}


def test_host_that_does_not_come_up_is_put_back_and_ends_the_run(fleet) -> None:
    differ(fleet, "web1", "web2")
    (fleet.path / "disks/web1/fails").write_text("yes")
    code, said = fleet.play("webapp")
    assert code == 2, said
    assert "peerlb-webapp exits as soon as it has started" in said
    assert steps(fleet, "web1") == ["test", *renewed("web1", "release")]
    assert steps(fleet, "web2") == ["test"]


def test_hosts_in_which_nothing_differs_stay_in_their_pools(fleet) -> None:
    code, said = fleet.play("webapp")
    assert code == 0, said
    assert {host: steps(fleet, host) for host in WEBS} == dict.fromkeys(WEBS, ["test"])


def test_only_hosts_inside_of_a_limit_are_renewed(fleet) -> None:
    differ(fleet, "web1", "web2")
    code, said = fleet.play("webapp", "--limit", "web2")
    assert code == 0, said
    assert steps(fleet, "web2") == ["test", *renewed("web2", "release")]
    assert steps(fleet, "web1") == []


@pytest.mark.parametrize(("service", "hosts"), [("webapp", WEBS), ("mysql", ("db1",))])
def test_each_host_of_a_service_goes_back_while_it_is_out(fleet, service, hosts) -> None:
    code, said = fleet.play("rollback", "-e", f"service={service}", "-e", "release=0d44")
    assert code == 0, said
    for host in (*WEBS, "db1"):
        wanted = renewed(host, f"{service} back to 0d44", service) if host in hosts else []
        assert steps(fleet, host) == wanted
    assert fleet.asked(hosts[0], "service_rollback")[0]["renewing"] is True
    assert fleet.asked("lb1", "nginx_rollback") == []


def test_rollback_is_that_of_the_load_balancer_if_nothing_is_said(fleet) -> None:
    code, said = fleet.play("rollback")
    assert code == 0, said
    (call,) = fleet.asked("lb1", "nginx_rollback")
    assert (call["release"], call["reason"]) == ("", "rollback")
    assert [steps(fleet, host) for host in (*WEBS, "db1")] == [[]] * 5


def test_rollback_of_a_service_respects_a_limit(fleet) -> None:
    code, said = fleet.play("rollback", "-e", "service=webapp", "--limit", "web2")
    assert code == 0, said
    assert steps(fleet, "web2") == renewed("web2", "webapp back to ")
    assert steps(fleet, "web1") == []


def test_unknown_service_is_refused_before_any_host_is_asked(fleet) -> None:
    code, said = fleet.play("rollback", "-e", "service=redis")
    assert code == 2, said
    refused = " ".join(said.split())
    assert "redis" in refused
    assert list((fleet.path / "asked").iterdir()) == []


def test_status_tells_what_runs_where_and_asks_no_client(fleet) -> None:
    code, said = fleet.play("status")
    assert code == 0, said
    shown = [line.split() for line in said.splitlines() if "3f9a1c52be07" in line]
    rows = {(words[1], words[2]) for words in shown if words[3:4] == ["3f9a1c52be07"]}
    assert rows == {("lb1", "nginx"), ("db1", "mysql"), *((host, "webapp") for host in WEBS)}
    asked = {path.name for path in (fleet.path / "asked").iterdir()}
    assert asked == {"lb1", "db1", *WEBS}


def test_status_of_one_host(fleet) -> None:
    code, said = fleet.play("status", "--limit", "db1")
    assert code == 0, said
    assert [path.name for path in (fleet.path / "asked").iterdir()] == ["db1"]
