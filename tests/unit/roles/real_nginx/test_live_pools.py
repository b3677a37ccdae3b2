# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a real nginx follows the name server. Its members are servers of the same nginx."""

from __future__ import annotations

import contextlib
import getpass
import http.client
import os
import signal
import socket
import time
import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.codec import SRV, A
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from support.balancer import until
from support.name_server import NameServer
from support.nginx import Backend, free_port, programs, serving, temporary_paths

found = programs()

WEB1, WEB2, WEB3 = "127.1.0.1", "127.1.0.2", "127.1.0.3"
REFUSES, HANGS = "127.1.9.9", "127.1.9.8"
CONF = """\
{stream_module}
daemon off;
worker_processes 2;
pid {place}/pid;
user {user}; # so that workers can write files below the place
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    {paths}
    server {{ {listens} add_header X-Served-By $server_addr; return 200; }}
    upstream web {{ {upstream} }}
    # Of an upstream without members nginx says what it says when the members change in the midst
    # of a request: no live upstreams.
    upstream none {{
        zone none 1m;
        resolver 127.0.0.1:{resolver};
        server none.peerlb service=http resolve;
    }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 1m;
        location / {{ proxy_pass http://web; }}
        location /none {{ proxy_pass http://none; error_page 502 = @again; }}
        location /refuses {{ proxy_pass http://{refuses}; error_page 502 = @again; }}
        location /hangs {{ proxy_connect_timeout 1500ms; proxy_pass http://web; }}
        location /hangs/again {{
            proxy_connect_timeout 1500ms;
            proxy_pass http://web;
            error_page 502 = @again;
        }}
        location @again {{
            if ($upstream_addr !~ "(^|, )(none|web)$") {{ return 502; }}
            proxy_pass http://127.0.0.1:{again};
        }}
    }}
}}
stream {{
    upstream web {{ {stream_upstream} }}
    server {{ listen 127.0.0.1:{stream_port}; proxy_pass web; }}
}}
"""
UPSTREAM = """\
    zone {protocol} 4m;
    resolver 127.0.0.1:{resolver} ipv6=off;
    resolver_timeout 1s;
    server web.peerlb service={protocol} resolve max_fails=0;
    {fallback}
"""


