# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall as nginx asks it, and the inner server that it asks; test_waf.py runs them."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf import Waf
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_nginx import (
    WafPorts,
    guarded_rules,
    render_waf,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from support.routed import pool_settings

POOLS = {name: pool_settings(name) for name in ("api", "webapp")}
URL_MAP = read_url_map(
    {
        "hosts": [
            {
                "rules": [
                    {"path": "/a", "pools": {"api": 1, "webapp": 1}, "waf": True},
                    {"path": "/b", "pool": "api", "waf": True, "timeout": "1h"},
                    {"path": "/c", "pool": "api"},
                ],
                "default": {"pool": "api", "waf": True},
            }
        ]
    },
    POOLS,
)


def rendered(**settings: str) -> str:
    return render_waf(Waf(**settings), WafPorts(), guarded_rules(URL_MAP), POOLS, ["$peerlb_x"])


def test_guarded_rules_are_those_that_say_so() -> None:
    assert [rule.path for rule in guarded_rules(URL_MAP)] == ["/a", "/b", ""]
    assert guarded_rules(None) == []


def test_each_pool_is_asked_with_each_of_its_timeouts() -> None:
    text = rendered()
    for name in ("api", "webapp", "api/1h"):
        assert text.count(f'location "@ask/{name}" {{') == 1
    assert "proxy_read_timeout 1h;" in text
    assert text.count("include upstreams/steps-api.conf;") == 1
    assert 'set $peerlb_x "";' in text
    assert "peerlb_closed" not in text


@pytest.mark.parametrize(("fail", "backups"), [("open", 1), ("closed", 0)])
def test_inner_server_is_asked_directly_only_if_the_firewall_fails_open(fail, backups) -> None:
    assert rendered(fail=fail).count("server 127.0.0.1:8092 backup;") == backups


def test_all_is_on_loopback() -> None:
    assert "listen 127.0.0.1:8092;" in rendered()
    assert "server 127.0.0.1:8091 max_fails=1 fail_timeout=2s;" in rendered()
