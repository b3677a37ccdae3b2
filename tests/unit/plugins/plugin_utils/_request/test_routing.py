# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import (
    ANSWER,
    POOL,
    REDIRECT,
    Route,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import Question
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.routing import router_of

POOLS = ("web", "api", "next")
RULES = [
    {"path": "/api/*", "pools": {"api": 3, "next": 1}, "rewrite": "/v2"},
    {"path": "/old", "redirect": {"path": "/new", "code": 301}},
    {"path": "/gone", "answer": {"status": 410}},
    {"path": "/beta", "methods": ["POST"], "headers": {"X-Beta": "1"}, "pool": "next"},
]
MAP = {"hosts": [{"names": ["shop.example"], "default": "web", "rules": RULES}]}


@pytest.mark.parametrize(
    ("url", "route"),
    [
        (
            "https://shop.example/api/x?y",
            Route(POOL, (("api", 3), ("next", 1)), "/v2/x?y", rule="rule hosts[0].rules[0] /api/*"),
        ),
        (
            "https://shop.example/old",
            Route(REDIRECT, url="/new", code=301, rule="rule hosts[0].rules[1] /old"),
        ),
        ("https://shop.example/gone", Route(ANSWER, code=410, rule="rule hosts[0].rules[2] /gone")),
        (
            "http://shop.example:8080/x",
            Route(POOL, (("web", 1),), "/x", rule="rule hosts[0].default"),
        ),
        ("http://other.example/", Route(ANSWER, code=421, rule="no host is named other.example")),
    ],
)
def test_map_decides(url, route) -> None:
    router = router_of(MAP, POOLS)
    assert router is not None
    assert router(Question.parse(url)) == route


def test_method_and_headers_are_asked() -> None:
    router = router_of(MAP, POOLS)
    assert router is not None
    asked = Question.parse("http://shop.example/beta", "POST", {"X-Beta": "1"})
    assert router(asked).pools == (("next", 1),)
    assert router(Question.parse("http://shop.example/beta")).pools == (("web", 1),)


def test_no_map_decides_nothing_and_a_wrong_one_is_named() -> None:
    assert router_of({}, POOLS) is None
    with pytest.raises(ValueError, match="peerlb_url_map"):
        router_of({"hosts": [{"default": "none"}]}, POOLS)


def test_route_tells_that_a_firewall_inspects() -> None:
    router = router_of({"hosts": [{"default": {"pool": "web", "waf": True}}]}, ["web"])
    told = router(Question.parse("https://shop.example/x")).rule
    assert told == "rule hosts[0].default by way of the web application firewall"
