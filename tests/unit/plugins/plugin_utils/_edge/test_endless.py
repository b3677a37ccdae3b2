# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.edge import EdgeError, read_edge

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000}
SHOP = {"name": "shop", "names": ["shop.example", "www.shop.example"], "source": "given"}
HTTP, HTTPS = {"port": 80, "pool": "webapp"}, {"port": 443, "pool": "webapp", "tls": True}


def faults(rules=(), default="webapp", secure=True) -> list[str]:
    settings = {
        "listeners": [HTTP, HTTPS] if secure else [HTTP],
        "certificates": [SHOP] if secure else [],
        "pools": [Pool.parse({"name": "webapp", "members": [MEMBER]}).params()],
        "version": "1.30",
        "url_map": {"hosts": [{"names": SHOP["names"], "rules": list(rules), "default": default}]},
    }
    try:
        read_edge(settings)
    except EdgeError as exc:
        return str(exc).splitlines()
    return []


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize(
    ("path", "redirect"),
    [
        ("/a", {"path": "/a"}),
        ("/a", {"path": "/a", "code": 301, "strip_query": True}),
        ("/a", {"scheme": "http"}),
        ("/a", {"host": "shop.example"}),
        ("/a", "http://shop.example/a"),
        ("/a", "http://WWW.shop.example:80/a"),
        ("/old/*", {"prefix": "/old"}),
        ("/old/*", {"prefix": "/old/new"}),
        ("/*", {"prefix": "/new"}),
        ("/*", {"path": "/new"}),
    ],
)
def test_redirect_that_leads_to_itself_is_refused(path, redirect, secure) -> None:
    default = None if path == "/*" else "webapp"
    (fault,) = faults([{"path": path, "redirect": redirect}], default, secure)
    assert fault.startswith(f"peerlb_url_map.hosts[0].rules[0] {path}: its redirect is endless")


def test_rules_that_lead_to_each_other_are_endless() -> None:
    rules = [{"path": "/a", "redirect": {"path": "/b"}}, {"path": "/b", "redirect": {"path": "/a"}}]
    assert len(faults(rules)) == 2
    assert faults(rules[:1]) == []


@pytest.mark.parametrize(
    "redirect", [{"host": "shop.example"}, {"scheme": "https"}, "https://www.shop.example/"]
)
def test_default_that_leads_to_its_own_host_is_endless(redirect) -> None:
    (fault,) = faults(default={"redirect": redirect})
    assert fault.startswith("peerlb_url_map.hosts[0].default: its redirect is endless")


@pytest.mark.parametrize(
    ("path", "redirect"),
    [
        ("/a", {"path": "/b"}),
        ("/a", "https://shop.example:8443/a"),
        ("/a", "https://other.example/a"),
        ("/a", {"host": "other.example"}),
        ("/a/*", {"path": "/a-new"}),
        ("/old/*", {"prefix": "/new"}),
        ("/old/*", {"prefix": "/older"}),
        ("/a", {"scheme": "http", "path": "/b"}),
    ],
)
def test_redirect_that_ends_is_taken(path, redirect) -> None:
    assert faults([{"path": path, "redirect": redirect}]) == []


def test_redirect_to_a_scheme_that_somebody_else_serves_is_taken() -> None:
    assert faults(default={"redirect": {"scheme": "https"}}, secure=False) == []


def test_a_rule_for_a_method_ends_where_clients_ask_by_another() -> None:
    rule = {"path": "/a", "methods": ["POST"], "redirect": {"path": "/a", "code": 302}}
    assert faults([rule]) == []
    rule["redirect"]["code"] = 307
    assert len(faults([rule])) == 1


def test_a_rule_below_that_takes_its_target_ends_it() -> None:
    rules = [
        {"path": "/old/*", "redirect": {"prefix": "/old/new"}},
        {"path": "/old/new/*", "pool": "webapp"},
    ]
    assert faults(rules) == []
