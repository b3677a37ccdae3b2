# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's files do in a real nginx, with members on loopback that record requests."""

from __future__ import annotations

import contextlib
import http.client
import re
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import METHODS
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import (
    SINCE,
    has,
    parse_version,
)
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.http_sample import take_sample
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.sample import (
    sample_problems,
)
from support.nginx import Backend, programs, serving, temporary_paths

found = programs()

SNIPPETS = {
    "http2_directive": "server { listen 127.0.0.1:1; http2 on; }",
    "resolve": "upstream u { zone u 64k; resolver 127.0.0.1; server x resolve; }",
    "keepalive_min_timeout": "keepalive_min_timeout 5s;",
    "request_port": 'map $host $h { default "$host$is_request_port$request_port"; }',
    "sticky": "upstream a { server 127.0.0.1; server 127.0.0.2 drain; sticky cookie c; }",
    "keepalive_by_default": "upstream a { server 127.0.0.1; keepalive 0; }",
}


@pytest.fixture
def backends() -> t.Iterator[list[Backend]]:
    """Return two members that run."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Backend(name).running()) for name in ("web1", "web2")]


@pytest.fixture
def start(deploy, tmp_path):
    """Deploy a pool and run its nginx until the end of the test; return its port."""
    with contextlib.ExitStack() as stack:

        def run(*members: dict, **pool) -> int:
            port = deploy(*members, **pool)
            stack.enter_context(serving(found[-1], tmp_path / "nginx.conf", port))
            return port

        yield run


def ask(port: int, path: str = "/", method: str = "GET", **headers: str):
    """Send one request; return the status, the member's name and the cookie of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.headers.get("Set-Cookie") or "").split(";")[0]
        return answer.status, answer.headers.get("X-Served-By"), cookie


@pytest.mark.parametrize("feature", SINCE)
@pytest.mark.parametrize("program", found, ids=lambda program: program.version)
def test_table_of_versions_is_true(tmp_path, program, feature) -> None:
    conf = tmp_path / "nginx.conf"
    http = f"access_log off; {temporary_paths(tmp_path)} {SNIPPETS[feature]}"
    conf.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {http} }}")
    told = program.test(conf)
    assert (not told) is has(parse_version(program.version), feature), told


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("program", found, ids=lambda program: program.version)
def test_files_of_every_method_pass_nginx(deploy, tmp_path, backends, program, method) -> None:
    if method == "sticky" and not has(parse_version(program.version), "sticky"):
        return
    members = [each.entry(state=state) for each, state in zip(backends, ("up", "drain"))]
    deploy(*members, program=program, method=method, keepalive=0)
    assert program.test(tmp_path / "nginx.conf") == ""


@pytest.mark.parametrize(
    ("protocol", "method"),
    [("http", each) for each in METHODS] + [("tcp", "round_robin"), ("tcp", "hash")],
)
def test_five_thousand_members_pass_nginx(deploy, tmp_path, protocol, method) -> None:
    members = [
        {
            "name": f"member-with-a-long-name-{each}",
            "address": f"10.{100 + each // 200 % 100}.{100 + each % 100}.{100 + each % 150}",
            "port": 30000 + each,
            "max_fails": 1,
        }
        for each in range(5000)
    ]
    deploy(*members, protocol=protocol, method=method)
    assert found[-1].test(tmp_path / "nginx.conf") == ""


BAD = [
    ("/hangup", "HEAD"),
    ("/hangup", "POST"),
    ("/503", "GET"),
    ("/head", "GET"),
    ("/twice", "GET"),
    ("/slow", "GET"),
    ("/slow", "POST"),
]


@pytest.mark.parametrize("settings", [{}, {"max_conns": 50}])
@pytest.mark.parametrize(("path", "method"), BAD)
def test_one_client_does_not_change_what_others_get(
    start, backends, path, method, settings
) -> None:
    one, two = backends
    port = start(one.entry(weight=3, **settings), two.entry(**settings), read_timeout="200ms")
    for _each in range(3):
        assert ask(port, path, method)[0] != 200 or path == "/head"
    assert max(backend.paths.count(path) for backend in backends) > 1
    sample = take_sample(f"http://127.0.0.1:{port}/", 8, "X-Served-By", 5)
    assert (sample.statuses, sample.served_by) == ({200: 8}, {"web1": 6, "web2": 2})


