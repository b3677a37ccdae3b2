# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location asks a pool by way of the web application firewall."""

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.asking import RouteSettings
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_asking import waf_lines
from support.routed import pool_settings

POOL = pool_settings("webapp", read_timeout="7s")


def test_firewall_is_asked_and_told_for_which_pool() -> None:
    lines = waf_lines(POOL, "a /b/*", before=["x;"])
    assert 'set $peerlb_waf_ask "webapp";' in lines
    assert "proxy_pass http://peerlb_waf;" in lines
    # A rewrite ends the phase in which variables are set.
    assert lines.index("x;") > lines.index('set $peerlb_pool "peerlb_waf";')


def test_firewall_has_time_for_each_member_that_may_be_asked() -> None:
    assert "proxy_read_timeout 21000ms;" in waf_lines(POOL)


def test_route_has_settings_of_its_own() -> None:
    settings = RouteSettings(timeout="1h", body_size="1g", buffering=False, websockets=True)
    added = {
        'set $peerlb_waf_ask "webapp/1h";',
        'set $peerlb_websockets "1";',
        "proxy_read_timeout 10800000ms;",
        "client_max_body_size 1g;",
        "proxy_buffering off;",
    }
    assert added <= set(waf_lines(POOL, settings=settings))


def test_post_is_not_sent_twice() -> None:
    assert "proxy_next_upstream error;" in waf_lines(POOL)
