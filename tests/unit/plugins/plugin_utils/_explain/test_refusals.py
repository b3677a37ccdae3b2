# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.plan import plan
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.refusals import (
    unproved_refusals,
)


def result(name: str, expect: str, state: str) -> dict:
    return {"name": name, "expect": expect, "state": state}


@pytest.mark.parametrize(
    ("expect", "state", "other", "named"),
    [
        ("closed", "refused", "timeout", True),
        ("closed", "refused", "refused", True),
        ("closed", "refused", "open", False),
        ("closed", "refused", "wrong_status", False),
        ("closed", "timeout", "timeout", False),
        ("closed", "no_route", "timeout", False),
        ("open", "refused", "timeout", False),
    ],
)
def test_refusal_is_unproved_where_nobody_was_heard(expect, state, other, named) -> None:
    results = [
        result("web1 -> web2:3000", expect, state),
        result("lb1 -> web2:3000", "open", other),
        result("lb1 -> web1:3000", "open", "open"),
    ]
    assert [str(name) for name in unproved_refusals(results)] == ["web1 -> web2:3000"] * named


def test_target_of_a_refusal_is_asked_for_its_rules_alone(stack) -> None:
    topology = stack.parse()
    refused = questions(topology, "web1 -> web2:3000", "nginx_lb")
    asked = plan(topology, [], refused=refused)
    assert asked["web2"]["door_names"] == ["web1 -> web2:3000"]
    assert (asked["web2"]["probes"], asked["web2"]["routes"]) == ([], [])
    assert asked["web2"]["doors"] == [{"source": "10.1.0.2", "address": "10.1.0.3", "port": 3000}]
    (probe,) = asked["web1"]["probes"]
    assert (probe["name"], probe["expect"]) == ("web1 -> web2:3000", "closed")
