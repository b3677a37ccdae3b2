# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.coverage import never_reached
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import (
    Gatekeeper,
    Match,
    Rule,
)

DEFAULT = Rule("default", 0)
LISTS = {"a": ((0, 9),), "b": ((20, 29),)}


def reached(wide: Match, narrow: Match, **settings: t.Any) -> bool:
    rules = (Rule("wide", 1, wide, **settings), Rule("narrow", 2, narrow))
    return not never_reached(Gatekeeper(LISTS, rules, DEFAULT))


@pytest.mark.parametrize(
    ("wide", "narrow", "taken"),
    [
        (Match(), Match(), True),
        (Match(), Match(paths=("/a",)), True),
        (Match(paths=("/a",)), Match(), False),
        (Match(paths=("/a/*",)), Match(paths=("/a", "/a/b", "/a/c/*")), True),
        (Match(paths=("/a/*",)), Match(paths=("/a", "/b")), False),
        (Match(paths=("/a",)), Match(paths=("/a/*",)), False),
        (Match(paths=("/*",)), Match(paths=("/*",)), True),
        (Match(paths=("/a/*",)), Match(paths=("/*",)), False),
        (Match(methods=("GET", "PUT")), Match(methods=("GET",)), True),
        (Match(methods=("GET",)), Match(methods=("GET", "PUT")), False),
        (Match(lists=("a", "b")), Match(lists=("a",)), True),
        (Match(lists=("a",)), Match(lists=("a", "b")), False),
        (Match(lists=("a",)), Match(sources=((2, 3),)), True),
        (Match(lists=("a",)), Match(sources=((2, 13),)), False),
        (Match(sources=((0, 99),)), Match(lists=("a", "b")), True),
        (Match(lists=("a",)), Match(), False),
        (Match(headers=(("h", ("1", "2")),)), Match(headers=(("h", ("1",)),)), True),
        (Match(headers=(("h", ("1",)),)), Match(headers=(("h", ("1", "2")),)), False),
        (Match(headers=(("h", ("1",)),)), Match(), False),
        (Match(without_headers=("h",)), Match(without_headers=("h", "i")), True),
        (Match(without_headers=("h",)), Match(), False),
        (Match(methods=("GET",), paths=("/a",)), Match(methods=("GET",)), False),
    ],
)
def test_a_rule_is_not_reached_if_an_earlier_one_takes_all(wide, narrow, taken) -> None:
    assert reached(wide, narrow) is not taken


@pytest.mark.parametrize(
    ("wide", "narrow", "taken"),
    [
        (Match(sources=((0, 99),)), Match(lists=("feed",)), False),
        (Match(lists=("a",)), Match(lists=("feed",)), False),
        (Match(lists=("feed",)), Match(sources=((2, 3),)), False),
        (Match(lists=("feed",)), Match(lists=("a",)), False),
        (Match(lists=("feed", "a")), Match(lists=("feed",), sources=((2, 3),)), True),
        (Match(lists=("feed",)), Match(lists=("feed",)), True),
        (Match(), Match(lists=("feed",)), True),
    ],
)
def test_what_a_file_holds_makes_no_rule_wrong(wide, narrow, taken) -> None:
    lists = {**LISTS, "feed": ((0, 9),)}
    rules = (Rule("wide", 1, wide), Rule("narrow", 2, narrow))
    found = never_reached(Gatekeeper(lists, rules, DEFAULT, frozenset({"feed"})))
    assert bool(found) is taken


def test_a_preview_takes_nothing() -> None:
    assert reached(Match(), Match(), preview=True)
    assert not reached(Match(), Match())
