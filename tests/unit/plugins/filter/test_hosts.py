# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.filter.hosts import (
    client_hosts,
    hosts_if,
    hosts_with,
    stack_hosts,
)

GROUPS = {"webapp": ["web1", "web2"], "mysql": ["db1", "web1"]}


@pytest.mark.parametrize(
    "condition, hosts", [(True, "all"), (False, []), ("no", []), ("yes", "all")]
)
def test_pattern_is_chosen_on_a_condition(condition, hosts) -> None:
    assert hosts_if("all", condition) == hosts


@pytest.mark.parametrize(
    "value, chosen",
    [
        (True, True),
        ("yes", True),
        (["differs"], True),
        (1, True),
        (False, False),
        ("false", False),
        ("No", False),
        ("", False),
        (None, False),
        ([], False),
        ({}, False),
    ],
)
def test_host_is_chosen_by_its_variable(value, chosen) -> None:
    assert hosts_with({"db1": {"x": value}}, GROUPS, ["mysql"], "x") == ["db1"] * chosen


def test_element_of_a_result_is_found() -> None:
    hostvars = {"web1": {"r": {"differs": ["a"]}}, "web2": {"r": {"differs": []}}, "db1": {"r": 5}}
    assert hosts_with(hostvars, GROUPS, ["webapp", "mysql"], "r.differs") == ["web1"]


def test_host_without_variables_and_group_without_hosts_are_none() -> None:
    assert hosts_with({}, GROUPS, ["webapp", "nothing"], "x") == []


def test_the_controller_takes_the_place_of_clients() -> None:
    assert client_hosts({"clients": ["a"]}) == "clients"
    assert client_hosts({"clients": []}) == "localhost"
    assert client_hosts({}) == "localhost"


@pytest.mark.parametrize(
    ("groups", "pattern"),
    [
        ({}, "nginx_lb:webapp:mysql"),
        ({"valkey": []}, "nginx_lb:webapp:mysql"),
        ({"valkey": ["kv1"]}, "nginx_lb:webapp:mysql:valkey"),
    ],
)
def test_stack_is_its_groups_and_valkey_if_there_is_any(groups: dict, pattern: str) -> None:
    assert stack_hosts(groups) == pattern
