# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How tcp pools live: a real nginx, the unit, and members that fail, are promoted and demoted."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import typing as t
from collections import Counter

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from support.balancer import Watched, until
from support.fake_redis import FakeRedis

INTERVAL, FALL = 0.2, 3
BUDGET = FALL * INTERVAL + 2.0  # seconds from a failure to the first answer of another member
QUICK = {"interval": "200ms", "timeout": "200ms", "fall": FALL}
# A worker that has just started may take the connection that waited for nginx after others.
AROUND_HALF_OF = {10: (4, 5, 6), 40: (19, 20, 21)}
WRITES = {"type": "redis", "writes": True, **QUICK}


@pytest.fixture
def servers() -> t.Iterator[list[FakeRedis]]:
    """Return a primary and its replica."""
    primary, replica = FakeRedis("redis1"), FakeRedis("redis2")
    replica.follow(primary)
    primary.start()
    replica.start()
    yield [primary, replica]
    primary.kill()
    replica.kill()


@pytest.fixture
def balancer_of(role, tmp_path, servers) -> t.Callable[..., Watched]:
    """Make a balancer of the servers with this health check."""

    def make(health: dict[str, t.Any], **settings: t.Any) -> Watched:
        members = [each.entry(**settings) for each in servers]
        entry = {"name": "redis", "members": members, "health": health}
        return Watched(role, tmp_path, Pool.parse(entry), protocol="tcp")

    return make


@pytest.fixture
def start(balancer_of) -> t.Iterator[t.Callable[..., Watched]]:
    """Run a balancer and its unit until the end of the test, and return it."""
    with contextlib.ExitStack() as stack:

        def run(health: dict[str, t.Any], **settings: t.Any) -> Watched:
            balancer = balancer_of(health, **settings)
            stack.enter_context(balancer.unit())
            until(lambda: len(balancer.serving()) == 2 - health.get("writes", False))
            stack.enter_context(balancer.running())
            balancer.asked()
            return balancer

        yield run


def command(balancer: Watched, text: str) -> str:
    """Send a command on a connection of its own; return the answer, "" if there is none."""
    try:
        with socket.create_connection(("127.0.0.1", balancer.ports[0]), 2) as connection:
            connection.sendall(f"{text}\r\n".encode())
            return connection.recv(4096).decode().strip()
    except OSError:
        return ""


def answering(balancer: Watched, times: int) -> dict[str, int]:
    """Send so many commands; return how many each server answered, lost ones under ""."""
    return dict(Counter(command(balancer, "INFO")[1:] for _each in range(times)))


class Ledger:
    """Writes with the keys 1, 2, 3 … and which of them were acknowledged."""

    def __init__(self, balancer: Watched) -> None:
        self._balancer = balancer
        self._key = 0
        self.acknowledged: list[str] = []

    def write(self) -> bool:
        """Write once; return whether that was acknowledged."""
        self._key += 1
        done = command(self._balancer, f"SET {self._key} value") == "+OK"
        if done:
            self.acknowledged.append(str(self._key))
        return done

    def write_for(self, seconds: float, times: int) -> None:
        """Write at least so long and so often; each write is acknowledged."""
        end = time.monotonic() + seconds
        while times > 0 or time.monotonic() < end:
            assert self.write()
            times -= 1

    def lost(self, server: FakeRedis) -> list[str]:
        """Return the acknowledged writes that a server does not have."""
        return [key for key in self.acknowledged if key not in server.data]


@pytest.mark.slow
def test_primary_that_was_killed_gets_no_write_when_it_returns(start, servers) -> None:
    old, new = servers
    balancer = start(WRITES)
    ledger = Ledger(balancer)
    ledger.write_for(0, 40)
    assert new.writes == []
    old.kill()
    new.role, reached = "master", len(old.writes)
    assert until(ledger.write) < BUDGET
    ledger.write_for(0, 40)
    old.start()  # it does not know yet that another one was promoted
    until(lambda: balancer.state("redis1") == "good")
    ledger.write_for(1.2, 20)  # nginx asks each second
    old.follow(new)
    until(lambda: balancer.state("redis1") == "bad")
    ledger.write_for(1.2, 20)
    assert len(old.writes) == reached
    assert len(ledger.acknowledged) >= 120
    assert ledger.lost(new) == []


