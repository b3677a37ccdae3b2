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
    render_last_resort,
    render_upstream,
    render_upstreams,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import (
    NEWEST,
    parse_version,
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
    assert render_upstream(pool(), "http", NEWEST) == (
        "upstream webapp {\n"
        "    zone http_webapp 512k;\n"
        "    server 10.1.0.2:3000 max_fails=0 fail_timeout=10s;  # web1\n"
        "    server 10.1.0.3:3000 weight=3 max_fails=0 fail_timeout=10s;  # web2\n"
        "    keepalive 512;\n"
        "    keepalive_timeout 60s;\n"
        "}\n"
    )


def lines(text: str) -> list[str]:
    """Return the lines within an upstream."""
    return [line.strip() for line in text.splitlines()[1:-1]]


def servers(protocol: str = "http", **settings) -> list[str]:
    """Return the lines of a pool's members, without fail_timeout."""
    text = render_upstream(pool(**settings), protocol, NEWEST)
    return [line.replace(" fail_timeout=10s", "") for line in lines(text) if "server " in line]


def test_last_resort_is_the_pool_without_failures() -> None:
    drained = {**MEMBERS[0], "name": "web3", "address": "10.1.0.4", "state": "drain"}
    spare = {**MEMBERS[0], "name": "web4", "address": "10.1.0.5", "backup": True}
    judged = {**MEMBERS[1], "max_fails": 2}
    again = pool(members=[MEMBERS[0], judged, drained, spare], method="sticky")
    text = render_last_resort(again, NEWEST)
    assert text.startswith("upstream webapp_any {\n    zone http_webapp_any 512k;\n")
    assert lines(text)[1:5] == [
        "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s;  # web1",
        "server 10.1.0.3:3000 weight=3 max_fails=0 fail_timeout=10s;  # web2",
        "server 10.1.0.4:3000 max_fails=0 fail_timeout=10s drain;  # web3",
        "server 10.1.0.5:3000 max_fails=0 fail_timeout=10s backup;  # web4",
    ]
    assert lines(text)[5:] == lines(render_upstream(again, "http", NEWEST))[5:]


@pytest.mark.parametrize(
    ("one", "other", "needed"),
    [({}, {}, False), ({"max_fails": 1}, {}, True), ({"max_fails": 1}, {"max_conns": 4}, False)],
)
def test_pool_has_a_last_resort_if_its_members_can_fail_and_have_no_limit(
    one, other, needed
) -> None:
    members = [{**MEMBERS[0], **one}, {**MEMBERS[1], **other}]
    files = render_upstreams([pool(members=members)], [Listener(80, "webapp")], (1, 30))
    assert ("upstreams/http-webapp-any.conf" in files) is needed


@pytest.mark.parametrize("idle", [{"state": "drain"}, {"state": "down"}, {"weight": 0}])
@pytest.mark.parametrize("protocol", CONTEXTS)
def test_pool_of_which_one_member_serves_is_a_pool_of_one(protocol, idle) -> None:
    one = [{**MEMBERS[0], "max_fails": 3}, {**MEMBERS[0], "name": "web2", **idle}]
    assert servers(protocol, members=one) == [
        "server 10.1.0.2:3000 max_fails=0;  # web1",
        "# server 10.1.0.2:3000 max_fails=0 down;  # web2",
    ]
    # nginx wants at least one server that is no backup.
    spare = [{**MEMBERS[0], **idle}, {**MEMBERS[1], "backup": True}]
    assert servers(protocol, members=spare)[1] == (
        "server 10.1.0.3:3000 weight=3 max_fails=0;  # web2"
    )
    more = [*one, {**MEMBERS[1], "name": "web3"}]
    assert "server 10.1.0.2:3000 max_fails=0 down;  # web2" in [
        line.replace("max_fails=1", "max_fails=0") for line in servers(protocol, members=more)
    ]


@pytest.mark.parametrize(
    ("protocol", "settings", "judged"),
    [
        ("http", [{}, {}], "00"),
        ("tcp", [{}, {}], "11"),
        ("tcp", [{}, {"backup": True}], "00"),
        ("tcp", [{}, {"backup": True, "max_fails": 2}], "02"),
        ("tcp", [{}, {}, {"backup": True}], "110"),
        ("tcp", [{}, {"max_fails": 0}], "10"),
        ("http", [{}, {"max_fails": 2}], "02"),
    ],
)
def test_failures_count_as_the_protocol_says(protocol, settings, judged) -> None:
    members = [
        {"name": f"web{number}", "address": f"10.1.0.{number}", "port": 3000, **each}
        for number, each in enumerate(settings)
    ]
    found = [line.split("max_fails=")[1][0] for line in servers(protocol, members=members)]
    assert "".join(found) == judged


@pytest.mark.parametrize(
    ("weights", "line"), [((1, 1), "random two least_conn;"), ((3, 1), "random;")]
)
@pytest.mark.parametrize("protocol", CONTEXTS)
def test_random_follows_the_weights(protocol, weights, line) -> None:
    members = [{**one, "weight": weight} for one, weight in zip(MEMBERS, weights)]
    members.append({**MEMBERS[0], "name": "web3", "weight": 9, "state": "down"})
    text = render_upstream(pool(members=members, method="random"), protocol, NEWEST)
    assert lines(text)[1] == line


def test_drained_member_keeps_its_clients_in_a_sticky_pool() -> None:
    members = [MEMBERS[0], {**MEMBERS[1], "state": "drain"}]
    drained = "server 10.1.0.3:3000 max_fails=0 drain;  # web2"
    assert servers(members=members, method="sticky")[1] == drained
    assert servers(members=members)[1].startswith("# server")
    with pytest.raises(PoolError, match="no member is left to serve"):
        pool(members=[{**each, "state": "drain"} for each in MEMBERS], method="sticky")


@pytest.mark.parametrize(
    ("keepalive", "version", "found"),
    [
        (0, "1.29.6", []),
        (0, "1.29.7", ["keepalive 0;"]),
        (0, "1.30", ["keepalive 0;"]),
        (8, "1.22.1", ["keepalive 8;", "keepalive_timeout 60s;"]),
    ],
)
def test_no_connection_is_kept_where_none_is_wanted(keepalive, version, found) -> None:
    text = render_upstream(pool(keepalive=keepalive), "http", parse_version(version))
    assert [line for line in lines(text) if line.startswith("keepalive")] == found
    assert "keepalive" not in render_upstream(pool(keepalive=0), "tcp", parse_version(version))


@pytest.mark.parametrize(("count", "size"), [(2, "512k"), (256, "512k"), (257, "514k")])
def test_zone_follows_the_number_of_members(count, size) -> None:
    members = [
        {**MEMBERS[0], "name": f"web{each}", "address": f"10.1.{each // 250}.{each % 250 + 1}"}
        for each in range(count)
    ]
    assert lines(render_upstream(pool(members=members), "tcp", NEWEST))[0].endswith(f" {size};")


def test_tcp_upstream_has_no_http_directives() -> None:
    text = render_upstream(pool(), "tcp", NEWEST)
    assert "zone stream_webapp" in text
    assert "keepalive" not in text


@pytest.mark.parametrize(
    "method, line",
    [
        ("least_conn", "least_conn;"),
        ("random", "random;"),
        ("ip_hash", "ip_hash;"),
        ("hash", "hash $remote_addr consistent;"),
        ("sticky", "sticky cookie peerlb_member path=/ httponly samesite=lax;"),
    ],
)
def test_directive_of_each_method(method: str, line: str) -> None:
    assert f"    {line}\n" in render_upstream(pool(method=method), "http", NEWEST)


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
        "upstreams/http-webapp.conf",
        "upstreams/steps-webapp.conf",
        "upstreams/stream-webapp.conf",
    ]


def test_every_method_and_protocol_can_be_rendered() -> None:
    assert set(METHOD_LINES) == set(METHODS)
    assert set(CONTEXTS) == set(LISTENER_PROTOCOLS)
