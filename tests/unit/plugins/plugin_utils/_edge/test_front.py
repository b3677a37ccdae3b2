# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.edge import read_edge
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.front import decide_first
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import Request

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000}
SETTINGS = {
    "listeners": [{"port": 80, "pool": "webapp"}, {"port": 443, "pool": "webapp", "tls": True}],
    "pools": [Pool.parse({"name": "webapp", "members": [MEMBER]}).params()],
    "version": "1.30",
    "certificates": [
        {"name": "shop", "names": ["shop.example", "*.shop.example"], "source": "given"}
    ],
    "url_map": {"hosts": [{"names": ["shop.example", "*.shop.example"], "default": "webapp"}]},
}


def decided(scheme: str, host: str, target: str = "/a?b=c", **tls: object) -> tuple | None:
    """Return what comes before the URL map, as (kind, url, code)."""
    edge = read_edge({**SETTINGS, "tls": {"redirect": True, **tls}})
    found = decide_first(edge, Request(host, target, scheme=scheme))
    return found and (found.kind, found.url, found.code)


@pytest.mark.parametrize("host", ["shop.example", "SHOP.example", "shop.example:80"])
def test_http_leads_to_https_with_path_and_query(host) -> None:
    assert decided("http", host) == ("redirect", "https://shop.example/a?b=c", 308)


def test_pattern_is_found_by_the_longest_end() -> None:
    assert decided("http", "a.b.shop.example") == (
        *("redirect", "https://a.b.shop.example/a?b=c", 308),
    )


def test_url_map_decides_what_is_left_to_it() -> None:
    assert decided("https", "shop.example") is None
    assert decided("http", "other.example") is None
    assert decided("http", "shop.example", redirect=False) is None
    assert decided("http", "shop.example", "/../..") is None


def test_undeclared_name_gets_no_answer_by_tls() -> None:
    assert decided("https", "other.example") == ("status", "", 0)
    assert decided("https", "other.example", unknown_names="shop") is None


def test_another_port_stands_in_the_address() -> None:
    listeners = [SETTINGS["listeners"][0], {"port": 8443, "pool": "webapp", "tls": True}]
    edge = read_edge({**SETTINGS, "listeners": listeners, "tls": {"redirect": True}})
    found = decide_first(edge, Request("shop.example", "/x"))
    assert found
    assert found.url == "https://shop.example:8443/x"
