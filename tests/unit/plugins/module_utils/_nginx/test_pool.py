# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Member, Pool

WEB1 = {"name": "web1", "address": "10.1.0.2", "port": 3000}
WEB2 = {"name": "web2", "address": "10.1.0.3", "port": 3000}


@pytest.mark.parametrize(
    "settings, line",
    [
        ({}, "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s;  # web1"),
        ({"weight": 3}, "server 10.1.0.2:3000 weight=3 max_fails=0 fail_timeout=10s;  # web1"),
        ({"weight": 0}, "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s down;  # web1"),
        ({"state": "drain"}, "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s down;  # web1"),
        ({"backup": True}, "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s backup;  # web1"),
        (
            {"max_conns": 9, "max_fails": 2, "fail_timeout": "3s"},
            "server 10.1.0.2:3000 max_conns=9 max_fails=2 fail_timeout=3s;  # web1",
        ),
    ],
)
def test_line_of_a_member(settings: dict, line: str) -> None:
    assert Member.parse({**WEB1, **settings}, "webapp").render() == line


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"port": 70000}, "pool webapp, member web1: port is 70000"),
        ({"weight": -1}, "weight is -1, not a whole number from 0 to 1000"),
        ({"weight": 5000}, "weight is 5000"),
        ({"weight": True}, "weight is True"),
        ({"colour": "red"}, "unknown key colour; known: name, address"),
        ({"address": "web1.internal"}, "web1.internal is not an IPv4 address"),
        ({"state": "asleep"}, "state is 'asleep', not one of up, drain, down"),
        ({"fail_timeout": "soon"}, "fail_timeout is 'soon', not a time"),
        ({"backup": "yes"}, "backup is 'yes', not true or false"),
    ],
)
def test_error_names_the_member_and_its_setting(settings: dict, message: str) -> None:
    with pytest.raises(PoolError) as error:
        Member.parse({**WEB1, **settings}, "webapp")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"members": []}, "pool webapp: has no members"),
        ({"members": [WEB1, WEB1]}, "member web1 is named twice"),
        ({"members": [{**WEB1, "weight": 0}]}, "no member is left to serve"),
        ({"method": "magic"}, "method is 'magic', not one of round_robin"),
        ({"name": "web app"}, "name is not letters"),
        ({"retry_on": ["http_418"]}, "retry_on is 'http_418'"),
        ({"method": "hash", "hash_key": "$a; evil"}, "hash_key"),
        ({"method": "hash", "hash_key": "remote_addr"}, "hash_key remote_addr is not nginx var"),
        ({"method": "hash", "hash_key": "$remote_addr$"}, "hash_key"),
        ({"hash_key": 5}, "hash_key is 5, not text"),
        ({"cookie": 5}, "cookie is 5, not text"),
        ({"cookie": "ké"}, "cookie ké is not a cookie name"),
        ({"retry_on": 5}, "retry_on is 5, not a list"),
        ({"connect_timeout": "１s"}, "connect_timeout is '１s', not a time such as"),
        ({"members": 5}, "members is 5, not a list"),
        (
            {"members": [WEB1, {**WEB2, "backup": True}], "method": "ip_hash"},
            "backup member (web2)",
        ),
        ({"connect_timeout": 0}, "connect_timeout is 0, not a time of more than 0"),
        ({"read_timeout": "0ms"}, "read_timeout is '0ms', not a time of more than 0"),
        ({"idle_timeout": "00"}, "idle_timeout is '00', not a time of more than 0"),
        ({"connect_timeout": "1 s"}, "connect_timeout is '1 s'"),
        ({"colour": 1}, "pool webapp: unknown key colour"),
    ],
)
def test_error_names_the_pool_and_its_setting(settings: dict, message: str) -> None:
    with pytest.raises(PoolError) as error:
        Pool.parse({"name": "webapp", "members": [WEB1, WEB2], **settings})
    assert message in str(error.value)


def test_parse_makes_the_same_pool_of_its_params() -> None:
    pool = Pool.parse({"name": "webapp", "members": [WEB1, {**WEB2, "weight": 3}], "keepalive": 8})
    assert Pool.parse(pool.params()) == pool


@pytest.mark.parametrize(
    "entry, message",
    [
        ({"port": 0, "pool": "webapp"}, "listener 0: port is 0"),
        ({"port": 80, "pool": "shop"}, "no pool is named shop; declared: webapp"),
        ({"port": 80, "pool": "webapp", "protocol": "udp"}, "protocol is 'udp'"),
        ({"port": 80, "pool": "webapp", "ssl": True}, "unknown key ssl"),
        ({"port": 80, "pool": "webapp", "tls": 1}, "tls"),
        (
            {"port": 80, "pool": "webapp", "tls": True, "protocol": "tcp"},
            "tls needs protocol http; tcp passes it through",
        ),
        (
            {"port": 80, "pool": "webapp", "routes": ["web"]},
            "no pool is named web; declared: ",
        ),
        (
            {"port": 80, "pool": "webapp", "routes": ["webapp"], "protocol": "tcp"},
            "routes needs protocol http, and not tcp",
        ),
        ({"port": 80, "pool": "webapp", "address": "::"}, ":: is IPv6; write an IPv4 address"),
        ({"port": 80, "pool": "webapp", "address": "[::]"}, "[::] is IPv6; write an IPv4 address"),
    ],
)
def test_error_names_the_listener_and_its_setting(entry: dict, message: str) -> None:
    with pytest.raises(PoolError) as error:
        Listener.parse(entry, ["webapp"])
    assert message in str(error.value)
