# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.case import Case
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

WAY = "lb1 -> db1:3306"


def case(stack, **door) -> Case:
    topology = stack.parse()
    (asked,) = questions(topology, WAY, "nginx_lb")
    state = door.pop("state", "timeout")
    probe = {"name": WAY, "state": state, "connected": state == "open"}
    found = {"lb1": {"probes": [probe]}, "db1": {"doors": {WAY: door} if door else {}}}
    return Case.of(topology, asked, found, [])


def test_words(stack) -> None:
    found = case(stack)
    assert found.socket_address == "10.2.0.2:3306"
    assert found.between == "from vpc-lb to vpc-db"
    assert found.to_admit == (
        "tcp:3306 from 10.0.0.2 (lb1) to 10.2.0.2 (db1), for flow nginx_lb -> mysql:3306 (mysql)"
    )


@pytest.mark.parametrize(
    ("state", "seen", "arrived"),
    [
        ("open", None, True),
        ("open", False, True),
        ("timeout", False, False),
        ("timeout", True, True),
        ("timeout", None, None),
        ("refused", False, None),
        ("refused", True, True),
    ],
)
def test_a_quick_refusal_may_have_been_missed(stack, state, seen, arrived) -> None:
    assert case(stack, state=state, arrived=seen).arrived is arrived


def test_what_nobody_told_is_empty(stack) -> None:
    found = case(stack)
    assert (found.firewall_action, found.listening, found.route, found.self_probe) == (
        "",
        [],
        "",
        {},
    )
