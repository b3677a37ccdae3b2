# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which rules are asked, and rules that are never reached."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.matching import (
    Table,
    fits,
    takes_all_of,
    unreachable,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Action,
    Host,
    Request,
    Rule,
    UrlMap,
)

DEFAULT = Rule("hosts[0].default", "", Action())


def rule(path: str = "/a", number: int = 0, **conditions: tuple) -> Rule:
    """Return a rule."""
    return Rule(f"hosts[0].rules[{number}]", path, Action(), **conditions)


def test_exact_path_comes_before_prefixes_and_the_default_last() -> None:
    rules = [rule(path) for path in ("/*", "/a/*", "/a/b", "/a/b/*", "/ab/*")]
    table = Table.of(Host("hosts[0]", (), tuple(rules), DEFAULT))
    assert [each.path for each in table.chain("/a/b")] == ["/a/b", "/a/b/*", "/a/*", "/*", ""]


@pytest.mark.parametrize(
    ("one", "other", "takes"),
    [
        ({}, {"methods": ("GET",)}, True),
        ({"methods": ("GET",)}, {}, False),
        ({"methods": ("GET", "PUT")}, {"methods": ("PUT",)}, True),
        ({"methods": ("GET",)}, {"methods": ("GET", "PUT")}, False),
        ({"headers": (("X-A", True),)}, {"headers": (("x-a", "1"),)}, True),
        ({"headers": (("X-A", "1"),)}, {"headers": (("X-A", True),)}, False),
        ({"headers": (("X-A", "1"),)}, {"headers": (("X-A", "1"), ("X-B", False))}, True),
        ({"headers": (("X-A", False),)}, {"headers": (("X-A", "1"),)}, False),
        ({"headers": (("X-A", True),)}, {}, False),
    ],
)
def test_conditions_that_are_wider_take_all_requests(one, other, takes) -> None:
    assert takes_all_of(rule(**one), rule(**other)) is takes


def test_rule_that_another_hides_is_named_with_it() -> None:
    rules = (rule(number=0), rule("/b", 1), rule(number=2, methods=("GET",)), rule("/*", 3))
    assert unreachable(UrlMap((Host("hosts[0]", (), rules, DEFAULT),))) == [
        "hosts[0].rules[2] /a: is never reached: hosts[0].rules[0] /a takes its requests",
        "hosts[0].default: is never reached: hosts[0].rules[3] /* takes its requests",
    ]


def test_rules_that_need_something_hide_none_that_needs_less() -> None:
    rules = (rule(methods=("GET",)), rule(headers=(("X-A", True),)), rule(), rule("/a/*"))
    assert unreachable(UrlMap((Host("hosts[0]", (), rules, DEFAULT),))) == []


def test_empty_header_counts_as_absent() -> None:
    absent = rule(headers=(("X-A", False),))
    assert fits(absent, Request("a", "/", headers={"x-a": ""}))
    assert not fits(absent, Request("a", "/", headers={"x-a": "0"}))
