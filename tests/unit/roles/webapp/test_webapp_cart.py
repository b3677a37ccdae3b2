# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cart, with a real Valkey that has the account of the role valkey."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.acl import (
    own_accounts,
    read_accounts,
    render,
)
from peerlb_webapp import carts as carts_module
from peerlb_webapp import create_app
from peerlb_webapp.carts import VISITOR, Carts, StoreError, new_visitor
from support.nginx import free_port
from support.valkey import program, real_valkey

JSON = {"Accept": "application/json"}
PASSWORD = "ke'y\"$"
ADMIN = {"user": "peerlb-admin", "password": "adm"}
needs_valkey = pytest.mark.skipif(
    not program("valkey-server"), reason="no Valkey here, nor the lab's image"
)


@pytest.fixture
def valkey(tmp_path):
    """Run a Valkey with the application's account, and one that may do everything."""
    shop = {"name": "webapp", "password": PASSWORD}
    tester = {"name": "tester", "password": "t", "keys": ["*"], "commands": ["+@all"]}
    accounts = {**own_accounts("adm", "hea"), **read_accounts([shop, tester])}
    (tmp_path / "users.acl").write_text(render(accounts))
    conf = f"aclfile {tmp_path}/users.acl\nmaxmemory-policy volatile-ttl\nappendonly yes\n"
    with real_valkey(tmp_path, conf) as server:
        yield server


@pytest.fixture
def shop(config, database):
    """Return a function: a client of a member that keeps carts at a port, without cookies."""

    def member(port: int, host: str = "127.0.0.1", **changes):
        store = {"valkey_host": host, "valkey_port": port, "valkey_password": PASSWORD}
        return create_app(
            dataclasses.replace(config, **{**store, **changes}), database
        ).test_client()

    return member


@needs_valkey
def test_cart_is_the_same_on_every_member(valkey, shop) -> None:
    web1, web2 = shop(valkey.port), shop(valkey.port, served_by="web2")
    first = web1.post("/cart", data={"item": "A book"}, headers=JSON)
    assert (first.status_code, first.json["items"]) == (201, ["A book"])
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/cart" in cookie
    visitor = cookie.split("=", 1)[1].split(";")[0]
    assert VISITOR.fullmatch(visitor)
    web2.set_cookie("peerlb_cart", visitor, path="/cart")
    second = web2.post("/cart", json={"item": "A pen"}, headers=JSON)
    assert second.json["items"] == ["A book", "A pen"]
    assert web1.get("/cart", headers=JSON).json["items"] == ["A book", "A pen"]
    assert shop(valkey.port).get("/cart", headers=JSON).json["items"] == []
    page = web1.get("/cart").text
    assert "A pen" in page and "Place" in page


@needs_valkey
def test_cookie_is_secure_where_the_visitor_came_by_tls(valkey, shop) -> None:
    proxied = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    for headers, secure in ((proxied, True), ({}, False)):
        answer = shop(valkey.port).post(
            *("/cart?item=a",), headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.2"}
        )
        assert ("; Secure" in answer.headers["Set-Cookie"]) is secure


@needs_valkey
def test_id_that_somebody_else_chose_gets_no_cart(valkey, shop) -> None:
    planted = new_visitor()
    visitor = shop(valkey.port)
    visitor.set_cookie("peerlb_cart", planted, path="/cart")
    cookie = visitor.post("/cart?item=a").headers["Set-Cookie"]
    assert planted not in cookie


@pytest.mark.parametrize("item", ["", "   ", "a" * 65, "a\nb", None, ["a"]])
def test_what_is_no_item_is_refused(shop, item) -> None:
    answer = shop(1).post("/cart", json={"item": item}, headers=JSON)
    assert answer.status_code == 400
    assert "item is a text of 1 to 64" in answer.json["reason"]


@needs_valkey
def test_cart_has_a_limit_and_every_key_an_end(valkey, shop, monkeypatch) -> None:
    monkeypatch.setattr(carts_module, "ITEMS", 2)
    visitor = shop(valkey.port)
    answers = [visitor.post("/cart?item=a", headers=JSON).status_code for _each in range(3)]
    assert answers == [201, 201, 409]
    (key,) = valkey.ask("keys", "*", user="tester", password="t").split()
    assert key.startswith("webapp:cart:")
    assert int(valkey.ask("ttl", key, user="tester", password="t")) > 0


def test_without_a_store_the_cart_says_so(client) -> None:
    for answer in (client.get("/cart", headers=JSON), client.post("/cart?item=a", headers=JSON)):
        assert answer.status_code == 404
        assert answer.json["reason"] == "No store is declared that could keep a cart."
    assert "/cart" not in client.get("/").text