def test_members_that_can_fail_are_taken_from_others_by_one_client(start, backends) -> None:
    """This is what the default avoids, and shows that the test above would see it."""
    port = start(*(each.entry(max_fails=1, max_conns=50) for each in backends))
    ask(port, "/hangup", "HEAD")
    assert ask(port)[0] == 502


def test_last_resort_keeps_backups_and_the_method(start, backends) -> None:
    one, two = backends
    port = start(one.entry(max_fails=1), two.entry(max_fails=1, backup=True))
    assert ask(port, "/hangup", "HEAD")[0] == 502
    assert (one.paths, two.paths) == (["/hangup"], ["/hangup"])  # both count as failed
    assert {ask(port)[:2] for _each in range(5)} == {(200, "web1")}


@pytest.mark.parametrize("protocol", ["http", "tcp"])
@pytest.mark.parametrize(
    ("settings", "beside"),
    [
        ({}, {"state": "drain"}),
        ({"max_fails": 1}, {"weight": 0}),
        ({}, {"backup": True}),
        ({"backup": True}, {"state": "down"}),
    ],
)
def test_only_member_that_serves_is_asked_again_at_once(start, protocol, settings, beside) -> None:
    one, dead = Backend("web1"), Backend("web2")
    port = start(dead.entry(**beside), one.entry(**settings), protocol=protocol)
    for _each in range(3):
        with contextlib.suppress(http.client.RemoteDisconnected, ConnectionResetError):
            assert ask(port)[0] == 502
    with one.running():
        assert ask(port)[:2] == (200, "web1")


def test_half_of_the_members_may_be_dead(start, backends) -> None:
    dead = [Backend(f"dead{number}") for number in range(6)]
    alive = [Backend(f"web{number}") for number in range(3, 7)]
    with contextlib.ExitStack() as stack:
        alive = [stack.enter_context(each.running()) for each in alive] + backends
        port = start(*(each.entry() for each in (*dead, *alive)))
        sample = take_sample(f"http://127.0.0.1:{port}/", 24, "X-Served-By", 5)
    assert sample.statuses == {200: 24}


@pytest.mark.parametrize("weights", [(1, 1), (3, 1)])
@pytest.mark.parametrize("method", METHODS)
def test_shares_of_every_method_are_judged_as_they_are(start, backends, method, weights) -> None:
    members = [each.entry(weight=weight) for each, weight in zip(backends, weights)]
    port = start(*members, method=method)
    sample = take_sample(f"http://127.0.0.1:{port}/", 400, "X-Served-By", 5)
    pool = {"method": method, "hash_key": "$remote_addr"}
    pool["members"] = [{"state": "up", "backup": False, **each} for each in members]
    assert sample_problems(sample.report(), pool, 400, 0) == []


def test_drained_member_of_a_sticky_pool_keeps_its_clients(deploy, tmp_path, backends) -> None:
    one, two = backends
    port = deploy(one.entry(), two.entry(), method="sticky")
    with serving(found[-1], tmp_path / "nginx.conf", port):
        answers = [ask(port) for _each in range(2)]
        cookies = {member: cookie for _status, member, cookie in answers}
    port = deploy(one.entry(), two.entry(state="drain"), method="sticky")
    with serving(found[-1], tmp_path / "nginx.conf", port):
        assert {ask(port, Cookie=cookies["web2"])[:2] for _each in range(4)} == {(200, "web2")}
        assert {ask(port)[:2] for _each in range(4)} == {(200, "web1")}


@pytest.mark.parametrize(("keepalive", "connections"), [(0, 6), (8, 1)])
def test_connections_are_kept_as_declared(start, backends, keepalive, connections) -> None:
    one, _two = backends
    port = start(one.entry(), keepalive=keepalive)
    assert [ask(port)[0] for _each in range(6)] == [200] * 6
    assert one.connections == connections


