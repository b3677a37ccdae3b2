# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location asks a pool."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.asking import (
    RouteSettings,
    ask_lines,
)

LOOK = (
    'if ($peerlb_closed_webapp) { set $peerlb_closed "webapp";'
    " rewrite ^ /-/peerlb/maintenance? last; }"
)


def params(members: int = 1, **settings: object) -> dict:
    """Return the settings of a pool with so many members."""
    listed = [{"name": f"web{n}", "address": "10.0.0.2", "port": n + 1} for n in range(members)]
    return Pool.parse({"name": "webapp", "members": listed, **settings}).params()


def test_pool_is_asked_with_its_own_settings() -> None:
    lines = ask_lines(params(connect_timeout="2s", read_timeout="7s", retry_on=["error"]), "a /b/*")
    assert lines == [
        'set $peerlb_pool "webapp";',
        'set $peerlb_route "a /b/*";',
        LOOK,
        "recursive_error_pages on;",
        "proxy_pass http://webapp;",
        "proxy_connect_timeout 2s;",
        "proxy_read_timeout 7s;",
        "proxy_send_timeout 7s;",
        "proxy_next_upstream error;",
        "proxy_next_upstream_tries 3;",
    ]


@pytest.mark.parametrize(("members", "tries"), [(1, 3), (4, 3), (8, 5), (50, 10)])
def test_half_of_the_members_may_be_dead(members, tries) -> None:
    assert f"proxy_next_upstream_tries {tries};" in ask_lines(params(members))


def test_pool_is_asked_once_if_nothing_is_asked_again() -> None:
    assert "proxy_next_upstream off;" in ask_lines(params(retry_on=[]))


def test_route_has_settings_of_its_own() -> None:
    settings = RouteSettings(timeout="1h", body_size="1g", buffering=False, websockets=True)
    lines = ask_lines(params(), settings=settings, before=["x;"])
    added = {
        'set $peerlb_websockets "1";',
        "proxy_read_timeout 1h;",
        "proxy_send_timeout 1h;",
        "client_max_body_size 1g;",
        "proxy_buffering off;",
        "proxy_pass http://webapp;",
    }
    assert added <= set(lines)
    assert lines.index("x;") == lines.index(LOOK) + 1


def test_members_that_speak_tls_are_asked_by_the_one_policy_of_the_pool() -> None:
    lines = ask_lines(params(tls={"verify": False}))
    at = lines.index("proxy_pass https://webapp;")
    assert lines[at - 1] == "include upstreams/tls-webapp.conf;"
