# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.case import Case
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

NAME = "lb1 -> db1:3306"


def case(stack, **port_info) -> Case:
    topology = stack.parse()
    (question,) = questions(topology, NAME, "nginx_lb")
    state = port_info.pop("state", "timeout")
    probe = {"name": NAME, "state": state, "connected": state == "open"}
    answers = {"lb1": {"probes": [probe]}, "db1": {"doors": {NAME: port_info} if port_info else {}}}
    return Case.of(topology, question, answers, [])


def test_address_networks_and_what_to_admit(stack) -> None:
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
def test_arrived_is_unknown_if_a_refusal_may_have_been_missed(stack, state, seen, arrived) -> None:
    assert case(stack, state=state, arrived=seen).arrived is arrived


def test_missing_answers_are_empty(stack) -> None:
    found = case(stack)
    assert (found.firewall_action, found.listening, found.route, found.self_probe) == (
        "",
        [],
        "",
        {},
    )
