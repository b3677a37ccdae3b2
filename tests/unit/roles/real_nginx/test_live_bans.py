# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bans and maintenance in a real nginx, which reads the flags that are made on the host."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans import flags
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import (
    RETRY_AFTER,
    Maintenance,
)
from support.balancer import until
from support.nginx import Backend, programs, serving

ME, NEIGHBOUR, STRANGER = "127.0.7.1", "127.0.7.2", "127.0.8.1"
CHALLENGE = "/.well-known/acme-challenge/token"
# Answers that nginx gives without a member: each kind has to be refused as well.
OWN_ANSWERS = """
    location = /redirect { return 308 http://elsewhere.example/; }
    location = /fixed { return 200 fixed; }
    location = /wrong { return 404; }
    location = /broken { proxy_pass http://127.0.0.1:1; error_page 502 =500 @broken; }
    location @broken { return 500; }
"""
PATHS = ("/", "/redirect", "/fixed", "/wrong", "/broken")


@dataclass
class Edge:
    """A running nginx, its member, and the store whose flags it reads."""

    port: int
    store: Path
    member: Backend
    networks: list[str] = field(default_factory=list)
    closed: dict[str, Maintenance] = field(default_factory=dict)

    def apply(self) -> None:
        """Make the flags for what is banned and closed."""
        bans = [ipaddress.IPv4Network(each) for each in self.networks]
        flags.apply(self.store, flags.wanted(bans, self.closed))

    def ask(self, path: str = "/", client: str = ME, method: str = "GET", **headers: str):
        """Send a request from an address of loopback; return the answer with its text."""
        place = ("127.0.0.1", self.port)
        connection = http.client.HTTPConnection(*place, timeout=5, source_address=(client, 0))
        with contextlib.closing(connection):
            body = b"x" * 100 if method == "POST" else None
            connection.request(
                method, path, body, {k.replace("_", "-"): v for k, v in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read().decode()

    def status(self, path: str = "/", client: str = ME, **words: str) -> int:
        """Send a request; return its status."""
        return self.ask(path, client, **words)[0]


@pytest.fixture
def edge(deploy, tmp_path) -> t.Iterator[Edge]:
    """Return a balancer that runs, with answers of its own besides those of its pool."""
    with running(deploy, tmp_path) as served:
        yield served


@contextlib.contextmanager
def running(deploy, place: Path, **variables: t.Any) -> t.Iterator[Edge]:
    """Run a balancer with variables of the role until the end of the block."""
    (place / "store").mkdir()
    with Backend("web1").running() as member:
        extra = {"nginx_lb_extra": {"server": OWN_ANSWERS}}
        port = deploy(member.entry(), variables={**extra, **variables})
        text = (place / "servers.conf").read_text()
        # What acme.conf does before the flags are looked for.
        exempt = f"if ($uri = {CHALLENGE}) {{ set $peerlb_exempt acme; }}\n    include live.conf;"
        challenge = f"location = {CHALLENGE} {{ return 200 proof; }}"
        (place / "servers.conf").write_text(
            text.replace("include live.conf;", f"{challenge} {exempt}", 1)
        )
        with serving(programs()[-1], place / "nginx.conf", port):
            yield Edge(port, place / "store", member)


def test_banned_address_is_refused_in_every_kind_of_answer_but_for_challenges(edge) -> None:
    assert [edge.status(path) for path in PATHS] == [200, 308, 200, 404, 500]
    edge.networks = [f"{ME}/32"]
    edge.apply()
    until(lambda: edge.status() == 403)
    before = len(edge.member.paths)
    assert [edge.status(path) for path in PATHS] == [403] * len(PATHS)
    assert edge.status(method="POST") == 403
    assert len(edge.member.paths) == before
    assert edge.status(CHALLENGE) == 200
    assert edge.status(client=NEIGHBOUR) == 200


def test_ban_is_over_as_soon_as_its_flag_is_gone(edge) -> None:
    edge.networks = [f"{ME}/32"]
    edge.apply()
    until(lambda: edge.status() == 403)
    edge.networks = []
    edge.apply()
    until(lambda: edge.status() == 200)
    assert not (edge.store / "live/on").exists()


@pytest.mark.parametrize(
    ("network", "refused"),
    [
        ("127.0.7.0/24", {ME, NEIGHBOUR}),
        ("127.0.0.0/16", {ME, NEIGHBOUR, STRANGER}),
        ("127.0.6.0/23", {ME, NEIGHBOUR}),
        ("127.0.7.0/31", {ME}),
        ("127.0.7.2/31", {NEIGHBOUR}),
    ],
)
def test_range_is_refused_whatever_its_size(edge, network, refused) -> None:
    edge.networks = [network]
    edge.apply()
    for client in (ME, NEIGHBOUR, STRANGER):
        wanted = 403 if client in refused else 200
        until(lambda client=client, wanted=wanted: edge.status(client=client) == wanted)


@pytest.mark.parametrize("what", ["webapp", "all"])
def test_maintenance_shows_a_page_with_retry_after_and_ends(edge, what) -> None:
    edge.closed = {what: Maintenance(retry_after=120)}
    edge.apply()
    until(lambda: edge.status() == 503)
    for method in ("GET", "POST", "PUT", "DELETE"):
        status, headers, text = edge.ask("/cart?x=1", method=method)
        assert (status, headers["Retry-After"], headers["Cache-Control"]) == (
            503,
            "120",
            "no-store",
        )
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert "in maintenance" in text
        assert headers["X-Request-Id"]
    assert edge.ask("/", method="HEAD")[2] == ""
    assert edge.member.paths.count("/cart?x=1") == 0
    assert edge.status(CHALLENGE) == 200
    edge.closed = {}
    edge.apply()
    until(lambda: edge.status() == 200)


def test_pool_of_a_route_in_maintenance_closes_what_asks_it_alone(deploy, tmp_path) -> None:
    rules = [{"path": "/own", "answer": {"status": 204}}, {"path": "/a/*", "pool": "webapp"}]
    url_map = {"hosts": [{"rules": rules, "default": "webapp"}]}
    with running(deploy, tmp_path, nginx_lb_url_map=url_map) as edge:
        assert [edge.status(path) for path in ("/", "/a/b", "/own")] == [200, 200, 204]
        edge.closed = {"webapp": Maintenance(retry_after=30, allow=(f"{NEIGHBOUR}/32",))}
        edge.apply()
        until(lambda: edge.status() == 503)
        assert [edge.status(path) for path in ("/", "/a/b", "/own")] == [503, 503, 204]
        assert edge.ask("/a/b", method="POST")[1]["Retry-After"] == "30"
        assert edge.status("/a/b", client=NEIGHBOUR) == 200
        edge.closed = {}
        edge.apply()
        until(lambda: edge.status() == 200)
        assert edge.status("/a/b") == 200


def test_other_pool_in_maintenance_closes_nothing(edge) -> None:
    edge.closed = {"other": Maintenance()}
    edge.apply()
    until((edge.store / "live/on").is_dir)
    assert edge.status() == 200


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/plain, */*"])
def test_client_that_wants_json_gets_json(edge, accept) -> None:
    edge.closed = {"all": Maintenance(retry_after=30)}
    edge.apply()
    until(lambda: edge.status() == 503)
    status, headers, text = edge.ask(Accept=accept)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(text) == {"status": 503, "error": "maintenance"}


@pytest.mark.parametrize("seconds", RETRY_AFTER)
def test_every_retry_after_is_told(edge, seconds) -> None:
    edge.closed = {"webapp": Maintenance(retry_after=seconds)}
    edge.apply()
    until(lambda: edge.status() == 503)
    assert edge.ask()[1]["Retry-After"] == str(seconds)


@pytest.mark.parametrize("allowed", [f"{ME}/32", "127.0.7.0/24"])
@pytest.mark.parametrize("what", ["webapp", "all"])
def test_operators_are_served_in_maintenance(edge, what, allowed) -> None:
    edge.closed = {what: Maintenance(allow=(allowed,))}
    edge.apply()
    until(lambda: edge.status(client=STRANGER) == 503)
    assert edge.status() == 200
    assert edge.status("/", method="POST") == 200
    assert edge.member.paths


def test_banned_client_is_refused_in_maintenance_and_not_told_of_it(edge) -> None:
    edge.networks, edge.closed = [f"{ME}/32"], {"all": Maintenance(allow=(f"{ME}/32",))}
    edge.apply()
    until(lambda: edge.status(client=STRANGER) == 503)
    assert edge.status() == 403
    assert edge.status("/-/peerlb/notice") == 403


@pytest.mark.parametrize("path", ["/-/peerlb/notice", "/-/peerlb/maintenance"])
def test_notice_cannot_be_asked_for(edge, path) -> None:
    assert edge.status(path) == 404


def test_kept_connection_is_refused_as_well(edge) -> None:
    place = ("127.0.0.1", edge.port)
    connection = http.client.HTTPConnection(*place, timeout=5, source_address=(ME, 0))
    with contextlib.closing(connection):

        def status() -> int:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            return answer.status

        assert status() == 200
        edge.networks = [f"{ME}/32"]
        edge.apply()
        until(lambda: status() == 403)


def test_flags_are_made_anew_over_whatever_stands_in_their_place(edge) -> None:
    edge.networks = [f"{ME}/32"]
    (edge.store / "live/bans" / ME).mkdir(parents=True)
    (edge.store / "live/bans" / STRANGER).write_text("")
    (edge.store / "live/on").write_text("")
    edge.apply()
    until(lambda: edge.status() == 403)
    assert edge.status(client=STRANGER) == 200


def test_nginx_keeps_no_flag_open(edge) -> None:
    edge.networks = [f"127.0.7.{each}/32" for each in range(1, 60)]
    edge.apply()
    until(lambda: edge.status() == 403)
    for each in range(1, 60):
        assert edge.status(client=f"127.0.7.{each}") == 403
    pid = int((edge.store.parent / "pid").read_text())
    files = [each.resolve() for each in Path(f"/proc/{pid}/fd").iterdir()]
    assert [each for each in files if "live" in each.parts] == []


def test_template_knows_every_retry_after(role) -> None:
    text = role.get("__nginx_lb_templates", nginx_lb_pools=[], nginx_lb_listeners=[])["live.conf"]
    assert tuple(map(int, re.findall(r"peerlb_retry_after ([0-9]+);", text))) == RETRY_AFTER