class Balancer:
    """A configuration with a live pool, whose static lines lead to web1 and web2."""

    def __init__(self, place: Path, unit: NameServer, members: t.Sequence[str]) -> None:
        self.unit, self._place = unit, place
        self.again = Backend("again")  # which gets requests that are asked again
        self.port, self.stream_port, self._member_port = free_port(), free_port(), free_port()
        fallback = "".join(f"server {each}:{self._member_port} backup;" for each in (WEB1, WEB2))
        words = {"resolver": unit.port, "fallback": fallback}
        text = CONF.format(
            place=place,
            user=getpass.getuser(),
            stream_module=found[-1].stream_module,
            paths=temporary_paths(place),
            listens="".join(f"listen {each}:{self._member_port};" for each in members),
            upstream=UPSTREAM.format(protocol="http", **words),
            stream_upstream=UPSTREAM.format(protocol="tcp", **words),
            port=self.port,
            stream_port=self.stream_port,
            resolver=unit.port,
            again=self.again.port,
            refuses=f"{REFUSES}:{self._member_port}",
        )
        (place / "nginx.conf").write_text(text)

    def tell(self, *shares: tuple[str, int], backups: t.Sequence[str] = ()) -> None:
        """Let the pool have these members, given as address and weight."""
        members = [Share(host, host, self._member_port, weight) for host, weight in shares]
        members += [Share(host, host, self._member_port, backup=True) for host in backups]
        self.unit.tell({("http", "web"): members, ("tcp", "web"): members})

    @contextlib.contextmanager
    def hanging(self) -> t.Iterator[None]:
        """Let connections to HANGS neither be accepted nor refused, as those to a frozen host."""
        with contextlib.ExitStack() as stack:
            full = stack.enter_context(socket.socket())
            full.bind((HANGS, self._member_port))
            full.listen(0)
            for _each in range(3):
                client = stack.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex((HANGS, self._member_port))
            yield

    def running(self) -> contextlib.AbstractContextManager[None]:
        return serving(found[-1], self._place / "nginx.conf", self.port)

    def reload(self) -> None:
        """Load the configuration again, and wait until the workers of before are gone."""
        master = int((self._place / "pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children")
        before = set(children.read_text().split())
        os.kill(master, signal.SIGHUP)
        until(lambda: not before & set(children.read_text().split()))

    def send(self, method: str, path: str, body: int) -> int:
        """Send a request with a body of so many bytes; return the status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, path, bytes(body))
            return connection.getresponse().status

    def ask(self, times: int, port: int = 0) -> dict[str, int]:
        """Send so many requests; return how many each member answered, lost ones under ""."""
        answers: Counter[str] = Counter()
        for _each in range(times):
            connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/")
                try:
                    answer = connection.getresponse()
                except (OSError, http.client.HTTPException):
                    answers[""] += 1
                    continue
                answers[answer.headers.get("X-Served-By", "")] += 1
        return dict(answers)


@pytest.fixture
def unit() -> t.Iterator[NameServer]:
    """Return a name server that runs until the end of the test."""
    server = NameServer()
    server.run()
    yield server
    server.stop()


@pytest.fixture
def balancer(tmp_path, unit) -> t.Iterator[Balancer]:
    """Return a balancer that runs; web1 gets 3 requests to 1 of web2, and web3 is a backup."""
    made = Balancer(tmp_path, unit, (WEB1, WEB2, WEB3))
    made.tell((WEB1, 3), (WEB2, 1), backups=[WEB3])
    with made.running():
        until(lambda: made.ask(4) == {WEB1: 3, WEB2: 1})
        yield made


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_weights_and_members_are_followed_without_a_reload(balancer, protocol) -> None:
    port = balancer.port if protocol == "http" else balancer.stream_port
    assert balancer.ask(40, port) == {WEB1: 30, WEB2: 10}
    balancer.tell((WEB3, 3), (WEB2, 1))
    assert until(lambda: WEB1 not in balancer.ask(8, port)) < 2
    assert balancer.ask(40, port) == {WEB3: 30, WEB2: 10}


def test_pools_are_asked_for_each_second_and_members_once(balancer) -> None:
    time.sleep(2.2)
    count = Counter((each.kind, each.name) for each in balancer.unit.questions)
    for service in ("_http._tcp.web.peerlb", "_tcp._tcp.web.peerlb"):
        assert 3 <= count.pop((SRV, service)) <= 4
    members = {kind: number for (kind, _name), number in count.items() if kind == A}
    # The pools of http and stream have resolvers of their own.
    assert members == {A: 2}


def test_last_answer_stays_while_the_name_server_is_dead_and_over_a_reload(balancer) -> None:
    balancer.unit.stop()
    time.sleep(1.2)
    assert balancer.ask(40) == {WEB1: 30, WEB2: 10}
    balancer.reload()
    assert balancer.ask(40) == {WEB1: 30, WEB2: 10}


def test_nginx_that_starts_without_the_name_server_uses_the_static_lines(tmp_path, unit) -> None:
    balancer = Balancer(tmp_path, unit, (WEB1, WEB2, WEB3))
    balancer.tell((WEB3, 1))
    unit.stop()
    with balancer.running():
        assert balancer.ask(40) == {WEB1: 20, WEB2: 20}
        assert balancer.ask(40, balancer.stream_port) == {WEB1: 20, WEB2: 20}
        unit.run()
        lost = []
        until(lambda: lost.append(balancer.ask(2).get("")) or balancer.ask(2) == {WEB3: 2}, 8)
        assert set(lost) == {None}


def test_large_pools_come_by_tcp(tmp_path, unit) -> None:
    members = [f"127.1.1.{each}" for each in range(1, 151)]
    balancer = Balancer(tmp_path, unit, members)
    balancer.tell(*((each, 1) for each in members))
    with balancer.running():
        until(lambda: len(balancer.ask(150)) == 150)
        balancer.tell(*((each, 1) for each in members[:140]))
        until(lambda: balancer.ask(140).keys() == set(members[:140]))


def test_last_answer_stays_after_an_error(balancer) -> None:
    balancer.unit.tell({})
    balancer.unit.questions.clear()
    until(lambda: len(balancer.unit.questions) >= 4)
    assert balancer.ask(40) == {WEB1: 30, WEB2: 10}
    assert balancer.ask(40, balancer.stream_port) == {WEB1: 30, WEB2: 10}


@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_backups_serve_while_no_other_member_does(balancer, protocol) -> None:
    port = balancer.port if protocol == "http" else balancer.stream_port
    assert WEB3 not in balancer.ask(40, port)
    balancer.tell((REFUSES, 1), backups=[WEB3])
    until(lambda: WEB3 in balancer.ask(6, port))
    assert balancer.ask(40, port).keys() == {WEB1, WEB2, WEB3}  # the static lines are backups too


@pytest.mark.parametrize("body", [0, 100, 200_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_of_which_nothing_was_sent_is_asked_again_once(balancer, method, body) -> None:
    with balancer.again.running() as again:  # it reads the whole body before it answers
        assert balancer.send(method, "/none", body) == 200
        assert balancer.send(method, "/refuses", body) == 502
    assert again.paths == ["/none"]
    assert int(again.told[0].get("Content-Length", 0)) == body


def test_next_try_after_a_change_of_members_is_lost_unless_the_pool_is_asked_again(
    balancer,
) -> None:
    with balancer.hanging(), balancer.again.running() as again, ThreadPoolExecutor() as threads:
        balancer.tell((HANGS, 1))
        time.sleep(1.2)  # nginx knows it now
        paths = ("/hangs", "/hangs/again")
        sent = [threads.submit(balancer.send, "POST", path, 100) for path in paths]
        time.sleep(0.1)
        balancer.tell((WEB1, 1))
        assert [each.result(5) for each in sent] == [502, 200]
    assert again.paths == ["/hangs/again"]
