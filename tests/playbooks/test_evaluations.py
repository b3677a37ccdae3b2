# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run evaluates the declaration, and that the run never uses an old evaluation."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.fleet.fleet import Fleet


def test_check_evaluates_the_declaration_once(tmp_path: Path) -> None:
    """The evaluation happens in a worker, so this also shows that those are counted."""
    fleet = Fleet(tmp_path, hosts=4).build()
    code, said = fleet.play("check")
    assert code == 0, said
    assert fleet.evaluations().total() == 1


@pytest.mark.parametrize("hosts", [4, 40])
def test_site_evaluates_the_declaration_a_few_times(tmp_path: Path, hosts: int) -> None:
    """However many hosts there are: one load balancer after the other may add one evaluation."""
    fleet = Fleet(tmp_path, hosts).build()
    code, said = fleet.play("site")
    assert code == 0, said
    assert 1 <= fleet.evaluations().total() <= 5 + fleet.balancers, fleet.evaluations()


def test_variables_that_change_during_a_run_are_used_at_once(tmp_path: Path) -> None:
    """Four changes in one run, with a deployment after each: nothing that was derived is kept."""
    fleet = Fleet(tmp_path, hosts=4).build()
    (fleet.path / "asked").mkdir()
    playbook = fleet.path / "changing.yml"
    playbook.write_text(json.dumps(changing(fleet)))
    code, said = fleet.play(str(playbook))
    assert code == 0, said
    first, second, third, fourth = (
        members(call["pools"]) for call in fleet.asked("lb1", "nginx_release")
    )
    assert (first["web1"]["weight"], first["web1"]["address"]) == (3, "10.2.0.2")
    assert (second["web1"]["weight"], second["web1"]["address"]) == (3, "10.2.0.77")
    assert (sorted(second), sorted(third)) == (["web1", "web2"], ["web1", "web2", "web9"])
    assert third["web9"]["address"] == "10.3.0.99"
    ports = [pool["web2"]["port"] for pool in (first, second, third, fourth)]
    assert ports == [3000, 3000, 3000, 3100]
    # The web servers were deployed after the second change and each that followed.
    assert health(fleet, "web1") == ["10.2.0.77:3000", "10.2.0.77:3000", "10.2.0.77:3100"]
    assert health(fleet, "web9") == ["10.3.0.99:3000", "10.3.0.99:3100"]


def changing(fleet: Fleet) -> list[dict[str, t.Any]]:
    """Return the plays: the check, then each change and the layers that are concerned."""
    topology = fleet.topology()
    topology["flows"][2]["port"] = 3100
    declared = fleet.path / "topology.json"
    declared.write_text(json.dumps({"topology": topology}))
    check, webapp, nginx_lb = (
        {"import_playbook": f"peerlb.stack.{name}"} for name in ("check", "webapp", "nginx_lb")
    )
    return [
        check,
        change("web1", "set_fact", peerlb_member={"weight": 3}),
        nginx_lb,
        change("web1", "set_fact", ansible_host="10.2.0.77"),
        *(webapp, nginx_lb),
        change("lb1", "add_host", name="web9", groups="webapp", ansible_host="10.3.0.99"),
        *(webapp, nginx_lb),
        change("all", "include_vars", file=str(declared)),
        *(webapp, nginx_lb),
    ]


def change(hosts: str, module: str, **params: t.Any) -> dict[str, t.Any]:
    """Return a play that changes variables on hosts."""
    task = {f"ansible.builtin.{module}": params}
    return {"hosts": hosts, "gather_facts": False, "tasks": [task]}


def members(pools: list[dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """Return the members of the web servers' pool, by name."""
    found = next(pool for pool in pools if pool["name"] == "webapp")
    return {member["name"]: member for member in found["members"]}


def health(fleet: Fleet, name: str) -> list[str]:
    """Return where the application of a host was asked for its health, as address:port."""
    asked = [params["health"] for params in fleet.asked(name, "service_release")]
    return [f"{one['address']}:{one['port']}" for one in asked]
