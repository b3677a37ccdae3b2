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


def change(hosts: str, module: str, **params: t.Any) -> dict[str, t.Any]:
    """Return a play that changes variables on hosts in the middle of a run."""
    task = {f"ansible.builtin.{module}": params}
    return {"hosts": hosts, "gather_facts": False, "tasks": [task]}


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A fleet whose variables were changed four times in one run, and deployed after each."""
    fleet = Fleet(tmp_path_factory.mktemp("changing"), hosts=4).build()
    (fleet.path / "asked").mkdir()
    topology = fleet.topology()
    topology["flows"][2]["port"] = 3100
    declared = fleet.path / "topology.json"
    declared.write_text(json.dumps({"topology": topology}))
    layers = [{"import_playbook": f"peerlb.stack.{name}"} for name in ("webapp", "nginx_lb")]
    plays = [
        {"import_playbook": "peerlb.stack.check"},
        change("web1", "set_fact", peerlb_member={"weight": 3}),
        layers[1],
        change("web1", "set_fact", ansible_host="10.2.0.77"),
        *layers,
        change("lb1", "add_host", name="web9", groups="webapp", ansible_host="10.3.0.99"),
        *layers,
        change("all", "include_vars", file=str(declared)),
        *layers,
    ]
    playbook = fleet.path / "changing.yml"
    playbook.write_text(json.dumps(plays))
    code, said = fleet.play(str(playbook))
    assert code == 0, said
    return fleet


def member(fleet: Fleet, turn: int, name: str) -> dict[str, t.Any] | None:
    """Return a member of the web servers' pool, as the load balancer was asked to have it."""
    pools = fleet.asked("lb1", "nginx_release")[turn]["pools"]
    members = next(pool for pool in pools if pool["name"] == "webapp")["members"]
    return next((each for each in members if each["name"] == name), None)


def health(fleet: Fleet, name: str) -> list[str]:
    """Return where the application of a host was asked for its health."""
    asked = [params["url"] for params in fleet.asked(name, "uri")]
    return [url.removeprefix("http://").removesuffix("/healthz") for url in asked]


def test_fact_about_a_member_is_used_at_once(changing: Fleet) -> None:
    first = member(changing, 0, "web1")
    assert (first["weight"], first["address"]) == (3, "10.2.0.2")


def test_address_that_changes_is_used_at_once(changing: Fleet) -> None:
    second = member(changing, 1, "web1")
    assert (second["weight"], second["address"]) == (3, "10.2.0.77")
    assert health(changing, "web1")[0] == "10.2.0.77:3000"


def test_host_that_is_added_is_used_at_once(changing: Fleet) -> None:
    assert [member(changing, turn, "web9") is None for turn in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert member(changing, 2, "web9")["address"] == "10.3.0.99"
    assert health(changing, "web9") == ["10.3.0.99:3000", "10.3.0.99:3100"]


def test_declaration_that_changes_is_used_at_once(changing: Fleet) -> None:
    assert [member(changing, turn, "web2")["port"] for turn in range(4)] == [3000, 3000, 3000, 3100]
    assert health(changing, "web2") == [f"10.3.0.2:{port}" for port in (3000, 3000, 3100)]
