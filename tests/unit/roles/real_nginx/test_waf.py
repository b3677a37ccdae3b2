# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of requests that go by way of the web application firewall, in a real nginx."""

from __future__ import annotations

import contextlib
import http.client
import json
import typing as t
from pathlib import Path

import pytest
from support.balancer import until
from support.nginx import Backend, free_port, programs, serving
from support.waf import stand_in

found = programs()

RULES = [
    {"path": "/guarded/*", "pool": "webapp", "waf": True, "timeout": "9s"},
    {"path": "/new/*", "pool": "webapp", "waf": True, "rewrite": "/old"},
    {"path": "/up/*", "pool": "webapp", "waf": True, "body_size": "1k"},
    {"path": "/still/*", "pool": "webapp", "waf": True, "websockets": False},
    {"path": "/503", "pool": "webapp", "waf": True},
]
# What differs from request to request, whether it is inspected or not.
OWN = ("X-Request-Id",)


class Guarded:
    """A nginx of which some routes are guarded, its member, and what stands for the firewall."""

    def __init__(self, deploy: t.Any, place: Path, members: list[Backend], **waf: t.Any) -> None:
        self.place = place
        self.ports = {"waf": free_port(), "inner": free_port(), "tls": free_port()}
        hosts = [{"names": ["shop.example"], "rules": RULES, "default": "webapp"}]
        variables = {
            "nginx_lb_url_map": {"hosts": hosts},
            "nginx_lb_waf": {"paranoia": 1, **waf},
            "nginx_lb_waf_ports": self.ports,
        }
        self.port = deploy(*(each.entry() for each in members), variables=variables)

    def running(self) -> contextlib.AbstractContextManager[None]:
        return serving(found[-1], self.place / "nginx.conf", self.port)

    def firewall(self) -> contextlib.AbstractContextManager[None]:
        return stand_in(self.place / "firewall", self.ports["waf"], self.ports["inner"])

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body or None, {"Host": "shop.example", **named})
            answer = connection.getresponse()
            answer.read()
            assert not answer.headers.get("X-Peerlb-Passed")
            return answer.status

    def log(self, lines: int) -> list[dict[str, t.Any]]:
        """Return what the outer servers wrote, as soon as there are so many lines."""

        def read() -> list[dict[str, t.Any]]:
            text = (self.place / "access.log").read_text()
            every = [json.loads(line) for line in text.splitlines()]
            return [each for each in every if each["listener"] == str(self.port)]

        until(lambda: len(read()) >= lines)
        return read()


@pytest.fixture
def member() -> t.Iterator[Backend]:
    with Backend("web1").running() as backend:
        yield backend


@pytest.fixture
def guarded(deploy, tmp_path, member) -> t.Iterator[Guarded]:
    """A load balancer whose firewall runs."""
    balancer = Guarded(deploy, tmp_path, [member])
    with balancer.firewall(), balancer.running():
        yield balancer


@pytest.mark.parametrize("program", found, ids=lambda program: program.version)
def test_files_pass_nginx(deploy, tmp_path, member, program) -> None:
    Guarded(deploy, tmp_path, [member], fail="closed")
    assert program.test(tmp_path / "nginx.conf") == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "Shop.example:8080"},
        {"Upgrade": "websocket", "Connection": "keep-alive, Upgrade"},
        {"Upgrade": "h2c", "Connection": "Upgrade", "X_Forwarded_Host": "evil.example"},
        {"X_Peerlb_Ask": "other", "X_Peerlb_Host": "evil.example", "X_Peerlb_Client": "192.0.2.9"},
        {"X_Forwarded_For": "192.0.2.9", "X_Real_IP": "192.0.2.9", "X_Forwarded_Port": "1"},
        {"X_Request_Id": "0123456789", "Cookie": "a=b; c=d", "Authorization": "Basic eDp5"},
    ],
)
def test_member_is_told_the_same_as_without_the_firewall(guarded, member, headers) -> None:
    assert guarded.ask("/plain", **headers) == guarded.ask("/guarded", **headers) == 200
    plain, told = (
        {name: value for name, value in each.items() if name not in OWN} for each in member.told
    )
    assert told == plain
    assert told["X-Forwarded-Port"] == str(guarded.port)
    assert told["X-Forwarded-For"] == told["X-Real-IP"] == "127.0.0.1"


def test_route_without_websockets_has_none(guarded, member) -> None:
    guarded.ask("/still", Upgrade="websocket", Connection="Upgrade")
    assert "Upgrade" not in member.told[0]


def test_path_is_passed_on_as_it_was_sent(guarded, member) -> None:
    sent = ("/guarded//a%2520b%3F?c=%2f", "/guarded", "/new/x%20y?z", "/guarded/?probe=")
    for target in sent:
        guarded.ask(target)
    assert member.paths == [sent[0], sent[1], "/old/x%20y?z", sent[3]]


def test_firewall_refuses_and_the_log_tells_it(guarded, member) -> None:
    asked = ["/guarded/x?probe=1", "/guarded/x", "/plain?probe=1", "/503"]
    assert [guarded.ask(target) for target in asked] == [403, 200, 200, 503]
    assert [each["waf"] for each in guarded.log(4)] == ["refused", "passed", "", "passed"]
    assert [each["route"] for each in guarded.log(4)[:2]] == ["shop.example /guarded/*"] * 2
    assert member.paths == [each for each in asked if "guarded/x?" not in each]


def test_largest_body_is_that_of_the_route(guarded) -> None:
    sizes = {path: guarded.ask(path, "POST", b"x" * 2000) for path in ("/up", "/guarded")}
    assert sizes == {"/up": 413, "/guarded": 200}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_open_firewall_that_is_gone_lets_requests_pass(deploy, tmp_path, member, method) -> None:
    guarded = Guarded(deploy, tmp_path, [member])
    with guarded.running():
        assert {guarded.ask("/guarded/?probe=1", method) for _each in range(5)} == {200}
        assert {each["waf"] for each in guarded.log(5)} == {"uninspected"}
    assert len(member.paths) == 5


def test_closed_firewall_that_is_gone_lets_nothing_pass(deploy, tmp_path, member) -> None:
    guarded = Guarded(deploy, tmp_path, [member], fail="closed")
    with guarded.running():
        assert {guarded.ask("/guarded/") for _each in range(3)} == {502}
        assert guarded.ask("/plain") == 200
        with guarded.firewall():
            assert guarded.ask("/guarded") == 200
        assert [each["waf"] for each in guarded.log(5)] == [*["failed"] * 3, "", "passed"]
    assert member.paths == ["/plain", "/guarded"]


def test_another_member_is_asked_if_one_is_gone(deploy, tmp_path, member) -> None:
    guarded = Guarded(deploy, tmp_path, [Backend("web2"), member])
    with guarded.firewall(), guarded.running():
        assert {guarded.ask("/guarded") for _each in range(6)} == {200}


def test_client_that_knows_no_pool_is_refused_by_the_inner_server(guarded, member) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.ports["inner"], timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/", headers={"X-Peerlb-Ask": "other"})
        assert connection.getresponse().status == 500
    assert member.paths == []