@needs_valkey
def test_stopped_store_costs_the_cart_alone_and_comes_back(valkey, shop) -> None:
    visitor = shop(valkey.port)
    assert visitor.post("/cart?item=a", headers=JSON).status_code == 201
    valkey.stop()
    for answer in (visitor.get("/cart", headers=JSON), visitor.post("/cart?item=b", headers=JSON)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.json["status"] == "The cart cannot be used now"
        assert "Traceback" not in answer.text and PASSWORD not in answer.text
    assert [visitor.get(path).status_code for path in ("/", "/healthz")] == [200, 200]
    valkey.start()
    assert visitor.get("/cart", headers=JSON).json["items"] == ["a"]


@needs_valkey
def test_store_that_hangs_is_asked_once_and_then_left_alone(valkey, shop, monkeypatch) -> None:
    visitor = shop(valkey.port)
    assert visitor.get("/cart").status_code == 200
    asked = []
    monkeypatch.setattr(carts_module, "PAUSE_SECONDS", 3600)
    with valkey.frozen():
        for _turn in range(20):
            asked.append(visitor.get("/cart", headers=JSON))
    assert {answer.status_code for answer in asked} == {503}
    first, *others = [answer.json["reason"] for answer in asked]
    assert "timed out" in first
    assert {"did not answer in time just now" in each for each in others} == {True}


@needs_valkey
def test_connection_that_was_cut_is_tried_again(valkey, shop) -> None:
    visitor = shop(valkey.port)
    for _turn in range(3):
        assert visitor.post("/cart?item=a", headers=JSON).status_code == 201
        assert int(valkey.ask("client", "kill", "user", "webapp", user="tester", password="t"))
    assert visitor.get("/cart", headers=JSON).json["items"] == ["a"] * 3


@needs_valkey
@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"valkey_password": "wrong"}, "refuses access to user 'webapp'"),
        ({"valkey_user": "peerlb-health", "valkey_password": "hea"}, "does not let user"),
    ],
)
def test_reason_is_for_those_who_may_know_it(valkey, shop, changes, reason) -> None:
    answer = shop(valkey.port, **changes).get("/cart", headers=JSON)
    assert answer.status_code == 503 and reason in answer.json["reason"]
    quiet = shop(valkey.port, diagnostics=False, **changes).get("/cart", headers=JSON)
    assert quiet.json["reason"] == "Everything else works. Try again in a moment."
    assert "10.0" not in quiet.text


@needs_valkey
def test_full_store_takes_newcomers(valkey, shop) -> None:
    tester = {"user": "tester", "password": "t"}
    valkey.ask("config", "set", "maxmemory", "4mb", **tester)
    fill = "for i=1,9000 do redis.call('SETEX', KEYS[1]..i, 1000+i, string.rep('x', 1000)) end"
    assert valkey.ask("eval", fill, "1", "webapp:old:", **tester) == ""
    assert "evicted_keys:0" not in valkey.ask("info", "stats", **tester), "it is full"
    newcomers = [shop(valkey.port) for _each in range(20)]
    for visitor in newcomers:
        assert visitor.post("/cart?item=a", headers=JSON).status_code == 201
    for visitor in newcomers:
        assert visitor.get("/cart", headers=JSON).json["items"] == ["a"]


@needs_valkey
def test_store_full_of_keys_without_an_end_says_so(valkey, shop) -> None:
    tester = {"user": "tester", "password": "t"}
    valkey.ask("config", "set", "maxmemory", "4mb", **tester)
    fill = "for i=1,9000 do redis.pcall('SET', KEYS[1]..i, string.rep('x', 1000)) end"
    valkey.ask("eval", fill, "1", "webapp:old:", **tester)
    answer = shop(valkey.port).post("/cart?item=a", headers=JSON)
    assert answer.status_code == 503 and "is full" in answer.json["reason"]


def test_library_waits_no_longer_than_it_is_told(config) -> None:
    """One command against a closed port connects 11 times by the library's defaults."""
    store = {"valkey_host": "127.0.0.1", "valkey_port": free_port()}
    carts = Carts(dataclasses.replace(config, **store))
    assert carts._client is not None
    settings = carts._client.connection_pool.connection_kwargs
    assert settings["retry"].get_retries() == 1
    assert settings["socket_timeout"] == settings["socket_connect_timeout"] == 0.2
    with pytest.raises(StoreError, match=f"Valkey at 127.0.0.1:{store['valkey_port']} does not"):
        carts.items(new_visitor())
