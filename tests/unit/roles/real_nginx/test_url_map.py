# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a real nginx decides as the evaluator of the URL map does."""

from __future__ import annotations

import random
import typing as t
from dataclasses import replace

import pytest
import support.routed
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.evaluate import Evaluator
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Decision,
    Request,
    UrlMap,
    UrlMapError,
)
from support.routed import Client, pool_settings, routed

POOLS = {name: pool_settings(name) for name in ("api", "api-next", "web", "img.v2")}
ELEMENTS = ("api", "v1", "v1x", "a.b", "~u", "API", "x-y", "q=1", "(b)", "..c", "'d", "e:@&+,;!")
NAMES = ("shop.example", "*.shop.example", "a.b.shop.example", "*.example", "other")
HOSTS = ("shop.example", "SHOP.example.", "x.shop.example:80", "a.b.shop.example", "c.example", "z")
HEADERS = ("X-Beta", "x-user")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
VALUES = ("1", "One", "one", 'a "b" \\c;{}#')
QUERIES = ("", "", "?", "?a=1", "?a=/../%2f//", "?#", "#f", "#f?x", "?a#b?c", "?%zz", "??")
PIECES = ("//", "/./", "/x/../", "/..", "/.", "/%2e/", "/%2E%2e/", "%2F", "%2f", "/...", "/.x")
LETTERS = ("%20", "%3F", "%23", "%25", "%252F", "%0A", "%0D%0a", "%22", "%7B", "%C3%A9", "é", "%2B")
OTHERS = (
    "+",
    '"',
    "<",
    "`",
    "{",
    "|",
    "\\",
    "^",
    "%7F",
    "%80",
    "%",
    "%zz",
    "%00",
    "%4",
    "*",
    "$uri",
)


def random_path(draw: random.Random, longest: int = 3) -> str:
    """Return a path of some elements."""
    return "".join(f"/{draw.choice(ELEMENTS)}" for _each in range(draw.randint(0, longest)))


def random_action(draw: random.Random, prefix: bool, path: bool) -> dict[str, t.Any]:
    """Return what a rule does."""
    kind = draw.randrange(10)
    if kind < 4:
        return {"pool": draw.choice(list(POOLS))}
    if kind < 6 and path:
        return {"pool": draw.choice(list(POOLS)), "rewrite": random_path(draw) or "/"}
    if kind == 6:
        extra = {"rewrite": "/new/"} if path and draw.random() < 0.5 else {}
        return {"pools": {"api": 3, "api-next": 1, "web": 0}, **extra}
    if kind == 7:
        return {"answer": {"status": draw.choice([200, 204, 404, 502, 410])}}
    return {"redirect": random_redirect(draw, prefix)}


def random_redirect(draw: random.Random, prefix: bool) -> dict[str, t.Any]:
    """Return where a rule redirects to."""
    settings: dict[str, t.Any] = {"code": draw.choice([301, 302, 307, 308])}
    settings["strip_query"] = draw.random() < 0.5
    if draw.random() < 0.2:
        return {**settings, "url": "https://a.example:8443/b#c"}
    if draw.random() < 0.5:
        settings["host"] = "new.example"
    if draw.random() < 0.5 or "host" not in settings:
        settings["scheme"] = draw.choice(["https", "http"])
    how = draw.randrange(3)
    if how == 0:
        settings["path"] = random_path(draw) or "/"
    if how == 1 and prefix:
        settings["prefix"] = random_path(draw) or "/"
    return settings


def random_rule(draw: random.Random) -> dict[str, t.Any]:
    """Return a rule."""
    prefix = draw.random() < 0.6
    path = random_path(draw) + ("/*" if prefix else draw.choice(["", "/"]))
    rule: dict[str, t.Any] = {"path": path or "/", **random_action(draw, prefix, True)}
    for _each in range(2):
        if draw.random() < 0.3:
            wanted = draw.choice([*VALUES, True, False])
            rule.setdefault("headers", {})[draw.choice(HEADERS)] = wanted
    if draw.random() < 0.3:
        rule["methods"] = draw.sample(METHODS, draw.randint(1, 3))
    return rule


def random_map(draw: random.Random) -> UrlMap:
    """Return a map that can be read: rules that no request reaches are left out."""
    names = draw.sample(NAMES, draw.randint(1, 4))
    hosts = [{"names": [name], "rules": [], "default": "web"} for name in names]
    hosts += [{"rules": [], "default": "api"}] if draw.random() < 0.5 else []
    hosts[-1]["default"] = random_action(draw, False, False)
    written = {"hosts": hosts, "strict_paths": draw.random() < 0.1}
    for host in hosts:
        for _each in range(draw.randint(2, 20)):
            host["rules"].append(random_rule(draw))
            try:
                read_url_map(written, POOLS)
            except UrlMapError as exc:
                assert "is never reached" in str(exc), exc
                host["rules"].pop()
    return read_url_map(written, POOLS)


