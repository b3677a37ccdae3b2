# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request import steps_of_pools as steps
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import (
    ANSWER,
    POOL,
    REDIRECT,
    Route,
)

URL = "https://shop.example/cart"
WEB = [
    ("ok", "webapp: method round_robin", ""),
    ("ok", "web1 75 % (weight 3)", ""),
    ("ok", "web2 25 % (weight 1)", ""),
]
SERVED = ("ok", "web1 75 %, web2 25 %", "is answered by web1 75 %, web2 25 % of pool webapp")


@pytest.fixture
def found(case, told):
    """Return what is told of a route, with the settings of the load balancer changed."""

    def run(route: Route | None, **settings):
        if route is None:
            return told(steps.route(case(URL, **settings)))

        def router(_question) -> Route:
            return route

        return told(steps.route(case(URL, router=router, **settings)))

    return run


def test_without_a_url_map_it_is_the_pool_of_the_listener(found) -> None:
    first = ("ok", "the pool of port 443: pool webapp sees /cart", "")
    assert found(None) == [first, *WEB, SERVED]


@pytest.mark.parametrize(
    ("route", "wanted"),
    [
        (
            Route(REDIRECT, url="/new", code=301, rule="rule shop.example /cart"),
            ("ok", "rule shop.example /cart", "is redirected to /new (301)"),
        ),
        (
            Route(ANSWER, code=410, rule="rule shop.example /cart"),
            ("ok", "rule shop.example /cart", "gets 410 from nginx itself"),
        ),
    ],
)
def test_rule_without_a_pool(found, route, wanted) -> None:
    assert found(route) == [wanted]


def test_rule_with_a_pool(found) -> None:
    route = Route(POOL, (("webapp", 1),), "/x", rule="rule shop.example /cart")
    first = ("ok", "rule shop.example /cart: pool webapp sees /x", "")
    assert found(route) == [first, *WEB, SERVED]


def test_rule_with_several_pools_tells_their_shares(found) -> None:
    route = Route(POOL, (("webapp", 3), ("api", 1)), "/x", rule="rule r")
    where = "webapp 75 % or api 25 %"
    assert found(route) == [
        ("ok", f"rule r: pool {where} sees /x", ""),
        *WEB,
        ("ok", "api: method round_robin", ""),
        ("ok", "web1 100 % (weight 3)", ""),
        ("ok", where, f"is answered by one of the pools {where}"),
    ]


CLOSED = {"at": "10:00", "by": "ada", "retry_after": 30}


def test_pool_in_maintenance(found) -> None:
    told = "pool webapp is in maintenance since 10:00, set by ada"
    last = ("FAIL", told, "gets the notice (503, Retry-After: 30)")
    assert found(None, maintenance={"webapp": CLOSED})[-1] == last
    assert found(None, maintenance={"api": CLOSED})[-1] == SERVED
    several = Route(POOL, (("webapp", 1), ("api", 1)), "/")
    assert ("ok", told, "") in found(several, maintenance={"webapp": CLOSED})


@pytest.mark.parametrize(
    ("pools", "outcome"),
    [
        ({}, "gets 502"),
        ({"webapp": {"members": [{"name": "a", "state": "down"}]}}, "gets 502: no member serves"),
    ],
)
def test_pool_that_does_not_serve(found, pools, outcome) -> None:
    assert found(None, pools=pools)[-1][::2] == ("FAIL", outcome)


def test_engine_and_panic_are_told(found) -> None:
    health = {"webapp": {"engine": "dns", "panic": True}}
    lines = found(None, health=health)
    assert lines[1][1] == f"webapp: method round_robin, members by dns; {steps.PANIC}"
