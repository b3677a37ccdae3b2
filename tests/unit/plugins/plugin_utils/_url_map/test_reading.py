# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every key of a URL map wrong once: the message names the entry and what would be right."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Action,
    Answer,
    Expected,
    Redirect,
    Request,
    Rule,
    StoredTest,
    UrlMapError,
)

POOLS = {"web": {}, "api": {}, "api-next": {}}
MAP = "peerlb_url_map"
HOST = f"{MAP}.hosts[0]"
RULE = f"{HOST}.rules[0]"
TEST = f"{MAP}.tests[0]"
LETTERS = "a slash, then letters, digits and any of . _ ~ ! & ' ( ) + , ; = : @ -"
PLAIN = "not a path in its plain form, without //, /./ and /../"
RULE_KEYS = (
    "path, methods, headers, pool, pools, redirect, answer,"
    " rewrite, timeout, body_size, buffering, websockets"
)


def problems(value: t.Any) -> list[str]:
    """Return what is wrong with a map."""
    with pytest.raises(UrlMapError) as caught:
        read_url_map(value, POOLS)
    return str(caught.value).split("\n")


def test_everything_is_read() -> None:
    rules = [
        {"path": "/api", "pool": "api", "methods": ["GET", "GET"], "headers": {"X-A": True}},
        {"path": "/v/*", "pools": {"api": "90", "api-next": 10, "web": 0}, "rewrite": "/"},
        {"path": "/old", "redirect": {"host": "New.example", "code": "301", "strip_query": True}},
        {"path": "/older", "redirect": "https://a.example/"},
        {"path": "/gone", "answer": {"status": 410}},
        {
            "path": "/ws/*",
            "pool": "web",
            "timeout": "1h",
            "body_size": 0,
            "buffering": False,
            "websockets": True,
        },
    ]
    tests = [{"url": "https://A.example?b=1", "expect": {"pool": "api"}}]
    hosts = [{"names": ["A.example"], "rules": rules, "default": {"answer": {"status": 404}}}]
    url_map = read_url_map({"hosts": hosts, "tests": [], "strict_paths": True}, POOLS)
    (host,) = url_map.hosts
    first, *_others = host.rules
    assert first == Rule(
        "hosts[0].rules[0]", "/api", Action((("api", 1),)), ("GET",), (("X-A", True),)
    )
    assert [rule.action for rule in host.rules[1:]] == [
        Action((("api", 90), ("api-next", 10)), rewrite="/"),
        Action(redirect=Redirect(host="new.example", code=301, strip_query=True)),
        Action(redirect=Redirect(url="https://a.example/")),
        Action(answer=Answer(410, "410\n")),
        Action((("web", 1),), timeout="1h", body_size="0", buffering=False, websockets=True),
    ]
    assert host.names == ("a.example",)
    assert host.default == Rule("hosts[0].default", "", Action(answer=Answer(404, "404\n")))
    assert url_map.strict_paths
    tests[0]["url"] = "https://A.example/?b=1"
    assert read_url_map({"hosts": hosts, "tests": tests}, POOLS).tests == (
        StoredTest("tests[0]", Request("a.example", "/?b=1", scheme="https"), Expected(("api",))),
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, f"{MAP}: is None, not a mapping with hosts, tests, strict_paths"),
        ({}, f"{MAP}: hosts is missing; the shortest is [{{default: NAME OF A POOL}}]"),
        (
            {"hosts": [{"default": "web"}], "test": []},
            f"{MAP}: unknown key test; known: hosts, tests, strict_paths; is tests meant?",
        ),
        (
            {"hosts": [{"default": "web"}], "strict_paths": "yes"},
            f"{MAP}: strict_paths is 'yes', not true or false",
        ),
        (
            {"hosts": [{"default": "web"}], "tests": {"url": "/"}},
            f"{MAP}: tests is {{'url': '/'}}, not a list",
        ),
        (
            {"hosts": [{"default": "web"}, {"default": "api"}]},
            f"{MAP}.hosts[1]: any other name is that of hosts[0] already",
        ),
        (
            {"hosts": [{"names": ["a"], "default": "web"}, {"names": ["A"], "default": "api"}]},
            f"{MAP}.hosts[1]: a is that of hosts[0] already",
        ),
        ({"hosts": ["a"]}, f"{HOST}: is 'a', not a mapping with names, rules, default"),
    ],
)
def test_map_that_is_wrong_is_named(value, told) -> None:
    assert told in problems(value)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (
            {"default": "web", "name": []},
            "unknown key name; known: names, rules, default; is names meant?",
        ),
        (
            {"default": "web", "names": "a"},
            "names is 'a', not a list of names such as shop.example or *.shop.example",
        ),
        (
            {"default": "web", "names": ["a.*"]},
            "names is 'a.*', not a name such as shop.example or *.shop.example, without port",
        ),
        (
            {"default": "web", "names": ["a:80"]},
            "names is 'a:80', not a name such as shop.example or *.shop.example, without port",
        ),
        ({"default": "web", "rules": "a"}, "rules is 'a', not a list"),
        ({}, "default is missing; name the pool that gets what no rule takes"),
        ({"default": "wep"}, "default: no pool of http is named wep; is web meant?"),
        (
            {"default": 1},
            "default is 1, not text; YAML may have changed what was written: quote it",
        ),
    ],
)
def test_host_that_is_wrong_is_named(host, told) -> None:
    assert problems({"hosts": [host]}) == [f"{HOST}: {told}"]


