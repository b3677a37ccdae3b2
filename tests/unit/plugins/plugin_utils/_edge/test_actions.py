# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule asks and does in nginx's words."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.actions import (
    answer_lines,
    conditions,
    redirect_lines,
    rewrite_lines,
    shares,
    strict_lines,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Action,
    Answer,
    Redirect,
    Rule,
)


def rule(path: str = "/a/*", **settings: tuple) -> Rule:
    """Return a rule."""
    return Rule("hosts[0].rules[0]", path, Action(), **settings)


@pytest.mark.parametrize(
    ("pools", "lines"),
    [
        ([("api", 90), ("next", 10)], ['10.00% "next";', '* "api";']),
        ([("api", 1), ("next", 2)], ['33.33% "api";', '* "next";']),
        ([("api", 10_000), ("next", 1)], ['0.01% "next";', '* "api";']),
        ([("a", 1), ("b", 1), ("c", 1)], ['33.33% "a";', '33.33% "b";', '* "c";']),
    ],
)
def test_weights_are_shares_of_requests(pools, lines) -> None:
    assert shares(pools) == lines


def test_each_condition_is_compared_exactly() -> None:
    headers = (("X-A", 'b "c"'), ("X-D", True), ("X-E", False))
    assert list(conditions(rule(methods=("GET", "PUT"), headers=headers))) == [
        ["$request_method = GET", "$request_method = PUT"],
        ['$http_x_a = "b \\"c\\""'],
        ['$http_x_d != ""'],
        ['$http_x_e = ""'],
    ]


@pytest.mark.parametrize(
    ("path", "new", "line"),
    [
        ("/a/*", "/b/", 'rewrite "(?s)^.{2}(?<peerlb_rest>.*)" "/b$peerlb_rest" break;'),
        ("/a/*", "/", 'rewrite "(?s)^.{2}/?(?<peerlb_rest>.*)" "/$peerlb_rest" break;'),
        ("/*", "/b", 'rewrite "(?s)^.{0}(?<peerlb_rest>.*)" "/b$peerlb_rest" break;'),
        ("/a", "/b/", 'rewrite ^ "/b/" break;'),
    ],
)
def test_path_is_replaced_by_its_length(path, new, line) -> None:
    assert rewrite_lines(rule(path), new) == [line]


@pytest.mark.parametrize(
    ("redirect", "line"),
    [
        (Redirect("https://a/b", code=301), 'return 301 "https://a/b$is_args$args";'),
        (Redirect("https://a/?b", strip_query=True), 'return 308 "https://a/?b";'),
        (Redirect(host="b"), 'return 308 "$scheme://b$request_uri";'),
        (Redirect(scheme="https"), 'return 308 "https://$host$request_uri";'),
        (Redirect(path="/b", strip_query=True), 'return 308 "/b";'),
    ],
)
def test_client_is_sent_elsewhere(redirect, line) -> None:
    assert redirect_lines(rule(), redirect) == [line]


@pytest.mark.parametrize(
    ("path", "redirect", "test"),
    [
        (
            "/a.b/*",
            Redirect(prefix="/c"),
            r'"^/a\\.b(?<peerlb_rest>[^?#]*)") { return 308 "/c$peerlb_rest$is_args$args"; }',
        ),
        (
            "/a/*",
            Redirect(prefix="/", strip_query=True),
            r'"^/a/?(?<peerlb_rest>[^?#]*)") { return 308 "/$peerlb_rest"; }',
        ),
        (
            "/a",
            Redirect(host="b", strip_query=True),
            r'"^(?<peerlb_rest>/a)(?:[?#]|$)") { return 308 "$scheme://b$peerlb_rest"; }',
        ),
    ],
)
def test_part_of_a_path_is_kept_as_it_was_written(path, redirect, test) -> None:
    first, second, last = redirect_lines(rule(path), redirect)
    assert [first] == strict_lines()
    assert second == f"if ($request_uri ~ {test}"
    assert last == "return 400;"


@pytest.mark.parametrize("value", ["/$request_uri", "$host"])
def test_no_variable_comes_from_a_user(value) -> None:
    for redirect in (Redirect(url=value), Redirect(host=value), Redirect(path=value)):
        with pytest.raises(ValueError, match="holds \\$"):
            redirect_lines(rule(), redirect)
    with pytest.raises(ValueError, match="holds \\$"):
        rewrite_lines(rule(), value)


def test_answer_has_its_own_type() -> None:
    assert answer_lines(Answer(503, '"}', "text/html")) == [
        "types { }",
        'default_type "text/html";',
        'return 503 "\\"}";',
    ]
    assert answer_lines(Answer(204))[-1] == "return 204;"
