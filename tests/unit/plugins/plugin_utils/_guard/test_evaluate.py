# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.evaluate import (
    evaluate,
    path_matches,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import read_gatekeeper
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import Request, Verdict

GATEKEEPER = read_gatekeeper(
    {
        "lists": {"office": {"ranges": ["192.0.2.0/28"]}},
        "rules": [
            {"name": "office", "priority": 10, "action": "allow", "match": {"lists": ["office"]}},
            {
                **{"name": "admin", "priority": 20, "action": "deny", "status": "close"},
                "match": {"paths": ["/admin/*"], "methods": ["GET", "POST"]},
            },
            {
                **{"name": "keyless", "priority": 30, "action": "deny", "preview": True},
                "match": {"paths": ["/api/*"], "without_headers": ["X-Key"]},
            },
            {
                **{"name": "test", "priority": 40, "action": "redirect", "url": "/t"},
                "match": {"headers": {"X-Env": ["test", "dev"]}},
            },
        ],
        "default": {"action": "allow"},
    }
)


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        (Request("192.0.2.9", "/admin"), Verdict("office", "allow")),
        (Request("192.0.2.16", "/admin/x"), Verdict("admin", "deny", status=444)),
        (Request("192.0.2.16", "/admin", "PUT"), Verdict("default", "allow")),
        (Request("192.0.2.16", "/adminx"), Verdict("default", "allow")),
        (Request("192.0.2.16", "/api/"), Verdict("default", "allow", "deny:keyless")),
        (
            Request("192.0.2.16", "/api", headers={"x-env": "dev"}),
            Verdict("test", "redirect", "deny:keyless", 302, "/t"),
        ),
        (Request("192.0.2.16", "/api", headers={"x-KEY": "1"}), Verdict("default", "allow")),
        (Request("192.0.2.16", "/", headers={"X-Env": "Dev"}), Verdict("default", "allow")),
    ],
)
def test_the_first_rule_that_matches_decides(request_, verdict) -> None:
    assert evaluate(GATEKEEPER, request_) == verdict


def test_a_default_in_preview_refuses_nothing() -> None:
    gatekeeper = read_gatekeeper({"default": {"action": "deny", "preview": True}})
    verdict = evaluate(gatekeeper, Request("192.0.2.1", "/"))
    assert verdict == Verdict("default", "allow", "deny:default")


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a", "/A", False),
        ("/a/*", "/a", True),
        ("/a/*", "/a/", True),
        ("/a/*", "/a/b/c", True),
        ("/a/*", "/ab", False),
        ("/*", "/", True),
        ("/*", "/x", True),
    ],
)
def test_paths_match_by_element(pattern, path, holds) -> None:
    assert path_matches(pattern, path) is holds