@pytest.mark.parametrize(
    ("default", "told"),
    [
        (
            {"pool": "web", "rewrite": "/a"},
            "rewrite replaces the path of a rule, and there is none",
        ),
        ({"rewrites": "/a", "pool": "web"}, "unknown key rewrites; known: pool, pools, redirect,"),
        ({"redirect": {"prefix": "/a"}}, "prefix replaces that of a rule whose path ends with /*"),
    ],
)
def test_default_that_is_wrong_is_named(default, told) -> None:
    (line,) = problems({"hosts": [{"default": default}]})
    assert line.startswith(f"{HOST}.default") and told in line


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("a", f": is 'a', not a mapping with {RULE_KEYS}"),
        ({"pool": "web"}, ": path is missing"),
        ({"path": "/a", "pool": "web", "pth": 1}, f": unknown key pth; known: {RULE_KEYS}"),
        ({"path": "a", "pool": "web"}, f": path is 'a', not a path such as /api: {LETTERS}"),
        ({"path": "/a$", "pool": "web"}, f": path is '/a$', not a path such as /api: {LETTERS}"),
        ({"path": "/a?b", "pool": "web"}, f": path is '/a?b', not a path such as /api: {LETTERS}"),
        ({"path": "/a//b", "pool": "web"}, f": path is '/a//b', {PLAIN}"),
        ({"path": "/a/../*", "pool": "web"}, f": path is '/a/../*', {PLAIN}"),
        ({"path": "//*", "pool": "web"}, f": path is '//*', {PLAIN}"),
        (
            {"path": "/a*", "pool": "web"},
            ": path is '/a*', not a path with * at its end alone, after a slash, such as /api/*",
        ),
        (
            {"path": "/a"},
            ": nothing says what happens; give one of pool, pools, redirect, answer",
        ),
        (
            {"path": "/a", "pool": "web", "answer": {"status": 404}},
            ": pool and answer are given; give one of pool, pools, redirect, answer",
        ),
        ({"path": "/a", "pool": "ap"}, ": pool: no pool of http is named ap; is api meant?"),
        (
            {"path": "/a", "pool": "mysql"},
            ": pool: no pool of http is named mysql; known: web, api, api-next",
        ),
        (
            {"path": "/a", "pools": ["web"]},
            ": pools is ['web'], not a mapping of pools to weights such as {api: 90, api-next: 10}",
        ),
        (
            {"path": "/a", "pools": {"web": -1}},
            ": pools.web is -1, not a whole number from 0 to 10000",
        ),
        (
            {"path": "/a", "pools": {"web": 0}},
            ": pools gives every pool the weight 0; one has to have more",
        ),
        (
            {"path": "/a", "pools": {"wbe": 1}},
            ": pools: no pool of http is named wbe; is web meant?",
        ),
        (
            {"path": "/a", "pool": "web", "methods": "GET"},
            ": methods is 'GET', not a list of methods:"
            " GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ),
        (
            {"path": "/a", "pool": "web", "methods": ["get"]},
            ": methods is 'get', not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ),
        (
            {"path": "/a", "pool": "web", "headers": ["X-A"]},
            ": headers is ['X-A'], not a mapping such as {X-Beta: \"1\", X-User: true}",
        ),
        (
            {"path": "/a", "pool": "web", "headers": {"X_A": "1"}},
            ": headers is 'X_A', not the name of a header such as X-Beta: letters, digits and -",
        ),
        (
            {"path": "/a", "pool": "web", "headers": {"Host": "a"}},
            ": headers is 'Host', not a header but Host, which names of the host compare",
        ),
        (
            {"path": "/a", "pool": "web", "headers": {"X-A": "1", "x-a": "2"}},
            ": headers names x-a twice; upper and lower case are the same",
        ),
        (
            {"path": "/a", "pool": "web", "headers": {"X-A": "$a"}},
            ": headers.X-A is '$a', not a value of printable ASCII letters without $,"
            " or true or false",
        ),
        (
            {"path": "/a", "pool": "web", "headers": {"X-A": 1}},
            ": headers.X-A is 1, not text; YAML may have changed what was written: quote it",
        ),
        ({"path": "/a", "pool": "web", "rewrite": "/b/*"}, ": rewrite is '/b/*', not a path such"),
        (
            {"path": "/a", "answer": {"status": 404}, "rewrite": "/b"},
            ": rewrite is for requests that a pool gets, and not for answer",
        ),
        (
            {"path": "/a", "redirect": "https://a/", "timeout": "1s"},
            ": timeout is for requests that a pool gets, and not for redirect",
        ),
        (
            {"path": "/a", "pool": "web", "timeout": "0s"},
            ": timeout is '0s', not a time of more than 0, such as 500ms, 10s or 1h",
        ),
        (
            {"path": "/a", "pool": "web", "body_size": "1 GB"},
            ": body_size is '1 GB', not a size such as 64k, 10m or 1g; 0 is without a limit",
        ),
        (
            {"path": "/a", "pool": "web", "buffering": "off"},
            ": buffering is 'off', not true or false",
        ),
        (
            {"path": "/a", "pool": "web", "websockets": 1},
            ": websockets is 1, not true or false",
        ),
        (
            {"path": "/a", "redirect": "/b"},
            ": redirect is '/b', not a URL such as https://shop.example/new, without $ and quotes",
        ),
        (
            {"path": "/a", "redirect": {}},
            ".redirect: nothing says where to; give url, or some of scheme, host, path and prefix",
        ),
        ({"path": "/a", "redirect": {"ur": 1, "host": "a"}}, ".redirect: unknown key ur; known: "),
        (
            {"path": "/a", "redirect": {"url": "https://a/$b"}},
            ".redirect: url is 'https://a/$b', not a URL such as",
        ),
        (
            {"path": "/a", "redirect": {"url": "https://a/", "host": "b", "path": "/"}},
            ".redirect: url is the whole target, and host, path contradict it",
        ),
        (
            {"path": "/a", "redirect": {"url": "https://a/?b=1"}},
            ".redirect: url has a query, and so may the request; give strip_query: true",
        ),
        (
            {"path": "/a", "redirect": {"scheme": "ftp"}},
            ".redirect: scheme is 'ftp', not one of http, https",
        ),
        (
            {"path": "/a", "redirect": {"host": "a b"}},
            ".redirect: host is 'a b', not the name of a host such as shop.example",
        ),
        (
            {"path": "/a", "redirect": {"host": "a:b"}},
            ".redirect: host is 'a:b', not the name of a host such as shop.example",
        ),
        ({"path": "/a", "redirect": {"path": "b"}}, ".redirect: path is 'b', not a path such as"),
        (
            {"path": "/a", "redirect": {"prefix": "/b"}},
            ".redirect: prefix replaces that of a rule whose path ends with /*, such as /api/*",
        ),
        (
            {"path": "/a/*", "redirect": {"prefix": "/b", "path": "/c"}},
            ".redirect: path replaces the whole path, and prefix a part of it; give one",
        ),
        (
            {"path": "/a", "redirect": {"host": "b", "code": 303}},
            ".redirect: code is '303', not one of 301, 302, 307, 308",
        ),
        (
            {"path": "/a", "redirect": {"host": "b", "strip_query": "no"}},
            ".redirect: strip_query is 'no', not true or false",
        ),
        (
            {"path": "/a", "answer": 404},
            ".answer: is 404, not a mapping with status, body, content_type",
        ),
        ({"path": "/a", "answer": {"body": "a"}}, ".answer: status is missing"),
        ({"path": "/a", "answer": {"status": 404, "boody": ""}}, ".answer: unknown key boody;"),
        (
            {"path": "/a", "answer": {"status": 301}},
            ".answer: status is 301, not a status from 200 to 299 or from 400 to 599,"
            " but 444 and 499",
        ),
        (
            {"path": "/a", "answer": {"status": 200, "body": "5 $"}},
            ".answer: body is '5 $', not text without $, which nginx would take for a variable",
        ),
        (
            {"path": "/a", "answer": {"status": 200, "body": "é" * 1001}},
            ".answer: body is longer than 2000 bytes; let a pool answer it",
        ),
        (
            {"path": "/a", "answer": {"status": 204, "body": "a"}},
            ".answer: status 204 has no body; leave body out, or give another status",
        ),
        (
            {"path": "/a", "answer": {"status": 404, "body": ""}},
            ".answer: body is empty, and an error has to say something",
        ),
        (
            {"path": "/a", "answer": {"status": 200, "content_type": "text"}},
            ".answer: content_type is 'text', not a media type such as text/plain or",
        ),
    ],
)
def test_rule_that_is_wrong_is_named(rule, told) -> None:
    (line,) = problems({"hosts": [{"default": "web", "rules": [rule]}]})
    assert line.startswith(f"{RULE}{told}")


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("a", ": is 'a', not a mapping with url, method, headers, expect"),
        ({"expect": {"status": 404}}, ": url is missing"),
        ({"url": "http://a/", "expects": {}, "expect": {"status": 404}}, ": unknown key expects;"),
        (
            {"url": "/a", "expect": {"status": 404}},
            ": url is '/a', not a URL such as https://shop.example/cart?item=1",
        ),
        (
            {"url": "http://*.a/", "expect": {"status": 404}},
            ": url is '*.a', not the name of a host such as shop.example",
        ),
        (
            {"url": "http://a/", "method": "GOT", "expect": {"status": 404}},
            ": method is 'GOT', not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        ),
        (
            {"url": "http://a/", "headers": {"X-A": True}, "expect": {"status": 404}},
            ": headers.X-A is True, not text",
        ),
        (
            {"url": "http://a/"},
            ": expect is missing; give {pool: NAME}, {redirect: URL} or {status: 404}",
        ),
        (
            {"url": "http://a/", "expect": 404},
            ".expect: is 404, not a mapping with pool, path, redirect, code, status",
        ),
        (
            {"url": "http://a/", "expect": {}},
            ".expect: nothing says what happens; give one of pool, redirect, status",
        ),
        (
            {"url": "http://a/", "expect": {"pool": "web", "status": 200}},
            ".expect: pool and status are given; give one of pool, redirect, status",
        ),
        ({"url": "http://a/", "expect": {"pol": "web", "status": 200}}, ".expect: unknown key pol"),
        (
            {"url": "http://a/", "expect": {"pool": ["web", "ap"]}},
            ".expect: pool: no pool of http is named ap; is api meant?",
        ),
        (
            {"url": "http://a/", "expect": {"pool": "web", "path": "a"}},
            ".expect: path is 'a', not a path with its query as the member gets it,",
        ),
        (
            {"url": "http://a/", "expect": {"status": 404, "path": "/a"}},
            ".expect: path is what a member gets; it goes with pool",
        ),
        (
            {"url": "http://a/", "expect": {"redirect": "a b"}},
            ".expect: redirect is 'a b', not a URL such as https://shop.example/new, or a path",
        ),
        (
            {"url": "http://a/", "expect": {"redirect": "/b", "code": 303}},
            ".expect: code is 303, not one of 301, 302, 307, 308",
        ),
        (
            {"url": "http://a/", "expect": {"status": 404, "code": 301}},
            ".expect: code is that of a redirect; without one give status",
        ),
        (
            {"url": "http://a/", "expect": {"status": 99}},
            ".expect: status is 99, not a whole number from 200 to 599",
        ),
    ],
)
def test_test_that_is_wrong_is_named(test, told) -> None:
    (line,) = problems({"hosts": [{"default": "web"}], "tests": [test]})
    assert line.startswith(f"{TEST}{told}")


def test_all_that_is_wrong_is_told_at_once() -> None:
    rules = [
        {"path": "a", "pool": "wbe", "timeout": "x"},
        {"path": "/b", "pool": "web"},
        {"path": "/b", "pool": "api", "methods": ["GET"]},
    ]
    told = problems({"hosts": [{"rules": rules}], "tests": [{}], "strict_paths": 1})
    assert [line.partition(" ")[0] for line in told] == [
        f"{RULE}:",
        f"{RULE}:",
        f"{RULE}:",
        f"{HOST}:",
        f"{TEST}:",
        f"{TEST}:",
        f"{MAP}:",
        f"{HOST}.rules[2]",
    ]
    assert told[-1] == (
        f"{HOST}.rules[2] /b: is never reached: hosts[0].rules[1] /b takes its requests"
    )
