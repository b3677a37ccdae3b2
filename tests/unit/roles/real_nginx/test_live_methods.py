# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether each balancing method keeps its law while a real nginx follows a live pool."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import math
import threading
import typing as t
from collections import Counter

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.engine import DnsWriter
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import METHODS, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import parse_version
from support.balancer import Told, until
from support.nginx import Backend, programs

KEYS = range(300)
RARE = 1e-6  # how seldom a law of chance may fail though it holds


@pytest.fixture
def backends() -> t.Iterator[list[Backend]]:
    """Return three members that run."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Backend(f"web{each}").running()) for each in (1, 2, 3)]
        yield made
        for each in made:
            each.released.set()


@pytest.fixture
def start(role, tmp_path, backends) -> t.Iterator[t.Callable[..., Told]]:
    """Run a balancer whose members have these weights until the end of the test, and return it."""
    with contextlib.ExitStack() as stack:

        def run(*weights: int, listeners: int = 1, **settings: t.Any) -> Told:
            members = [each.entry(weight=weight) for each, weight in zip(backends, weights)]
            pool = Pool.parse({"name": "webapp", "members": members, **settings})
            balancer = Told(role, tmp_path, pool, listeners=listeners)
            stack.enter_context(balancer.running())
            return balancer

        yield run


def ask(port: int, path: str = "/", **headers: str) -> tuple[str, str]:
    """Send one request; return the member that answers, and the cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.headers.get("Set-Cookie") or "").split(";")[0]
        return answer.headers.get("X-Served-By", ""), cookie


def shares_of(balancer: Told, times: int) -> dict[str, int]:
    """Send so many requests, to the listeners in turn; return how many each member answered."""
    ports = itertools.islice(itertools.cycle(balancer.ports), times)
    return dict(Counter(ask(port)[0] for port in ports))