def test_ledger_sees_writes_that_are_lost(balancer_of, servers) -> None:
    """Without the unit nginx sends writes to both servers, and this test shows what that costs."""
    old, new = servers
    balancer = balancer_of(QUICK)
    with balancer.running():
        new.role, old.replicas = "master", []
        ledger = Ledger(balancer)
        ledger.write_for(0, 10)
        old.follow(new)
        assert len(ledger.lost(new)) in AROUND_HALF_OF[10]


@pytest.mark.slow
def test_nothing_changes_while_none_is_primary(start, servers) -> None:
    old, new = servers
    balancer = start(WRITES)
    assert answering(balancer, 20) == {"redis1": 20}
    old.follow(new)
    until(lambda: balancer.state("redis1") == "bad")
    balancer.asked()
    assert balancer.serving() == ["redis1"]
    assert answering(balancer, 20) == {"redis1": 20}
    assert command(balancer, "SET 1 value").startswith("-READONLY")
    new.role = "master"
    assert until(lambda: answering(balancer, 1) == {"redis2": 1}) < BUDGET
    assert answering(balancer, 20) == {"redis2": 20}


def test_connection_that_is_open_stays_with_a_primary_that_is_demoted(start, servers) -> None:
    old, new = servers
    balancer = start(WRITES)
    with socket.create_connection(("127.0.0.1", balancer.ports[0]), 2) as connection:
        connection.sendall(b"SET 1 value\r\n")
        assert connection.recv(100) == b"+OK\r\n"
        old.follow(new)
        new.role = "master"
        until(lambda: answering(balancer, 1) == {"redis2": 1})
        connection.sendall(b"SET 2 value\r\n")
        assert connection.recv(100).startswith(b"-READONLY")


@pytest.mark.slow
@pytest.mark.parametrize("health", ["tcp", "redis"])
def test_member_that_refuses_is_left(start, servers, health) -> None:
    balancer = start({"type": health, **QUICK}, max_fails=0)
    assert answering(balancer, 20) == {"redis1": 10, "redis2": 10}
    servers[0].kill()
    until(lambda: balancer.state("redis1") == "bad")
    balancer.asked()
    assert answering(balancer, 20) == {"redis2": 20}
    # With the connection that waited for nginx. Lines come each second, for each worker its own.
    until(lambda: len(sessions(balancer)) == 41)
    place = f"127.0.0.1:{servers[0].port}"
    assert sum(place in tried for tried in sessions(balancer)) <= 11


def sessions(balancer: Watched) -> list[list[str]]:
    """Return which members nginx tried for each connection, from its log."""
    lines = (balancer.place / "sessions.log").read_text().splitlines()
    return [json.loads(line)["upstream"].split(", ") for line in lines]


@pytest.mark.slow
def test_member_that_hangs_is_left_and_comes_back(start, servers) -> None:
    balancer = start({"type": "redis", **QUICK})
    servers[0].frozen = True
    began = time.monotonic()
    until(lambda: balancer.serving() == ["redis2"])
    balancer.asked()
    assert time.monotonic() - began < FALL * INTERVAL + 2 + 0.2  # the last probe waits for 0.2 s
    assert answering(balancer, 20) == {"redis2": 20}
    servers[0].frozen = False
    until(lambda: answering(balancer, 2) == {"redis1": 1, "redis2": 1})


def test_nginx_that_starts_while_the_unit_is_dead_serves_by_its_static_lines(
    balancer_of, servers
) -> None:
    balancer = balancer_of({"type": "redis", **QUICK})
    with balancer.unit(), balancer.running():
        balancer.asked()
        assert answering(balancer, 40) == {"redis1": 20, "redis2": 20}
    with balancer.running():
        answers = answering(balancer, 40)
        assert answers.keys() == {"redis1", "redis2"}
        assert answers["redis1"] in AROUND_HALF_OF[40]
        servers[0].kill()
        assert answering(balancer, 20) == {"redis2": 20}


@pytest.mark.slow
def test_nginx_that_starts_while_the_unit_is_dead_sends_no_write_to_a_replica(
    balancer_of, servers
) -> None:
    balancer = balancer_of(WRITES)
    with balancer.running():
        assert answering(balancer, 4) == {"": 4}
        with balancer.unit():
            until(lambda: answering(balancer, 1) == {"redis1": 1})
            assert answering(balancer, 20) == {"redis1": 20}
        assert answering(balancer, 20) == {"redis1": 20}  # the unit is dead again
