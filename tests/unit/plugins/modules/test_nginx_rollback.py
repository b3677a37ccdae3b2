# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.modules import nginx_override, nginx_rollback

OTHER = {"nginx.conf": "# other", "compose.yml": "image: a"}


@pytest.fixture
def rollback(run_module, place):
    def run(*, check_mode: bool = False, **params):
        params = {"timeout": 0.3, **place, **params}
        return run_module(nginx_rollback, check_mode=check_mode, **params)

    return run


def test_six_steps(deploy, rollback, info) -> None:
    first, second = deploy(), deploy(files=OTHER)
    predicted = rollback(check_mode=True, release=first)
    assert predicted["changed"]
    assert info()["serving"] == second
    done = rollback(release=first)
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert (done["release"], done["previous"]) == (first, second)
    assert info()["serving"] == first
    assert not rollback(check_mode=True, release=first)["changed"]
    again = rollback(release=first)
    assert (again["changed"], again["diff"]) == (False, [])


def test_without_an_id_it_goes_back_to_the_release_before(deploy, rollback, info) -> None:
    first, _second = deploy(), deploy(files=OTHER)
    assert rollback(reason="it answers 500")["release"] == first
    assert info()["history"][-1]["reason"] == "it answers 500"


def test_files_with_any_line_ends_are_no_damage(deploy, rollback) -> None:
    first = deploy(files={**OTHER, "conf.d/release.conf": "# of Windows\r\n"})
    deploy(files=OTHER)
    assert rollback()["release"] == first


@pytest.mark.parametrize("release, message", [("ffff", "0 releases begin with ffff"), ("", "none")])
def test_release_that_is_not_there_is_refused(deploy, rollback, info, release, message) -> None:
    first = deploy()
    assert message in rollback(release=release)["msg"]
    assert info()["serving"] == first


def test_damaged_release_is_refused(deploy, rollback, info, tmp_path) -> None:
    first, second = deploy(), deploy(files=OTHER)
    (tmp_path / "nginx/releases" / first / "nginx.conf").write_text("edited by hand")
    assert "is damaged on the disk" in rollback()["msg"]
    assert info()["serving"] == second


def test_test_only_leaves_everything_as_it_was(deploy, rollback, info, fake_nginx) -> None:
    first, second = deploy(), deploy(files=OTHER)
    fake_nginx.commands.clear()
    result = rollback(test_only=True)
    assert (result["changed"], result["release"], fake_nginx.verbs()) == (False, first, ["exec"])
    assert info()["serving"] == second


def test_release_with_another_status_port_is_found(
    deploy, rollback, info, fake_nginx, run_module
) -> None:
    """The parameter keeps naming the new port while the former release is live again."""

    def files(port: int) -> dict[str, str]:
        status = f"server {{\n listen 127.0.0.1:{port};\n include release.conf;\n}}"
        return {"nginx.conf": "#", "compose.yml": f"ask {port}", "status.conf": status}

    there = {"status_port": fake_nginx.other_port}
    first = deploy(files=files(fake_nginx.port))
    second = deploy(files=files(fake_nginx.other_port), **there)
    assert rollback(**there)["release"] == first
    assert info()["serving"] == info(**there)["serving"] == first
    place = {"path": str(fake_nginx.project), "timeout": 0.3, **there}
    weights = run_module(nginx_override, weights={"web1": 3}, **place)
    assert weights["previous"] == first
    assert info(**there)["serving"] == weights["release"] == fake_nginx.loaded
    assert rollback(release=second)["release"] == info()["serving"] == second


def test_drained_member_stays_drained_when_a_pool_becomes_live_and_back(
    deploy, rollback, run_module, place, tmp_path
) -> None:
    first = deploy()
    drained = run_module(nginx_override, **place, states={"web2": "drain"})["release"]
    beside = tmp_path / "nginx/overrides.json"
    live = deploy(engine="dns")
    assert json.loads(beside.read_text())["overrides"]["webapp"]["web2"]["state"] == "drain"
    state = "pool webapp, member web2: state is drain, the inventory says up"
    assert rollback(release=drained)["differences"][0].startswith(state)
    assert rollback(release=live)["differences"][0].startswith(state)
    assert rollback(release=first)["differences"] == []
    deploy(engine="dns")
    assert not json.loads(beside.read_text())["overrides"]


def test_drain_is_carried_along_into_a_pool_that_becomes_live(
    deploy, rollback, run_module, place, tmp_path
) -> None:
    beside = tmp_path / "nginx/overrides.json"
    live = deploy(engine="dns")
    deploy(engine="reload")
    run_module(nginx_override, **place, states={"web2": "drain"})
    rollback(release=live, test_only=True)
    assert not json.loads(beside.read_text() if beside.exists() else "{}").get("overrides")
    state = "pool webapp, member web2: state is drain, the inventory says up"
    assert rollback(release=live)["differences"][0].startswith(state)
    assert json.loads(beside.read_text())["overrides"]["webapp"]["web2"]["state"] == "drain"


def test_change_that_only_moves_into_the_release_is_no_change_of_a_weight(
    deploy, run_module, place, tmp_path
) -> None:
    deploy()
    run_module(nginx_override, **place, states={"web2": "drain"})
    deploy(engine="dns")
    deploy(engine="reload")
    noted = json.loads((tmp_path / "nginx/overrides.json").read_text())
    assert noted == {"overrides": {}, "changes": []}


def test_rollback_to_members_of_which_operators_let_none_serve_is_refused(
    deploy, rollback, info, place, run_module
) -> None:
    def pools(*names: str) -> list[dict]:
        members = [{"name": name, "address": "10.1.0.2", "port": 3000} for name in names]
        return [{"name": "webapp", "members": [{**members[0], "port": 3001}, *members[1:]]}]

    weightless = pools("web1", "web3")
    weightless[0]["members"][1]["weight"] = 0
    first = deploy(engine="dns", pools=weightless)
    deploy(engine="reload", pools=pools("web1", "web2"))
    run_module(nginx_override, **place, states={"web1": "drain"})
    second = deploy(engine="dns", pools=pools("web1", "web2"))
    assert "no member is left to serve" in rollback(release=first)["msg"]
    assert info()["serving"] == second
