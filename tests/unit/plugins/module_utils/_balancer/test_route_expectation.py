# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_expectation import (
    Answer,
    Expectation,
)

ORIGIN = "https://shop.example"
MEMBER = Answer(200, "api", "GET", "/x?a", rule="shop.example /x")
MOVED = Answer(308, location="https://shop.example/new")


@pytest.mark.parametrize(
    ("expect", "answer", "fits"),
    [
        ({"pool": "api"}, MEMBER, True),
        ({"pool": ["web", "api"]}, MEMBER, True),
        ({"pool": "web"}, MEMBER, False),
        ({"pool": "api", "path": "/x?a"}, MEMBER, True),
        ({"pool": "api", "path": "/x"}, MEMBER, False),
        ({"pool": "api"}, Answer(200), False),
        ({"status": 200}, Answer(200), True),
        ({"status": 200}, MEMBER, False),  # a member's answer is none of nginx's own
        ({"status": 404}, Answer(403), False),
        ({"redirect": "https://shop.example/new"}, MOVED, True),
        ({"redirect": "/new"}, MOVED, True),
        ({"redirect": "https://shop.example/new"}, Answer(301, location="/new"), True),
        ({"redirect": "//shop.example/new"}, Answer(301, location="/new"), False),
        ({"redirect": "http://shop.example/new"}, MOVED, False),
        ({"redirect": "/new", "code": 308}, MOVED, True),
        ({"redirect": "/new", "code": 301}, MOVED, False),
        ({"redirect": "/new"}, Answer(201, location="/new"), False),
        ({"redirect": "/new"}, Answer(404), False),
    ],
)
def test_answer_fits_or_does_not(expect, answer, fits) -> None:
    assert Expectation.parse(expect).fits(answer, ORIGIN) is fits


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({}, "right is one of pool, redirect and status"),
        ({"pool": None, "path": None}, "right is one of pool, redirect and status"),
        ({"pool": "a", "status": 404}, "right is one of pool, redirect and status"),
        ({"status": 404, "path": "/x"}, "path is of use with pool alone"),
        ({"pool": "a", "code": 301}, "code is of use with redirect alone"),
        ({"redirect": "/x", "code": 200}, "code is 200, not a whole number from 300 to 399"),
        ({"status": 99}, "status is 99, not a whole number from 200 to 599"),
        ({"pool": "a\nb"}, "pool is 'a\\nb', not text of one line"),
        ({"pol": "a"}, "unknown key pol; known: pool, path"),
    ],
)
def test_wrong_expectation_is_refused(expect, message) -> None:
    with pytest.raises(ValueError) as error:
        Expectation.parse(expect)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (MEMBER, "pool api gets GET /x?a"),
        (MOVED, "a redirect to https://shop.example/new (308)"),
        (Answer(404), "status 404"),
        (Answer(0), "no answer: the connection is closed"),
        (Expectation(("a", "b"), "/x"), "pool a or b gets /x"),
        (Expectation(redirect="/x"), "a redirect to /x"),
        (Expectation(redirect="/x", code=308), "a redirect to /x (308)"),
        (Expectation(status=404), "status 404"),
    ],
)
def test_both_are_told_in_words(value, words) -> None:
    assert value.told() == words
