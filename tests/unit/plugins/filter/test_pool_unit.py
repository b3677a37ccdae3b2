# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.filter.pool_unit import pool_unit_problems


def test_what_the_unit_can_read_is_no_problem() -> None:
    hook = {"command": ["/bin/true"], "url": "https://hooks.example/x"}
    assert pool_unit_problems(hook, {"user": "health", "password": "x"}) == []
    assert (
        pool_unit_problems({}, {}, [{"name": "a"}, {"name": "b", "health": {"writes": True}}]) == []
    )


def test_what_the_unit_could_not_read_is_named() -> None:
    mysql = {"name": "db", "health": {"type": "mysql", "writes": True}}
    found = pool_unit_problems({"command": "x"}, {"user": "health"}, [mysql])
    assert [each.split(":")[0] for each in found] == [
        "nginx_lb_notify (peerlb_notify)",
        "nginx_lb_health_account",
    ]
    assert pool_unit_problems({}, {}, [mysql])[0].endswith("set nginx_lb_health_account")
