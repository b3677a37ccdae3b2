# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.answering import (
    connection_error,
    refuse_silent_pools,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool


def pool_of(*ports: int, name: str = "webapp") -> Pool:
    """Return a pool whose members are ports of this machine."""
    members = [
        {"name": f"web{at}", "address": "127.0.0.1", "port": port} for at, port in enumerate(ports)
    ]
    return Pool.parse({"name": name, "members": members})


@pytest.fixture
def opened():
    """Return a port that listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed():
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


def test_one_member_that_answers_is_enough(opened, closed) -> None:
    assert connection_error("127.0.0.1", opened) == ""
    refuse_silent_pools([pool_of(closed, opened)], [], patience=0)


def test_pool_of_which_no_member_answers_is_named_with_the_way_round(opened, closed) -> None:
    pools = [pool_of(opened, name="shop"), pool_of(closed)]
    with pytest.raises(PoolError) as caught:
        refuse_silent_pools(pools, [], patience=0)
    assert str(caught.value).startswith(
        "pool webapp: no member answers this load balancer, nothing was changed:"
        f" 127.0.0.1:{closed}: Connection refused."
    )
    assert "nginx_lb_require_members: false" in str(caught.value)


def test_pool_that_stays_as_it_is_is_not_asked(closed) -> None:
    refuse_silent_pools([pool_of(closed)], [pool_of(closed)], patience=0)
    with pytest.raises(PoolError):
        refuse_silent_pools([pool_of(closed)], [pool_of(closed, name="other")], patience=0)


def test_member_that_is_about_to_answer_is_waited_for() -> None:
    errors = iter(["Connection refused", "Connection refused", ""])
    refuse_silent_pools([pool_of(1)], [], lambda _address, _port: next(errors))
    assert list(errors) == []


def test_five_thousand_silent_members_are_given_up_soon() -> None:
    begun = time.monotonic()
    with pytest.raises(PoolError):
        refuse_silent_pools([pool_of(*range(1, 5001))], [], lambda *_place: "no route", 0)
    assert time.monotonic() - begun < 30
