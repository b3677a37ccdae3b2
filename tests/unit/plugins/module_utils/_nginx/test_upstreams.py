# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import (
    METHODS,
    Listener,
    Pool,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import (
    CONTEXTS,
    METHOD_LINES,
    parse_version,
    render_last_resort,
    render_upstream,
    render_upstreams,
)
from ansible_collections.peerlb.stack.plugins.module_utils._values.protocols import (
    LISTENER_PROTOCOLS,
)

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000, "weight": 3},
]


def pool(**settings) -> Pool:
    return Pool.parse({"name": "webapp", "members": MEMBERS, **settings})


def test_http_upstream() -> None:
    assert render_upstream(pool(), "http") == (
        "upstream webapp {\n"
        "    zone http_webapp 512k;\n"
        "    server 10.1.0.2:3000 max_fails=1 fail_timeout=10s;  # web1\n"
        "    server 10.1.0.3:3000 weight=3 max_fails=1 fail_timeout=10s;  # web2\n"
        "    keepalive 64;\n"
        "    keepalive_timeout 60s;\n"
        "}\n"
    )


def test_last_resort_holds_the_members_that_may_serve() -> None:
    drained = {**MEMBERS[0], "name": "web3", "address": "10.1.0.4", "state": "drain"}
    spare = {**MEMBERS[0], "name": "web4", "address": "10.1.0.5", "backup": True}
    assert render_last_resort(pool(members=[*MEMBERS, drained, spare])) == (
        "upstream webapp_any {\n"
        "    zone http_webapp_any 512k;\n"
        "    server 10.1.0.2:3000 max_fails=0 fail_timeout=10s;  # web1\n"
        "    server 10.1.0.3:3000 weight=3 max_fails=0 fail_timeout=10s;  # web2\n"
        "    server 10.1.0.5:3000 max_fails=0 fail_timeout=10s;  # web4\n"
        "}\n"
    )


def test_pool_with_a_connection_limit_has_no_last_resort() -> None:
    listeners = [Listener(80, "webapp")]
    limited = pool(members=[{**MEMBERS[0], "max_conns": 4}, MEMBERS[1]])
    assert "upstreams/http-webapp-any.conf" in render_upstreams([pool()], listeners, (1, 30))
    assert list(render_upstreams([limited], listeners, (1, 30))) == ["upstreams/http-webapp.conf"]


def test_tcp_upstream_has_no_http_directives() -> None:
    text = render_upstream(pool(), "tcp")
    assert "zone stream_webapp" in text
    assert "keepalive" not in text


@pytest.mark.parametrize(
    "method, line",
    [
        ("least_conn", "least_conn;"),
        ("random", "random two least_conn;"),
        ("ip_hash", "ip_hash;"),
        ("hash", "hash $remote_addr consistent;"),
        ("sticky", "sticky cookie peerlb_member path=/ httponly samesite=lax;"),
    ],
)
def test_directive_of_each_method(method: str, line: str) -> None:
    assert f"    {line}\n" in render_upstream(pool(method=method), "http")


@pytest.mark.parametrize(
    "method, protocol, version, message",
    [
        ("sticky", "http", "1.28", "needs nginx 1.29.6 or newer; the image has 1.28.0"),
        ("sticky", "tcp", "1.30", "method sticky needs protocol http"),
        ("ip_hash", "tcp", "1.30", "use method hash with hash_key $remote_addr"),
    ],
)
def test_unsupported_method_is_refused(method, protocol, version, message) -> None:
    listener = Listener(80, "webapp", protocol)
    with pytest.raises(PoolError) as error:
        render_upstreams([pool(method=method)], [listener], parse_version(version))
    assert message in str(error.value)


def test_each_context_has_its_own_file() -> None:
    listeners = [Listener(80, "webapp"), Listener(81, "webapp", "tcp"), Listener(82, "webapp")]
    files = render_upstreams([pool()], listeners, (1, 30, 0))
    assert sorted(files) == [
        "upstreams/http-webapp-any.conf",
        "upstreams/http-webapp.conf",
        "upstreams/stream-webapp.conf",
    ]


@pytest.mark.parametrize("text, version", [("1.30", (1, 30, 0)), ("1.29.6-alpine", (1, 29, 6))])
def test_version_is_read_from_a_tag(text: str, version: tuple) -> None:
    assert parse_version(text) == version


def test_error_for_an_unknown_version_names_the_variable_to_set() -> None:
    with pytest.raises(PoolError, match="set nginx_lb_version"):
        parse_version("latest")


def test_every_method_and_protocol_can_be_rendered() -> None:
    assert set(METHOD_LINES) == set(METHODS)
    assert set(CONTEXTS) == set(LISTENER_PROTOCOLS)
