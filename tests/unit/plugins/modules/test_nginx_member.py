# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import renewal
from ansible_collections.peerlb.stack.plugins.modules import (
    nginx_member,
    nginx_override,
    nginx_rollback,
)

POOLS = [
    {
        "name": name,
        "members": [
            {"name": "web1", "address": "127.0.0.1", "port": port},
            {"name": "web2", "address": "10.1.0.3", "port": port},
        ],
    }
    for name, port in (("webapp", 3000), ("admin", 3001))
]
ALONE = [{"name": "webapp", "members": [{"name": "web1", "address": "10.1.0.2", "port": 3000}]}]
LISTENERS = [{"port": 80, "pool": "webapp"}, {"port": 81, "pool": "admin"}]


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> list[tuple]:
    """Wait for nothing; return what was waited for."""
    waited: list[tuple] = []

    def wait(addresses, timeout, settle, _begun):
        waited.append((addresses, timeout, settle))
        return {"left": 2, "seconds": 0.0}

    monkeypatch.setattr(renewal, "wait_until_drained", wait)
    return waited


@pytest.fixture
def member(run_module, place) -> t.Callable[..., dict]:
    """Take web1 out or put it back."""
    return lambda state, **changes: run_module(
        nginx_member, **{**place, "member": "web1", "state": state, "timeout": 0.3, **changes}
    )


def states(info) -> dict[str, list[str]]:
    """Return the state of web1 and web2 in each pool."""
    return {pool["name"]: [each["state"] for each in pool["members"]] for pool in info()["pools"]}


def test_six_steps(deploy, info, member, quick, monkeypatch) -> None:
    before = deploy(pools=POOLS, listeners=LISTENERS)
    assert member("out", check_mode=True)["changed"]
    assert (info()["release"], quick) == (before, [])
    done = member("out", settle="3s", drain_timeout=9)
    assert (done["changed"], done["pools"], done["left"]) == (True, ["webapp", "admin"], 2)
    assert quick == [(["127.0.0.1:3000", "127.0.0.1:3001"], 9.0, 3.0)]
    assert states(info) == {"webapp": ["drain", "up"], "admin": ["drain", "up"]}
    assert not member("out")["changed"]
    monkeypatch.setattr(renewal, "probe", lambda _health: None)
    assert member("in", check_mode=True)["changed"]
    done = member("in")
    assert (done["changed"], done["pools"], done["release"]) == (True, ["webapp", "admin"], before)
    assert states(info) == {"webapp": ["up", "up"], "admin": ["up", "up"]}
    assert not member("in")["changed"]


def test_drain_of_an_operator_is_left_alone(deploy, info, member, run_module, place) -> None:
    deploy(pools=POOLS, listeners=LISTENERS)
    drained = {"pool": "admin", "states": {"web1": "drain"}, "operator": "ada", "timeout": 0.3}
    run_module(nginx_override, **place, **drained)
    assert member("out")["pools"] == ["webapp"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renewal, "probe", lambda _health: None)
        assert member("in")["pools"] == ["webapp"]
    assert states(info)["admin"] == ["drain", "up"]


def test_only_member_is_not_taken_out(deploy, info, member, quick) -> None:
    deploy(pools=ALONE)
    done = member("out")
    assert (done["changed"], done["pools"], quick) == (False, [], [])
    assert states(info) == {"webapp": ["up"]}


def test_load_balancer_without_a_release_has_nothing_to_do(member, tmp_path) -> None:
    assert member("out") == {**nginx_member.NOTHING, "invocation": member("out")["invocation"]}


def test_host_that_is_no_member_changes_nothing(deploy, member) -> None:
    deploy(pools=POOLS, listeners=LISTENERS)
    assert not member("out", member="db1")["changed"]
    assert not member("in", member="db1")["changed"]


def test_member_that_does_not_answer_stays_out(deploy, info, member) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    pools = [{**POOLS[0], "members": [{**each, "port": port} for each in POOLS[0]["members"]]}]
    deploy(pools=pools)
    member("out")
    message = member("in")["msg"]
    assert message.startswith("web1 stays out of the pool webapp: it does not answer at 127.0.0.1:")
    assert states(info) == {"webapp": ["drain", "up"]}


def test_member_is_asked_as_its_users_do(deploy, member, monkeypatch) -> None:
    deploy(pools=POOLS, listeners=[LISTENERS[0], {**LISTENERS[1], "protocol": "tcp"}])
    member("out")
    asked = []
    monkeypatch.setattr(renewal, "probe", asked.append)
    member("in", health={"path": "/up", "host": "shop.example", "statuses": [200, 302]})
    assert [(each.protocol, each.port) for each in asked] == [("http", 3000), ("tcp", 3001)]
    assert (asked[0].path, asked[0].host, asked[0].statuses) == ("/up", "shop.example", (200, 302))


def test_renewals_leave_the_way_back_as_it_was(deploy, info, member, run_module, place) -> None:
    former = deploy(pools=POOLS, listeners=LISTENERS)
    present = deploy(pools=POOLS, listeners=LISTENERS, files={"a": "2", "compose.yml": "image: a"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renewal, "probe", lambda _health: None)
        for name in ("web1", "web2") * 3:
            member("out", member=name, keep=2)
            member("in", member=name, keep=2)
    assert info()["release"] == present
    assert sorted(info()["kept"]) == sorted([former, present])
    assert run_module(nginx_rollback, **place, timeout=0.3)["release"] == former
