# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.engine import (
    NO_BACKUP,
    DnsWriter,
    fallback,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import (
    METHODS,
    Listener,
    Pool,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import (
    AGAIN,
    STATIC,
    render_steps,
    render_upstream,
    render_upstreams,
)

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000, "weight": 3},
]
NEW, OLD = (1, 30, 0), (1, 27, 2)


def pool(members: list[dict] | None = None, **settings: t.Any) -> Pool:
    return Pool.parse({"name": "webapp", "members": members or MEMBERS, **settings})


def upstream(declared: Pool, protocol: str = "http", effective: Pool | None = None) -> str:
    return render_upstream(effective or declared, protocol, NEW, DnsWriter(declared, 8053))


def test_http_upstream_names_no_member() -> None:
    assert upstream(pool()) == (
        "upstream webapp {\n"
        "    zone http_webapp 512k;\n"
        "    resolver 127.0.0.1:8053 ipv6=off;\n"
        "    resolver_timeout 1s;\n"
        "    server webapp.peerlb service=http resolve max_fails=0 fail_timeout=10s;\n"
        "    server 127.0.0.1:9 backup down;  # so that no member is alone\n"
        "    keepalive 512;\n"
        "    keepalive_timeout 5s;\n"
        "}\n"
    )


def test_tcp_upstream_has_the_members_to_begin_with() -> None:
    spare = {"name": "web3", "address": "10.1.0.4", "port": 3000, "backup": True}
    down = {"name": "web4", "address": "10.1.0.5", "port": 3000, "state": "down"}
    text = upstream(pool([*MEMBERS, spare, down]), "tcp")
    assert "    server webapp.peerlb service=tcp resolve max_fails=1 fail_timeout=10s;\n" in text
    assert text.count("backup;") == 2
    assert "    server 10.1.0.2:3000 max_fails=0 backup;  # web1\n" in text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("protocol", ["http", "tcp"])
def test_no_line_of_the_members_has_a_weight(method, protocol) -> None:
    """A weight on the line would overrule those that the unit tells."""
    text = upstream(pool(method=method), protocol)
    assert "weight=" not in text
    assert text.count(" resolve ") == 1


def test_what_operators_set_changes_nothing_but_the_drain_of_a_sticky_pool() -> None:
    changes: dict[str, dict] = {"web1": {"weight": 7}, "web2": {"state": "drain"}}
    for method in METHODS:
        declared = pool(method=method)
        before = upstream(declared)
        after = upstream(declared, effective=declared.with_members(changes))
        drained = "    server 10.1.0.3:3000 max_fails=0 drain;  # web2\n"
        assert after.replace(drained, "") == before
        assert (drained in after) is (method == "sticky")


@pytest.mark.parametrize(
    "settings, members",
    [
        ({"health": {"type": "mysql", "writes": True}}, MEMBERS),
        ({"method": "hash"}, MEMBERS),
        ({"method": "random"}, MEMBERS),
        ({}, [{**each, "max_conns": 4} for each in MEMBERS]),
    ],
)
def test_pools_in_which_nobody_else_may_be_asked(settings, members) -> None:
    declared = pool(members, **settings)
    assert fallback(declared) == []
    text = upstream(declared, "tcp")
    # Without anybody to stand in, a failure must not keep clients out.
    assert "max_fails=0" in text or declared.method in NO_BACKUP
    assert ("backup" in text) is (declared.method not in NO_BACKUP)


@pytest.mark.parametrize(
    "declared, version, problem",
    [
        (pool(), NEW, ""),
        (pool(), OLD, "nginx 1.27.3 or newer is needed; the image has 1.27.2"),
        (pool(MEMBERS[:1]), NEW, "the pool has one member"),
        (pool(method="ip_hash"), NEW, "with ip_hash, each change"),
        (pool([{**MEMBERS[0], "max_conns": 4}, MEMBERS[1]]), NEW, "max_conns, max_fails and"),
        (pool([{**each, "max_conns": 4} for each in MEMBERS]), NEW, ""),
        (
            pool([{**MEMBERS[0], "name": f"web{n}"} for n in range(3000)]),
            NEW,
            "the pool has 3000 members, and at most ",
        ),
    ],
)
def test_pools_that_keep_the_reload(declared, version, problem) -> None:
    found = DnsWriter(declared, 8053).refuses(version)
    assert found.startswith(problem) and bool(found) == bool(problem)


def test_zone_has_room_for_the_former_members_beside_the_new_ones() -> None:
    members = [{**MEMBERS[0], "name": f"web{each}"} for each in range(1000)]
    assert "zone http_webapp 6000k;" in upstream(pool(members))


def test_nginx_asks_the_pool_again_and_then_the_members_of_the_inventory() -> None:
    listeners = [Listener(80, "webapp")]
    files = render_upstreams([pool()], listeners, NEW, {"webapp": DnsWriter(pool(), 8053)})
    assert sorted(files) == [
        "upstreams/http-webapp-any.conf",
        "upstreams/http-webapp.conf",
        "upstreams/steps-webapp.conf",
    ]
    assert "server 10.1.0.2:3000 max_fails=0" in files["upstreams/http-webapp-any.conf"]
    text = files["upstreams/steps-webapp.conf"]
    assert text.count("proxy_pass http://webapp;") == AGAIN
    assert text.count("proxy_pass http://webapp_any;") == 1
    # In the last step nginx's own 502 is the answer.
    assert text.count("error_page 502 = ") == AGAIN
    _begin, first, *_steps, last = text.split("location ")
    assert first.startswith("@webapp {")
    assert last.startswith("@webapp/last_resort {") and "error_page" not in last


@pytest.mark.parametrize(
    "settings", [{"members": [{**each, "max_conns": 9} for each in MEMBERS]}, {}]
)
def test_last_resort_exceeds_no_limit_and_no_role(settings) -> None:
    role = {} if settings else {"health": {"type": "redis", "writes": True}}
    declared = Pool.parse({"name": "webapp", "members": MEMBERS, **settings, **role})
    writer = DnsWriter(declared, 8053)
    assert writer.last_resort(declared) is None
    assert "last_resort" not in render_steps(declared, writer, last=False)


@pytest.mark.parametrize("method", ["hash", "random", "least_conn"])
def test_get_is_asked_again_where_nginx_forgets_it(method) -> None:
    """Of two members one fails, and is out before nginx turns to the other."""
    declared = pool(method=method)
    text = render_steps(declared, DnsWriter(declared, 8053), last=True)
    assert ("^(GET|HEAD) " in text) is (method in NO_BACKUP)
    assert "GET" not in render_steps(declared, STATIC, last=True)
