# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rule takes a request, and what happens to it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.evaluate import evaluate
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import Decision, Request

POOLS = ("web", "api", "next")


def decide(rules: list[dict], target: str, host: str = "shop.example", **asked: t.Any) -> Decision:
    """Return what happens to a request by rules of one host."""
    written = {"hosts": [{"names": ["shop.example"], "rules": rules, "default": "web"}]}
    return evaluate(read_url_map(written, POOLS), Request(host, target, **asked))


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("/api", "hosts[0].rules[0] /api"),
        ("/api/", "hosts[0].rules[1] /api/*"),
        ("/api/v1", "hosts[0].rules[2] /api/v1/*"),
        ("/api/v1x", "hosts[0].rules[1] /api/*"),
        ("/apix", "hosts[0].default"),
        ("/API", "hosts[0].default"),
        ("//api//v1/?x", "hosts[0].rules[2] /api/v1/*"),
    ],
)
def test_longest_path_takes_a_request(target, rule) -> None:
    paths = ("/api", "/api/*", "/api/v1/*")
    assert decide([{"path": path, "pool": "api"} for path in paths], target).rule == rule


@pytest.mark.parametrize(
    ("method", "headers", "rule"),
    [
        ("POST", {"x-beta": "1"}, "hosts[0].rules[0] /api/*"),
        ("POST", {"x-beta": "2"}, "hosts[0].rules[1] /api/*"),
        ("GET", {"X-USER": "ada"}, "hosts[0].rules[2] /api/*"),
        ("GET", {"X-User": ""}, "hosts[0].rules[3] /*"),
        ("GET", {"X-User": "ada", "X-Off": "1"}, "hosts[0].rules[3] /*"),
    ],
)
def test_first_rule_that_fits_takes_a_request(method, headers, rule) -> None:
    rules = [
        {"path": "/api/*", "pool": "next", "methods": ["POST"], "headers": {"X-Beta": "1"}},
        {"path": "/api/*", "pool": "api", "methods": ["POST", "PUT"]},
        {"path": "/api/*", "pool": "api", "headers": {"X-User": True, "X-Off": False}},
        {"path": "/*", "pool": "web", "methods": ["GET"]},
    ]
    assert decide(rules, "/api/x", method=method, headers=headers).rule == rule


@pytest.mark.parametrize(
    ("rule", "target", "path"),
    [
        ({"path": "/api/*"}, "//api/%2e/a%20b?c", "//api/%2e/a%20b?c"),
        ({"path": "/api/*", "rewrite": "/v2/"}, "//api/%2e/a%20b?c", "/v2/a%20b?c"),
        ({"path": "/api/*", "rewrite": "/v2"}, "/api", "/v2"),
        ({"path": "/api/*", "rewrite": "/"}, "/api", "/"),
        ({"path": "/api/*", "rewrite": "/"}, "/api/a%2Fb?", "/a/b"),
        ({"path": "/*", "methods": ["GET"], "rewrite": "/app"}, "/x", "/app/x"),
        ({"path": "/api", "rewrite": "/v2/"}, "/api?a", "/v2/?a"),
    ],
)
def test_member_gets_the_path(rule, target, path) -> None:
    decided = decide([{"pool": "api", **rule}], target)
    assert (decided.kind, decided.pools, decided.path) == ("pool", ("api",), path)


@pytest.mark.parametrize(
    ("redirect", "target", "url"),
    [
        ("https://new.example/x", "/old/a?b=1", "https://new.example/x?b=1"),
        ({"scheme": "https"}, "/old//a?b#c", "https://shop.example/old//a?b#c"),
        ({"host": "new.example:81"}, "/old", "http://new.example:81/old"),
        ({"path": "/new"}, "/old/a?b", "/new?b"),
        ({"prefix": "/new/"}, "/old/a%20b?c", "/new/a%20b?c"),
        ({"prefix": "/", "host": "a.b"}, "/old", "http://a.b/"),
        ({"scheme": "https", "strip_query": True}, "/old/a?b", "https://shop.example/old/a"),
    ],
)
def test_client_is_sent_elsewhere(redirect, target, url) -> None:
    decided = decide([{"path": "/old/*", "redirect": redirect}], target)
    assert (decided.kind, decided.url, decided.code) == ("redirect", url, 308)


@pytest.mark.parametrize("target", ["/old//a", "/%6fld/a", "/x/../old/a", "/old/%2e/a"])
def test_redirect_keeps_no_part_of_a_path_that_is_not_plain(target) -> None:
    assert decide([{"path": "/old/*", "redirect": {"prefix": "/new"}}], target).code == 400


def test_all_pools_that_have_a_weight_are_named() -> None:
    decided = decide([{"path": "/a", "pools": {"api": 9, "next": 1, "web": 0}}], "/a")
    assert decided.pools == ("api", "next")


def test_nginx_answers_by_itself() -> None:
    decided = decide([{"path": "/gone", "answer": {"status": 410}}], "/gone")
    assert (decided.kind, decided.code, decided.rule) == ("status", 410, "hosts[0].rules[0] /gone")


@pytest.mark.parametrize(
    ("host", "pool"),
    [
        ("SHOP.example.:8443", "web"),
        ("a.shop.example", "api"),
        ("a.b.shop.example", "api"),
        ("x.example", "next"),
        ("example", ""),
    ],
)
def test_exact_name_goes_before_the_longest_pattern(host, pool) -> None:
    names = {"web": "Shop.example", "api": "*.shop.example", "next": "*.example"}
    hosts = [{"names": [name], "default": pool} for pool, name in names.items()]
    decided = evaluate(read_url_map({"hosts": hosts}, POOLS), Request(host, "/"))
    assert decided.pools == ((pool,) if pool else ())
    assert decided.code == (0 if pool else 421)


def test_host_without_names_takes_all_others() -> None:
    hosts = [{"names": ["a"], "default": "web"}, {"default": "api"}]
    url_map = read_url_map({"hosts": hosts}, POOLS)
    assert evaluate(url_map, Request("b", "/")).pools == ("api",)


def test_strict_paths_refuse_what_members_may_read_otherwise() -> None:
    url_map = read_url_map({"strict_paths": True, "hosts": [{"default": "web"}]}, POOLS)
    assert evaluate(url_map, Request("a", "/x//y")).rule == "strict_paths"
    assert evaluate(url_map, Request("a", "/x/y?//")).kind == "pool"


def test_path_that_nginx_refuses_is_answered_with_400() -> None:
    assert decide([], "/..").code == 400
