# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule does; test_reading.py has what is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.entry import Entry
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.rules import (
    RULE,
    PoolNames,
    read_rule,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Action,
    Answer,
    Redirect,
    Rule,
)


def read(value: dict[str, t.Any]) -> Rule:
    """Return a good rule."""
    problems: list[str] = []
    rule = read_rule(Entry(value, "rule", RULE, problems), "here", PoolNames(["web", "api"]))
    assert problems == []
    return rule


@pytest.mark.parametrize(
    ("value", "action"),
    [
        ({"pool": "web"}, Action((("web", 1),))),
        ({"pools": {"web": 3, "api": "1"}}, Action((("web", 3), ("api", 1)))),
        ({"pools": {"web": 3, "api": 0}}, Action((("web", 3),))),
        ({"redirect": "http://a"}, Action(redirect=Redirect("http://a"))),
        (
            {"redirect": {"prefix": "/b", "code": 302}},
            Action(redirect=Redirect(prefix="/b", code=302)),
        ),
        (
            {"redirect": {"url": "http://a/?b", "strip_query": True}},
            Action(redirect=Redirect("http://a/?b", strip_query=True)),
        ),
        ({"answer": {"status": 204}}, Action(answer=Answer(204))),
        ({"answer": {"status": 503}}, Action(answer=Answer(503, "503\n"))),
        (
            {"answer": {"status": 200, "body": "{}", "content_type": "application/json"}},
            Action(answer=Answer(200, "{}", "application/json")),
        ),
    ],
)
def test_action_of_a_rule(value, action) -> None:
    assert read({"path": "/a/*", **value}) == Rule("here", "/a/*", action)


def test_conditions_of_a_rule() -> None:
    headers = {"X-A": "1", "X-B": True, "X-C": False}
    rule = read({"path": "/a", "pool": "web", "methods": ["PUT", "GET"], "headers": headers})
    assert rule.methods == ("PUT", "GET")
    assert rule.headers == (("X-A", "1"), ("X-B", True), ("X-C", False))