def send_held(port: int) -> None:
    """Send a request that is held until it is released, or until nginx is stopped."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask(port, "/held")


def hold(balancer: Told, backends: list[Backend], times: int) -> dict[str, int]:
    """Send requests that are held, each after a member has the one before; return who got them."""
    before = [each.paths.count("/held") for each in backends]
    for number in range(sum(before) + 1, sum(before) + times + 1):
        threading.Thread(target=send_held, args=(balancer.ports[0],), daemon=True).start()
        until(lambda wanted=number: sum(each.paths.count("/held") for each in backends) == wanted)
    got = {each.name: each.paths.count("/held") - old for each, old in zip(backends, before)}
    return {name: count for name, count in got.items() if count}


def keys_of(balancer: Told) -> dict[int, str]:
    """Return which member answers each key."""
    return {key: ask(balancer.ports[0], f"/?key={key}")[0] for key in KEYS}


def bounds(times: int, share: float) -> range:
    """Return how many of so many draws hit, except for one time in a million on either side."""
    chances = [
        math.comb(times, hits) * share**hits * (1 - share) ** (times - hits)
        for hits in range(times + 1)
    ]
    sums = list(itertools.accumulate(chances))
    likely = [hits for hits in range(times + 1) if RARE < sums[hits] < 1 - RARE]
    return range(likely[0], likely[-1] + 2)


@pytest.mark.parametrize("listeners", [1, 2])
def test_round_robin_is_exact_also_right_after_a_change(start, listeners) -> None:
    balancer = start(3, 1, listeners=listeners)
    assert shares_of(balancer, 40) == {"web1": 30, "web2": 10}
    balancer.follow(web1={"weight": 1}, web2={"weight": 3})
    assert shares_of(balancer, 40) == {"web1": 10, "web2": 30}


@pytest.mark.parametrize("asked_before", [30, 60])
def test_round_robin_is_exact_at_once_if_one_weight_changes(start, asked_before) -> None:
    """nginx would forget whose turn it is for that member alone, and first pay the others."""
    balancer = start(1, 100)
    shares_of(balancer, asked_before)
    balancer.follow(web2={"weight": 1})
    assert shares_of(balancer, 40) == {"web1": 20, "web2": 20}


def test_round_robin_is_exact_at_once_if_all_weights_change(start) -> None:
    balancer = start(1, 100)
    shares_of(balancer, 60)
    balancer.follow(web1={"weight": 2}, web2={"weight": 2})
    assert shares_of(balancer, 40) == {"web1": 20, "web2": 20}


@pytest.mark.slow
def test_round_robin_is_exact_after_a_member_went_and_returned(start) -> None:
    balancer = start(2, 1, 1)
    balancer.follow(web3={"state": "down"})
    assert shares_of(balancer, 30) == {"web1": 20, "web2": 10}
    balancer.follow()
    assert shares_of(balancer, 40) == {"web1": 20, "web2": 10, "web3": 10}


def test_least_conn_takes_who_is_less_busy_by_weight(start, backends) -> None:
    balancer = start(3, 1, method="least_conn")
    assert hold(balancer, backends, 8) == {"web1": 6, "web2": 2}
    backends[0].released.set()
    until(lambda: hold(balancer, backends, 1) == {"web1": 1})
    balancer.asked()  # that who serves is asked again makes nginx forget nobody
    assert hold(balancer, backends, 3) == {"web1": 3}


def test_least_conn_forgets_what_a_member_is_busy_with_when_its_weight_changes(
    start, backends
) -> None:
    balancer = start(1, 1, method="least_conn")
    assert hold(balancer, backends, 4) == {"web1": 2, "web2": 2}
    balancer.follow(web1={"weight": 2})
    # To nginx web1 has none. By all that are held it would be 6 and 2, and then 2 and 1.
    assert hold(balancer, backends, 4) == {"web1": 4}
    assert hold(balancer, backends, 6) == {"web1": 4, "web2": 2}


def test_random_draws_by_weight(start) -> None:
    balancer = start(3, 1, method="random")
    of_a_quarter, of_half = bounds(400, 1 / 4), bounds(400, 1 / 2)
    assert not set(of_a_quarter) & set(of_half)  # so that another law fails
    assert shares_of(balancer, 400)["web2"] in of_a_quarter
    balancer.follow(web1={"weight": 2}, web2={"weight": 2})
    assert shares_of(balancer, 400)["web2"] in of_half


@pytest.mark.slow
def test_hash_moves_no_key_while_nothing_changes(start) -> None:
    balancer = start(1, 1, 1, method="hash", hash_key="$arg_key")
    before = keys_of(balancer)
    balancer.tell(backwards=True)
    balancer.asked(2)
    assert keys_of(balancer) == before
    balancer.reload()
    assert keys_of(balancer) == before
    assert set(before.values()) == {"web1", "web2", "web3"}


@pytest.mark.slow
def test_hash_moves_only_the_share_that_a_weight_adds(start) -> None:
    balancer = start(1, 1, 1, method="hash", hash_key="$arg_key")
    before = keys_of(balancer)
    balancer.follow(web1={"weight": 2})
    after = keys_of(balancer)
    moved = [key for key in KEYS if after[key] != before[key]]
    assert {after[key] for key in moved} == {"web1"}
    assert len(KEYS) / 12 < len(moved) < len(KEYS) / 4  # ideal is a sixth
    balancer.follow()
    assert keys_of(balancer) == before


@pytest.mark.slow
def test_hash_moves_only_the_keys_of_a_member_that_goes_and_returns(start) -> None:
    balancer = start(1, 1, 1, method="hash", hash_key="$arg_key")
    before = keys_of(balancer)
    balancer.follow(web2={"state": "drain"})
    away = keys_of(balancer)
    assert {key for key in KEYS if away[key] != before[key]} == {
        key for key in KEYS if before[key] == "web2"
    }
    balancer.follow()
    assert keys_of(balancer) == before


def cookies_of(balancer: Told) -> dict[str, str]:
    """Return a cookie of each member."""
    return dict(ask(balancer.ports[0]) for _each in range(4))


@pytest.mark.slow
@pytest.mark.parametrize("listeners", [1, 2])
def test_cookies_hold_over_weights_and_absence(start, listeners) -> None:
    balancer = start(1, 1, method="sticky", listeners=listeners)
    cookies = cookies_of(balancer)
    balancer.follow(web1={"weight": 3}, web2={"weight": 2})
    for port, (member, cookie) in itertools.product(balancer.ports, cookies.items()):
        assert {ask(port, Cookie=cookie)[0] for _each in range(6)} == {member}
    balancer.follow(web2={"state": "down"})
    assert ask(balancer.ports[0], Cookie=cookies["web2"])[0] == "web1"
    balancer.follow()
    for port, (member, cookie) in itertools.product(balancer.ports, cookies.items()):
        assert {ask(port, Cookie=cookie)[0] for _each in range(6)} == {member}


def test_new_clients_of_a_sticky_pool_are_shared_by_weight(start) -> None:
    balancer = start(1, 1, method="sticky")
    balancer.follow(web1={"weight": 3}, web2={"weight": 5})
    assert shares_of(balancer, 40) == {"web1": 15, "web2": 25}


@pytest.mark.slow
def test_drained_member_keeps_the_clients_that_hold_its_cookie(start) -> None:
    balancer = start(1, 1, method="sticky")
    cookies = cookies_of(balancer)
    balancer.tell(web2={"state": "drain"})
    balancer.deploy(web2="drain")
    balancer.reload()
    for _each in range(2):
        assert {ask(balancer.ports[0], Cookie=cookies["web2"])[0] for _each in range(6)} == {"web2"}
        assert shares_of(balancer, 6) == {"web1": 6}
        balancer.asked()
    balancer.tell()
    balancer.deploy()
    balancer.reload()
    balancer.asked()
    assert ask(balancer.ports[0], Cookie=cookies["web2"])[0] == "web2"
    assert shares_of(balancer, 40)["web2"] in (19, 20)  # who served alone is the first and last


@pytest.mark.parametrize("method", METHODS)
def test_only_ip_hash_keeps_the_reload(method) -> None:
    """Each other method has a test above."""
    members = [{"name": f"web{each}", "address": f"10.1.0.{each}", "port": 80} for each in (1, 2)]
    pool = Pool.parse({"name": "webapp", "members": members, "method": method})
    why = DnsWriter(pool, 8053).refuses(parse_version(programs()[-1].version))
    assert bool(why) is (method == "ip_hash")


def test_error_pages_of_the_server_are_its_owners(role, tmp_path, backends) -> None:
    own = "error_page 504 /late; location = /late { return 200 'late'; }"
    members = [each.entry() for each in backends]
    pool = {"name": "webapp", "members": members, "read_timeout": "200ms", "retry_on": []}
    balancer = Told(role, tmp_path, Pool.parse(pool), nginx_lb_extra={"server": own})
    with balancer.running():
        connection = http.client.HTTPConnection("127.0.0.1", balancer.ports[0], timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", "/held")
            assert connection.getresponse().read() == b"late"
