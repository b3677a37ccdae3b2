# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.modules import nginx_override

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
]
THREE_TO_ONE = {"weights": {"web1": 3, "web2": 1}}


@pytest.fixture
def override(run_module, place):
    def run(*, check_mode: bool = False, **params):
        params = {"timeout": 0.3, "operator": "ada", **place, **params}
        return run_module(nginx_override, check_mode=check_mode, **params)

    return run


def weights(told: dict) -> dict[str, int]:
    return {member["name"]: member["weight"] for member in told["pools"][0]["members"]}


def test_six_steps(deploy, override, info) -> None:
    first = deploy()
    predicted = override(check_mode=True, **THREE_TO_ONE)
    assert predicted["changed"]
    assert info()["serving"] == first
    done = override(**THREE_TO_ONE, reason="canary")
    assert done["changed"]
    assert [entry["after"] for entry in done["diff"]] == [
        entry["after"] for entry in predicted["diff"]
    ]
    assert weights(info()) == weights(done) == {"web1": 3, "web2": 1}
    assert info()["serving"] == done["release"] != first
    assert not override(check_mode=True, **THREE_TO_ONE)["changed"]
    again = override(**THREE_TO_ONE, operator="bob")
    assert (again["changed"], again["diff"], again["release"]) == (False, [], done["release"])


def test_operator_and_reason_are_kept_and_shown(deploy, override, info) -> None:
    deploy()
    (difference,) = override(**THREE_TO_ONE, reason="canary")["differences"]
    assert difference.startswith("pool webapp, member web1: weight is 3, the inventory says 1")
    assert "set by ada at 20" in difference
    assert difference.endswith("because: canary)")
    assert (info()["history"][-1]["by"], info()["history"][-1]["reason"]) == ("ada", "canary")


def test_login_is_in_the_history(deploy, override, info, monkeypatch) -> None:
    deploy()
    monkeypatch.setenv("SUDO_USER", "ubuntu")
    override(**THREE_TO_ONE)
    assert (info()["history"][-1]["by"], info()["history"][-1]["login"]) == ("ada", "ubuntu")


def test_later_deployment_keeps_weights_until_a_reset(deploy, override, info) -> None:
    first = deploy()
    override(**THREE_TO_ONE)
    deploy(files={"nginx.conf": "# new", "compose.yml": "image: a"})
    assert weights(info()) == {"web1": 3, "web2": 1}
    deploy()
    assert override(reset=True)["release"] == first
    assert info()["differences"] == []


def test_drained_member_is_down_until_it_is_up_again(deploy, override, info, place) -> None:
    first = deploy()
    drained = override(states={"web2": "drain"})
    upstream = f"{place['path']}/nginx/current/upstreams/http-webapp.conf"
    with open(upstream, encoding="utf-8") as stream:
        assert "# server 10.1.0.3:3000 max_fails=0 fail_timeout=10s down;" in stream.read()
    assert "state is drain" in drained["differences"][0]
    assert override(states={"web2": "up"})["release"] == first


def test_weights_that_differ_change_how_random_draws(deploy, override, place) -> None:
    def method() -> str:
        with open(f"{place['path']}/nginx/current/upstreams/http-webapp.conf") as stream:
            return stream.read().splitlines()[2].strip()

    deploy(pools=[{"name": "webapp", "members": MEMBERS, "method": "random"}])
    assert method() == "random two least_conn;"
    override(**THREE_TO_ONE)
    assert method() == "random;"
    override(reset=True)
    assert method() == "random two least_conn;"


@pytest.mark.parametrize(
    "params, message",
    [
        ({"weights": {"web9": 1}}, "no member is named web9; there are: webapp: web1, web2"),
        ({"weights": {"web1": -1}}, "member web1: weight is -1"),
        ({"weights": {"web1": 5000}}, "member web1: weight is 5000"),
        ({"weights": {"web1": "a lot"}}, "member web1: weight is 'a lot'"),
        ({"weights": {"web1": 0, "web2": 0}}, "no member is left to serve"),
        ({"states": {"web1": "drain", "web2": "down"}}, "no member is left to serve"),
        ({"states": {"web1": "asleep"}}, "state is 'asleep'"),
        ({"weights": {"web1": 2}, "pool": "shop"}, "no pool is named shop; there are: webapp"),
        ({}, "give weights or states to set, or reset"),
        ({"weights": {"web1": 2}, "reset": True}, "give weights or states to set, or reset"),
    ],
)
def test_wrong_input_is_refused_and_nothing_is_changed(
    deploy, override, info, fake_nginx, params, message
) -> None:
    first = deploy()
    fake_nginx.commands.clear()
    result = override(**params)
    assert result["failed"]
    assert message in result["msg"]
    assert (fake_nginx.commands, info()["serving"]) == ([], first)


def test_last_member_that_serves_cannot_be_drained(deploy, override) -> None:
    deploy()
    override(weights={"web1": 0})
    assert "no member is left to serve" in override(states={"web2": "drain"})["msg"]


def test_test_only_leaves_everything_as_it_was(deploy, override, info, fake_nginx) -> None:
    first = deploy()
    fake_nginx.commands.clear()
    result = override(**THREE_TO_ONE, test_only=True)
    assert (result["changed"], fake_nginx.verbs()) == (False, ["exec"])
    assert (info()["serving"], info()["kept"]) == (first, [first])
    fake_nginx.refuse = {"exec": "[emerg] host not found"}
    assert "host not found" in override(**THREE_TO_ONE, test_only=True)["msg"]


def test_change_that_does_not_come_up_is_put_back(deploy, override, info, fake_nginx) -> None:
    first = deploy()
    fake_nginx.emerg = "[emerg] bind() failed"
    assert f"last good release {first} is live again" in override(**THREE_TO_ONE)["msg"]
    assert (info()["release"], info()["serving"]) == (first, first)


def test_second_operator_is_told_who_holds_the_lock(deploy, override, place) -> None:
    deploy()
    with Store(f"{place['path']}/nginx").lock("bob"):
        assert "bob (pid" in override(**THREE_TO_ONE, lock_timeout=0)["msg"]


def test_weights_as_text_are_those_of_a_mapping(deploy, override) -> None:
    deploy()
    assert weights(override(weights="web1=3,web2=1")) == {"web1": 3, "web2": 1}
    assert "web1 is given twice" in override(weights="web1=3,web1=4")["msg"]


def test_without_a_release_there_is_nothing_to_change(override) -> None:
    assert "deploy the load balancer first" in override(**THREE_TO_ONE)["msg"]
