# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import Verdict
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.guarding import guard_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import Question

RULES = [
    {
        "name": "office",
        "priority": 1,
        "match": {"ranges": ["198.51.100.0/24"]},
        "action": "allow",
    },
    {
        "name": "admin",
        "priority": 2,
        "match": {"paths": ["/admin/*"]},
        "action": "deny",
        "status": 404,
    },
    {
        "name": "git",
        "priority": 5,
        "match": {"paths": ["/.git/*"]},
        "action": "deny",
        "status": "close",
    },
    {
        "name": "login",
        "priority": 6,
        "match": {"paths": ["/login"]},
        "action": "throttle",
        "rate": "30/m",
    },
    {
        "name": "trial",
        "priority": 3,
        "match": {"methods": ["DELETE"]},
        "action": "deny",
        "preview": True,
    },
    {
        "name": "old",
        "priority": 4,
        "match": {"paths": ["/old"]},
        "action": "redirect",
        "url": "https://shop.example/new",
    },
]


@pytest.mark.parametrize(
    ("path", "method", "client", "wanted"),
    [
        ("/", "GET", "203.0.113.7", ("default", "allow", "", "")),
        ("/admin/x", "GET", "203.0.113.7", ("admin", "deny", "", "priority 2, status 404")),
        ("/x/..//admin", "GET", "203.0.113.7", ("admin", "deny", "", "priority 2, status 404")),
        ("/admin/x", "GET", "198.51.100.9", ("office", "allow", "", "priority 1")),
        ("/admin/x", "GET", "", ("admin", "deny", "", "priority 2, status 404")),
        ("/.git/x", "GET", "", ("git", "deny", "", "priority 5, closes the connection")),
        (
            "/login",
            "GET",
            "",
            ("login", "throttle", "", "priority 6, 30 requests a minute by client"),
        ),
        ("/", "DELETE", "203.0.113.7", ("default", "allow", "deny:trial", "")),
    ],
)
def test_gatekeeper_decides(path, method, client, wanted) -> None:
    guard = guard_of({"rules": RULES})
    assert guard is not None
    asked = Question.parse(f"https://shop.example{path}", method, client=client)
    assert guard(asked) == Verdict(*wanted)


def test_redirect_tells_where_to() -> None:
    guard = guard_of({"rules": RULES})
    assert guard is not None
    verdict = guard(Question.parse("https://shop.example/old"))
    assert (verdict.rule, verdict.action) == ("old", "redirect")
    assert verdict.told.endswith("to https://shop.example/new")


def test_no_gatekeeper_decides_nothing_and_a_wrong_one_is_named() -> None:
    assert guard_of({}) is None
    with pytest.raises(ValueError, match="peerlb_gatekeeper"):
        guard_of({"rule": []})
