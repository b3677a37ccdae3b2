# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import threading
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.renewal import RENEWAL
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.module_utils._traffic import drained
from ansible_collections.peerlb.stack.plugins.modules import (
    nginx_member,
    nginx_override,
    nginx_rollback,
)


class Member(http.server.ThreadingHTTPServer):
    """A member that answers every request with its status, and notes what it was asked."""

    status = 200

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(http.server.BaseHTTPRequestHandler):
    server: Member

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def web1() -> Iterator[Member]:
    with Member() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def pool(web1: Member) -> dict[str, t.Any]:
    """A pool of two members, of which web1 answers."""
    mine = {"name": "web1", "address": "127.0.0.1", "port": web1.server_address[1]}
    return {"name": "webapp", "members": [mine, {**mine, "name": "web2", "address": "127.0.0.2"}]}


@pytest.fixture
def connections(monkeypatch) -> dict[str, int]:
    """The connections that this host seems to have to members, by address."""
    held: dict[str, int] = {}
    monkeypatch.setattr(drained, "read_connections", lambda: held)
    monkeypatch.setattr(drained, "old_workers_left", lambda: False)
    return held


@pytest.fixture
def member(run_module, place, connections):
    """Take web1 out or put it back."""

    def run(state: str, *, check_mode: bool = False, **params):
        params = {"member": "web1", "timeout": 0.3, "operator": "ada", **place, **params}
        return run_module(nginx_member, check_mode=check_mode, state=state, **params)

    return run


@pytest.fixture
def override(run_module, place):
    params = {**place, "timeout": 0.3, "operator": "eve"}
    return lambda **changes: run_module(nginx_override, **{**params, **changes})


def states(told: dict) -> dict[str, dict[str, str]]:
    """Return the state of each member by pool, as nginx_release_info tells it."""
    return {
        pool["name"]: {each["name"]: each["state"] for each in pool["members"]}
        for pool in told["pools"]
    }


def test_six_steps_out(deploy, member, info, pool) -> None:
    first = deploy(pools=[pool])
    predicted = member("out", check_mode=True)
    assert (predicted["changed"], predicted["pools"]) == (True, ["webapp"])
    assert info()["serving"] == first
    done = member("out")
    assert (done["changed"], done["pools"], done["left"]) == (True, ["webapp"], 0)
    assert states(info()) == {"webapp": {"web1": "drain", "web2": "up"}}
    assert info()["serving"] == done["release"] != first
    assert not member("out", check_mode=True)["changed"]
    again = member("out")
    assert (again["changed"], again["diff"], again["pools"]) == (False, [], ["webapp"])


def test_six_steps_in(deploy, member, info, pool) -> None:
    first = deploy(pools=[pool])
    out = member("out")["release"]
    predicted = member("in", check_mode=True)
    assert (predicted["changed"], predicted["pools"]) == (True, ["webapp"])
    assert info()["serving"] == out
    done = member("in")
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert info()["serving"] == done["release"] == first
    assert not member("in", check_mode=True)["changed"]
    again = member("in")
    assert (again["changed"], again["diff"], again["pools"]) == (False, [], [])


def test_member_is_out_of_each_pool_in_which_it_serves(deploy, member, info, pool) -> None:
    others = [
        {**pool, "name": "files"},
        {**pool, "name": "standby", "members": pool["members"][1:]},
        {**pool, "name": "down", "members": [{**pool["members"][0], "state": "down"}]},
    ]
    others[2]["members"].append(pool["members"][1])
    listeners = [{"port": 80 + n, "pool": each["name"]} for n, each in enumerate([pool, *others])]
    deploy(pools=[pool, *others], listeners=listeners)
    assert member("out")["pools"] == ["webapp", "files"]
    found = states(info())
    assert [found[name].get("web1") for name in ("webapp", "files", "standby", "down")] == [
        "drain",
        "drain",
        None,
        "down",
    ]


def test_drain_is_signed_and_its_reason_told(deploy, member, info, pool) -> None:
    deploy(pools=[pool])
    member("out", reason="version 2")
    (difference,) = info()["differences"]
    assert "state is drain, the inventory says up (set by ada at" in difference
    assert difference.endswith(f"because: {RENEWAL})")


@pytest.mark.parametrize("state", ["drain", "down"])
def test_what_an_operator_took_out_is_left_alone(
    deploy, member, override, info, pool, web1, state
) -> None:
    deploy(pools=[pool])
    theirs = override(states={"web1": state})["release"]
    for direction in ("out", "in"):
        result = member(direction)
        assert (result["changed"], result["pools"]) == (False, [])
    assert (info()["serving"], web1.asked) == (theirs, [])


def test_what_an_operator_set_is_there_again_after_the_renewal(
    deploy, member, override, info, pool
) -> None:
    first, second = pool["members"]
    deploy(pools=[{**pool, "members": [{**first, "state": "down"}, second]}])
    theirs = override(states={"web1": "up"}, weights={"web1": 3}, reason="canary")
    assert member("out")["pools"] == ["webapp"]
    assert states(info())["webapp"]["web1"] == "drain"
    assert member("in")["release"] == theirs["release"]
    assert info()["differences"] == theirs["differences"]


def test_only_member_that_serves_is_not_taken_out(deploy, member, override, info, pool) -> None:
    deploy(pools=[pool])
    live = override(states={"web2": "drain"})["release"]
    result = member("out")
    assert (result["changed"], result["pools"], result["left"]) == (False, [], 0)
    assert info()["serving"] == live