def random_target(draw: random.Random, path: str) -> str:
    """Return a target near a path, with whatever a client may make of it."""
    for _each in range(draw.choice([0, 0, 0, 1, 1, 2, 4])):
        where = draw.randint(0, len(path))
        how = draw.randrange(5)
        if how == 0:
            path = path[:where] + draw.choice(PIECES) + path[where:]
        if how == 1:
            path = path[:where] + draw.choice(LETTERS + OTHERS) + path[where:]
        if how == 2 and where < len(path) and path[where].isascii():
            code = f"%{ord(path[where]):02x}"
            path = path[:where] + draw.choice([code, code.upper()]) + path[where + 1 :]
        if how == 3:
            path = path[:where] + path[where:].swapcase()
        if how == 4:
            path += random_path(draw, 2)
    path += draw.choice(["", "", "/"])
    return f"{path if path.startswith('/') else '/' + path}{draw.choice(QUERIES)}"


def random_request(draw: random.Random, url_map: UrlMap) -> Request:
    """Return a request to one of the hosts, or to none, that meets a rule's conditions or not."""
    host = draw.choice(url_map.hosts)
    near = [name.replace("*", "any") for name in host.names] or ["unknown"]
    rule = draw.choice(host.rules)
    path = rule.stem if draw.random() < 0.9 else random_path(draw)
    headers, methods = {}, [*METHODS, "GET", "OPTIONS", "PURGE"]
    for name in HEADERS:
        if draw.random() < 0.5:
            headers[draw.choice([name, name.lower(), name.upper()])] = draw.choice([*VALUES, "x"])
    if draw.random() < 0.7:
        methods = list(rule.methods) or methods
        headers = {
            name.swapcase(): "any" if wanted is True else wanted
            for name, wanted in rule.headers
            if wanted
        }
    return Request(
        host=draw.choice([*near * 30, *HOSTS]),
        target=random_target(draw, path),
        method=draw.choice(methods),
        headers=headers,
    )


def agree(client: Client, decided: Decision, request: Request) -> bool:
    """Tell whether nginx decides the same."""
    answer = client.ask(request)
    if request.method == "HEAD" and decided.kind == "pool":  # its answer has no body
        length = {str(len(f"{pool} {decided.path}")) for pool in decided.pools}
        return answer.status == 200 and answer.headers["content-length"] in length
    actual = answer.decision()
    if decided.kind == "pool":
        return set(actual.pools) <= set(decided.pools) and actual == replace(
            decided, rule="", pools=actual.pools
        )
    return actual == replace(decided, rule="")


def disagreements(seed: int, maps: int, requests: int, counted: bool) -> list[str]:
    """Ask a real nginx and the evaluator so many requests to so many random maps."""
    draw = random.Random(seed)
    found = []
    for _each in range(maps):
        url_map = random_map(draw)
        evaluator = Evaluator(url_map)
        with routed(url_map, POOLS, counted=counted) as client:
            for _request in range(requests):
                request = random_request(draw, url_map)
                decided = evaluator.decide(request)
                if not agree(client, decided, request):
                    client.close()
                    found.append(f"{request}: {decided}; {client.ask(request)}")
    return found


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_evaluator_and_nginx_agree(seed, counted) -> None:
    assert disagreements(seed, 1, 300, counted) == []


@pytest.mark.slow
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("seed", range(100, 110))
def test_evaluator_and_nginx_agree_on_many_requests(seed, counted) -> None:
    assert disagreements(seed, 10, 120, counted) == []


def read(*rules: dict[str, t.Any], **settings: t.Any) -> UrlMap:
    """Return a map of one host with these rules."""
    return read_url_map({"hosts": [{"rules": list(rules), "default": "web", **settings}]}, POOLS)


