# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.renewal import (
    RENEWAL,
    drained_for_renewal,
    serving_in,
)

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
]
POOLS = [{"name": "webapp", "members": MEMBERS}, {"name": "admin", "members": MEMBERS}]
LISTENERS = [{"port": 80, "pool": "webapp"}, {"port": 81, "pool": "admin", "protocol": "tcp"}]


@pytest.fixture
def inputs() -> Inputs:
    return Inputs.parse({}, POOLS, LISTENERS, "1.30")


def drained(inputs: Inputs, reason: str) -> Inputs:
    note = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": reason}
    return inputs.with_changes("webapp", {"web1": {"state": "drain"}}, note)


def test_member_serves_where_it_is_up(inputs) -> None:
    assert serving_in(inputs, "web1") == ["webapp", "admin"]
    assert serving_in(drained(inputs, ""), "web1") == ["admin"]
    assert serving_in(inputs, "db1") == []


def test_drain_for_a_renewal_is_told_from_an_operators(inputs) -> None:
    assert drained_for_renewal(drained(inputs, RENEWAL), "web1") == ["webapp"]
    assert drained_for_renewal(drained(inputs, RENEWAL), "web2") == []
    assert drained_for_renewal(drained(inputs, "maintenance"), "web1") == []


def test_weight_that_is_set_in_a_renewal_is_no_drain(inputs) -> None:
    note = {"by": "ada", "at": "", "reason": RENEWAL}
    weighted = inputs.with_changes("webapp", {"web1": {"weight": 3}}, note)
    assert drained_for_renewal(weighted, "web1") == []


def test_addresses_and_protocols_are_those_of_the_pools(inputs) -> None:
    assert inputs.addresses("web1", ["webapp", "admin"]) == ["10.1.0.2:3000"]
    assert inputs.addresses("web1", []) == []
    assert [inputs.protocol_of(name) for name in ("webapp", "admin", "no")] == [
        "http",
        "tcp",
        "tcp",
    ]