def test_member_leaves_the_pools_that_can_do_without_it(deploy, member, pool) -> None:
    alone = {**pool, "name": "alone", "members": pool["members"][:1]}
    listeners = [{"port": 80, "pool": "webapp"}, {"port": 81, "pool": "alone"}]
    deploy(pools=[alone, pool], listeners=listeners)
    assert member("out")["pools"] == member("in")["pools"] == ["webapp"]


@pytest.mark.parametrize("state", ["out", "in"])
def test_nothing_is_done_where_no_release_is_live(member, fake_nginx, state) -> None:
    result = member(state)
    assert (result["changed"], result["pools"], result["release"]) == (False, [], "")
    assert fake_nginx.commands == []


@pytest.mark.parametrize("state", ["out", "in"])
def test_nothing_is_done_for_a_host_of_no_pool(deploy, member, fake_nginx, pool, state) -> None:
    first = deploy(pools=[pool])
    fake_nginx.commands.clear()
    result = member(state, member="db1")
    assert (result["changed"], result["pools"], result["release"]) == (False, [], first)
    assert fake_nginx.commands == []


def test_it_waits_for_the_member_alone(deploy, member, connections, pool) -> None:
    deploy(pools=[pool])
    mine, other = (f"{each['address']}:{each['port']}" for each in pool["members"])
    connections |= {mine: 2, other: 9}
    assert member("out", drain_timeout=0.2)["left"] == 2


def test_others_may_change_weights_while_it_waits(
    deploy, member, override, pool, place, monkeypatch
) -> None:
    deploy(pools=[pool])
    results = []

    def wait(addresses: list[str], timeout: float, settle: float) -> dict[str, int]:
        results.append((addresses, timeout, settle, override(weights={"web2": 3})))
        return {"left": 0}

    monkeypatch.setattr(nginx_member, "wait_until_drained", wait)
    assert member("out", drain_timeout=7, settle="300ms")["pools"] == ["webapp"]
    ((addresses, timeout, settle, changed),) = results
    assert (len(addresses), timeout, settle, changed["changed"]) == (1, 7, 0.3, True)
    assert member("in")["pools"] == ["webapp"]


def test_check_mode_does_not_wait(deploy, member, pool, monkeypatch) -> None:
    deploy(pools=[pool])
    monkeypatch.setattr(nginx_member, "wait_until_drained", None)
    assert member("out", check_mode=True)["left"] == 0


def test_settle_that_is_no_time_is_refused(deploy, member, info, pool) -> None:
    first = deploy(pools=[pool])
    assert "settle is 'soon', not a time" in member("out", settle="soon")["msg"]
    assert "drain_timeout is inf, not" in member("out", drain_timeout="inf")["msg"]
    assert info()["serving"] == first


def test_member_is_asked_as_its_users_do(deploy, member, pool, web1) -> None:
    deploy(pools=[pool])
    member("out")
    web1.status = 302
    health = {"path": "/login", "host": "shop.example", "statuses": [302]}
    assert member("in", health=health)["changed"]
    assert web1.asked == [("/login", "shop.example")]


def test_member_that_does_not_serve_stays_out(deploy, member, info, pool, web1) -> None:
    deploy(pools=[pool])
    out = member("out")["release"]
    web1.status = 503
    result = member("in", health={"statuses": [200]})
    assert result["msg"].startswith("web1 stays out of the pool webapp: it does not answer at")
    assert "503" in result["msg"]
    assert info()["serving"] == out
    web1.status = 200
    assert member("in", health={"statuses": [200]})["changed"]


def test_member_of_another_protocol_is_only_connected_to(deploy, member, info, pool, web1) -> None:
    deploy(pools=[pool], listeners=[{"port": 3306, "pool": "webapp", "protocol": "tcp"}])
    out = member("out")["release"]
    web1.shutdown()
    web1.server_close()
    assert "refused" in member("in", health={"statuses": [200]})["msg"].lower()
    assert (info()["serving"], web1.asked) == (out, [])


@pytest.mark.parametrize("state", ["out", "in"])
def test_next_call_completes_one_killed_before_nginx_was_reloaded(
    deploy, member, fake_nginx, pool, place, state
) -> None:
    first = deploy(pools=[pool])
    out = member("out")["release"]
    if state == "in":
        member("in")
    fake_nginx.loaded = {"out": first, "in": out}[state]  # the link names the other one
    result = member(state)
    assert result["changed"]
    assert fake_nginx.loaded == result["release"] == {"out": out, "in": first}[state]


def test_renewals_neither_push_releases_out_nor_are_gone_back_to(
    deploy, member, run_module, place, pool, tmp_path
) -> None:
    first = deploy(pools=[pool])
    second = deploy(pools=[pool], files={"nginx.conf": "# 2", "compose.yml": "image: a"})
    for _each in range(3):
        member("out", keep=2)
        member("in", keep=2)
    store = Store(str(tmp_path / "nginx"))
    assert set(store.kept()) >= {first, second}
    assert store.current_id() == second
    assert [line.get("passing", False) for line in store.history()] == [False] * 2 + [True] * 6
    result = run_module(nginx_rollback, timeout=0.3, **place)
    assert result["release"] == first


def test_release_that_changed_meanwhile_is_a_line_of_the_history(
    deploy, member, override, info, pool
) -> None:
    deploy(pools=[pool])
    member("out")
    override(weights={"web2": 3})
    member("in")
    assert [line.get("passing", False) for line in info()["history"]] == [False, True, False, False]


def test_lock_is_respected(deploy, member, pool, tmp_path) -> None:
    deploy(pools=[pool])
    with Store(str(tmp_path / "nginx")).lock("eve"):
        assert "eve (pid" in member("out", lock_timeout=0)["msg"]