TOLD = {
    "Host": "shop.example:8443",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "shop.example",
    "Forwarded": "for=203.0.113.9;proto=https",
    "X-Original-URL": "/admin",
    "Proxy": "http://evil.example",
    "Upgrade": "h2c",
    "HTTP2-Settings": "AAMAAABkAAQAAP__",
    "Connection": "Upgrade, HTTP2-Settings",
}
NAMES = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"]
REFUSED = ["Forwarded", "X-Original-URL", "Proxy", "Upgrade", "HTTP2-Settings"]


def test_what_a_client_says_of_itself_is_not_passed_on(start, backends) -> None:
    one, _two = backends
    port = start(one.entry())
    ask(port, **TOLD)
    told = one.told[-1]
    assert told["Host"] == "shop.example:8443"
    assert [told[name] for name in NAMES] == ["127.0.0.1", "http", "shop.example:8443", str(port)]
    assert [name for name in REFUSED if name in told] == []


def test_what_a_trusted_proxy_says_is_passed_on(start, backends) -> None:
    one, _two = backends
    port = start(one.entry(), variables={"nginx_lb_trusted_proxies": ["127.0.0.1"]})
    ask(port, **TOLD)
    told = one.told[-1]
    assert [told[name] for name in NAMES] == ["203.0.113.9", "https", "shop.example", "443"]
    assert [name for name in REFUSED if name in told] == []


@pytest.mark.parametrize(
    ("passing", "route", "upgrade"),
    [
        (True, "", "websocket"),
        (False, "", None),
        (False, 'set $peerlb_websockets "1";', "websocket"),
        (True, 'set $peerlb_websockets "0";', None),
    ],
)
def test_websocket_is_the_only_upgrade(start, backends, passing, route, upgrade) -> None:
    one, _two = backends
    variables = {"nginx_lb_websockets": passing, "nginx_lb_extra": {"server": route}}
    port = start(one.entry(), variables=variables)
    ask(port, Upgrade="WebSocket", Connection="keep-alive, Upgrade")
    assert one.told[-1].get("Upgrade") == upgrade
    ask(port, Upgrade="websocket")  # without Connection it is no request for an upgrade
    assert "Upgrade" not in one.told[-1]


def test_names_may_be_long_and_many(deploy, tmp_path, backends) -> None:
    long = ".".join(["a" * 60] * 4) + ".example"
    names = [long, *(f"host{number}.shop.example" for number in range(500))]
    deploy(backends[0].entry(), variables={"nginx_lb_server_names": names})
    assert found[-1].test(tmp_path / "nginx.conf") == ""


def test_names_of_others_are_not_served(start, backends) -> None:
    one, _two = backends
    port = start(one.entry(), variables={"nginx_lb_server_names": ["shop.example"]})
    assert ask(port, Host="shop.example")[0] == 200
    assert ask(port, Host="evil.example")[0] == 421


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("shop.example", "shop.example"),
        ("SHOP.example:8443", "shop.example:8443"),
        ("[::1]:80", "[::1]:80"),
    ],
)
def test_host_is_told_with_the_port_of_the_client(start, backends, named, told) -> None:
    one, _two = backends
    port = start(one.entry())
    ask(port, Host=named)
    assert [one.told[-1][name] for name in ("Host", "X-Forwarded-Host")] == [told, told]


def test_request_ids_are_of_this_host_and_never_the_same(start, backends) -> None:
    one, _two = backends
    port = start(one.entry(), variables={"inventory_hostname": "lb1"})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        for _each in range(50):
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            assert answer.headers["X-Request-Id"] == one.told[-1]["X-Request-Id"]
    ask(port)
    ids = [told["X-Request-Id"] for told in one.told]
    assert len(set(ids)) == 51
    assert all(re.fullmatch(r"[0-9a-f]{6}(-[0-9]+){2}-[0-9]+\.[0-9]{3}", each) for each in ids)
    ask(port, **{"X-Request-Id": "given-by-a-client"})
    assert one.told[-1]["X-Request-Id"] == "given-by-a-client"


def test_hosts_begin_ids_with_words_of_their_own(role) -> None:
    words = {role.get("__nginx_lb_id", inventory_hostname=f"lb{each}") for each in range(20)}
    assert len(words) == 20
    assert all(re.fullmatch("[0-9a-f]{6}", each) for each in words)
