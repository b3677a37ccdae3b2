# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_expectation import (
    Answer,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import (
    RouteTest,
    parse_tests,
    read_tests,
    write_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError

ENTRY = {
    "name": "tests[0]",
    "host": "shop.example",
    "target": "/api/x",
    "expect": {"pool": ["api"]},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "name is None, not text"),
        ({"host": "shop example"}, "host is 'shop example', not a name"),
        ({"host": None}, "host is None, not text"),
        ({"target": "api"}, "target is 'api', not a path"),
        ({"target": "/a b"}, "target is '/a b', not a path"),
        ({"target": "/a\r\nX: y"}, "target is '/a\\r\\nX: y', not text of one line"),
        ({"method": "get it"}, "method is 'get it'"),
        ({"scheme": "ftp"}, "scheme is 'ftp', not one of http, https"),
        ({"headers": []}, ""),
        ({"headers": {"Host": "x"}}, "header Host: the test itself writes it"),
        ({"headers": {"X:": "x"}}, "header is 'X:', not the name of a header"),
        ({"headers": {"X": "a\r\nb"}}, "header X is 'a\\r\\nb', not text of one line"),
        ({"headers": {"X": "ä"}}, "header X is 'ä', not text of ASCII"),
        ({"expect": {}}, "expect: right is one of pool"),
    ],
)
def test_wrong_test_is_refused_by_name(change, message) -> None:
    if not message:
        assert parse_tests([{**ENTRY, **change}])[0].headers == {}
        return
    with pytest.raises(PoolError) as error:
        parse_tests([{**ENTRY, **change}])
    assert str(error.value).startswith("test ")
    assert message in str(error.value)


def test_every_wrong_test_is_named() -> None:
    wrong = [{**ENTRY, "name": f"tests[{number}]", "target": ""} for number in range(3)]
    with pytest.raises(PoolError) as error:
        parse_tests([ENTRY, *wrong])
    assert [line[:13] for line in str(error.value).splitlines()] == [
        f"test tests[{number}]" for number in range(3)
    ]


def test_tests_are_read_as_they_were_written() -> None:
    entries = [
        {**ENTRY, "scheme": "https", "method": "POST", "headers": {"X": "y"}, "rule": "r"},
        {**ENTRY, "expect": {"redirect": "/new", "code": 308}},
        {**ENTRY, "expect": {"status": 404}},
        {**ENTRY, "expect": {"pool": ["a", "b"], "path": "/x"}},
    ]
    tests = parse_tests(entries)
    assert read_tests(write_tests(tests)) == tests
    assert len(write_tests(tests).splitlines()) == 6
    assert read_tests("") == ()


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "x"}]', '{"a": 1}', "7"])
def test_damaged_file_is_named(text) -> None:
    with pytest.raises(PoolError, match="tests.json is damaged"):
        read_tests(text)


@pytest.mark.parametrize(
    ("host", "port"), [("a", None), ("a:8080", 8080), ("[::1]", None), ("[::1]:443", 443)]
)
def test_host_may_name_the_port(host, port) -> None:
    (test,) = parse_tests([{**ENTRY, "host": host}])
    assert test.port == port


def failure(answer: Answer, **change: str) -> str:
    """Return why an answer fails the test, with values of it changed."""
    return RouteTest.parse({**ENTRY, **change}).failure(answer)


def test_failure_tells_what_was_expected_what_came_and_which_rule_took_it() -> None:
    assert failure(Answer(200, "api", "GET", "/api/x")) == ""
    wrong = Answer(200, "web", "GET", "/api/x", rule="shop.example /*")
    told = "tests[0]: expected pool api, and it is pool web gets GET /api/x;"
    assert failure(wrong) == f"{told} the rule shop.example /* took it"
    assert failure(wrong, rule="shop.example /api/*").endswith(
        "the rule shop.example /* took it, as declared it is shop.example /api/*"
    )
    assert failure(wrong, rule="shop.example /*").endswith("the rule shop.example /* took it")
    assert failure(Answer(404)).endswith("and it is status 404; no rule took it")
