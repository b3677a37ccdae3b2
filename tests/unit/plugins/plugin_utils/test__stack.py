# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK


def test_hosts_are_those_of_the_three_groups_once_each() -> None:
    groups = {"nginx_lb": ["a"], "webapp": ["b", "a"], "mysql": ["c"], "clients": ["d"]}
    assert STACK.names() == ("nginx_lb", "webapp", "mysql")
    assert STACK.hosts(groups) == ["a", "b", "c"]
    assert STACK.hosts({**groups, "valkey": ["d", "a"]}) == ["a", "b", "c", "d"]
    assert STACK.hosts({}) == []


def test_valkey_may_be_missing() -> None:
    assert STACK.every() == ("nginx_lb", "webapp", "mysql", "valkey")
    assert STACK.present({"valkey": ["kv1"]}) == STACK.every()
    assert STACK.present({"valkey": []}) == STACK.present({}) == STACK.names()
