# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.health import Health
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool


@pytest.mark.parametrize(
    "entry, found",
    [
        ({}, Health()),
        ({"type": "http", "expect": [200, 204]}, Health("http", expect=(200, 204))),
        ({"type": "none"}, Health("none")),
        ({"interval": "200ms", "timeout": "2s"}, Health(interval="200ms", timeout="2s")),
        ({"type": "redis", "writes": True}, Health("redis", writes=True)),
        ({"path": None, "rise": None}, Health()),
    ],
)
def test_entry_is_read(entry, found) -> None:
    assert Health.parse(entry, "webapp") == found


@pytest.mark.parametrize(
    "entry, problem",
    [
        ("tcp", "is 'tcp', not a mapping"),
        ({"type": "ping"}, "type is 'ping', not one of http, https, tcp, mysql, redis, none"),
        ({"path": "healthz"}, "path is 'healthz', not a plain path that begins with /"),
        ({"path": "/a b"}, "path is '/a b', not a plain path that begins with /"),
        ({"host": "a b"}, "host is 'a b', not a host name such as shop.example"),
        ({"expect": 200}, "expect is 200, not a list"),
        ({"expect": [20]}, "expect is 20, not a whole number from 100 to 599"),
        ({"interval": "10ms"}, "interval is '10ms', not a time of 100ms or more, such as 1s"),
        ({"timeout": "fast"}, "timeout is 'fast', not a time such as 500ms, 10s or 10m"),
        ({"timeout": ""}, "timeout is '', not a time such as 500ms, 10s or 10m"),
        ({"rise": 0}, "rise is 0, not a whole number from 1 to 100"),
        ({"fall": "x"}, "fall is 'x', not a whole number from 1 to 100"),
        ({"writes": "yes"}, "writes is 'yes', not true or false"),
        (
            {"type": "http", "writes": True},
            "writes is True, not for type mysql and redis alone; this type is http",
        ),
        ({"pfad": "/"}, "unknown key pfad"),
    ],
)
def test_wrong_setting_is_named(entry, problem) -> None:
    with pytest.raises(PoolError) as caught:
        Health.parse(entry, "webapp")
    assert str(caught.value).startswith("pool webapp, health")
    assert problem in str(caught.value)


def test_pool_keeps_its_health_check_as_parameters() -> None:
    member = {"name": "web1", "address": "10.1.0.2", "port": 3000}
    pool = Pool.parse({"name": "webapp", "members": [member], "health": {"type": "http"}})
    assert Pool.parse(pool.params()) == pool
    assert pool.health == Health("http")