def asked(client: Client, target: str, method: str = "GET", **headers: str) -> Decision:
    """Return what nginx decides about a request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.ask(Request("h", target, method, named)).decision()


@pytest.mark.parametrize("conditions", [{}, {"methods": ["GET"]}, {"headers": {"X-Beta": "1"}}])
def test_second_try_gets_the_rewritten_path(conditions) -> None:
    """Also where nginx comes to the last of five steps by way of a named location."""
    url_map = read({"path": "/api/*", "pool": "api", "rewrite": "/v2", **conditions})
    with routed(url_map, POOLS, gone=["api"]) as client:
        decided = asked(client, "//api/a%2520b%3F?c=%2f", X_Beta="1")
    assert decided == Decision("pool", "", ("api",), "/v2/a%2520b%3F?c=%2f")


@pytest.mark.parametrize("conditions", [{}, {"methods": ["GET"]}])
def test_steps_end_if_nobody_can_be_asked(monkeypatch, conditions) -> None:
    """The last step has the error page of the server, which must not lead to the first for ever."""
    nobody = "server 127.0.0.1:9 down; server 127.0.0.2:9 down;"
    gone = support.routed.GONE.replace("server unix:{place}/{name}.sock;", nobody)
    monkeypatch.setattr(support.routed, "GONE", gone)
    url_map = read({"path": "/api/*", "pool": "api", "rewrite": "/v2", **conditions})
    with routed(url_map, POOLS, gone=["api"]) as client:
        assert asked(client, "/api").code == 502


def test_second_try_gets_the_path_as_it_was_sent() -> None:
    with routed(read({"path": "/api/*", "pool": "api"}), POOLS, gone=["api"]) as client:
        decided = asked(client, "//api/a%2520b%3F?c=%2f")
    assert decided == Decision("pool", "", ("api",), "//api/a%2520b%3F?c=%2f")


def test_weights_divide_requests_by_their_id() -> None:
    rule = {"path": "/api/*", "pools": {"api": 90, "api-next": 10}}
    with routed(read(rule), POOLS) as client:
        pools = [asked(client, "/api", X_Request_Id=f"id-{n}").pools[0] for n in range(2000)]
        same = {asked(client, "/api", X_Request_Id="id-1").pools for _each in range(20)}
    assert set(pools) == {"api", "api-next"}
    assert 130 < pools.count("api-next") < 270  # 200, give or take five standard deviations
    assert len(same) == 1


def test_body_that_is_larger_than_the_route_takes_is_refused() -> None:
    rule = {"path": "/up/*", "pool": "api", "body_size": "1k"}
    with routed(read(rule, {**rule, "path": "/some/*", "methods": ["POST"]}), POOLS) as client:
        for path, size, status in [("/up", 1024, 200), ("/up", 1025, 413), ("/up/x", 2000, 413)]:
            assert client.ask(Request("h", path, "POST"), b"x" * size).status == status
            client.close()
        assert client.ask(Request("h", "/some", "POST"), b"x" * 1025).status == 413


@pytest.mark.parametrize("conditions", [{}, {"methods": ["GET"]}])
def test_route_and_pool_are_told_to_the_log(conditions) -> None:
    url_map = read({"path": "/api/*", "pool": "api", **conditions}, names=["Shop.example"])
    with routed(url_map, POOLS) as client:
        told = [client.ask(Request("shop.example", path)).headers for path in ("/api/x", "/")]
    assert [each["x-route"] for each in told] == ["shop.example /api/*", "shop.example default"]
    assert [each["x-pool"] for each in told] == ["api", "web"]


@pytest.mark.parametrize("counted", [False, True])
def test_answer_is_what_was_written(counted) -> None:
    text = 'a "quoted" \\ {}; # of\ntwo lines, é'
    answer = {"status": 503, "body": text, "content_type": "text/html; charset=utf-8"}
    rules = [{"path": "/x.json", "answer": answer}, {"path": "/gone/*", "answer": {"status": 410}}]
    with routed(read(*rules), POOLS, counted=counted) as client:
        told = client.ask(Request("h", "/x.json"))
        gone = client.ask(Request("h", "/gone/a.html"))
    assert told.body.encode("latin-1").decode() == text
    assert told.headers["content-type"] == "text/html; charset=utf-8"
    assert (gone.status, gone.body, gone.headers["content-type"]) == (410, "410\n", "text/plain")


@pytest.mark.parametrize("counted", [False, True])
def test_request_cannot_write_headers_of_a_redirect(counted) -> None:
    kept = {"scheme": "https", "strip_query": True}
    rules = [{"path": "/a/*", "redirect": kept}, {"path": "/b/*", "redirect": {"prefix": "/c"}}]
    rules.append({"path": "/d/*", "redirect": {"prefix": "/"}})
    with routed(read(*rules), POOLS, counted=counted) as client:
        for path in ("/a/x%0d%0aX-Injected:%201", "/b/x%0d%0aX-Injected:%201"):
            assert "x-injected" not in client.ask(Request("h", path)).headers
        assert asked(client, "/d//other.example/x").code == 400
        assert asked(client, "/d/other.example/x").url == "/other.example/x"
