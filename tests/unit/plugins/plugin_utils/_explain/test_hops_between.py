# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain import hops_between
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.case import Case
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

NAME = "lb1 -> db1:3306"


def case(stack, probe: dict, **port_info) -> Case:
    topology = stack.parse()
    (question,) = questions(topology, NAME, "nginx_lb")
    answers = {"lb1": {"probes": [{"name": NAME, "connected": False, **probe}]}}
    return Case.of(topology, question, {**answers, "db1": {"doors": {NAME: port_info}}}, [])


@pytest.mark.parametrize(
    ("probe", "port_info", "states"),
    [
        (
            {"state": "timeout", "detail": ""},
            {"arrived": True, "answered": "accepted"},
            "ok failed",
        ),
        ({"state": "timeout", "detail": ""}, {"arrived": False}, "failed unknown"),
        ({"state": "refused", "detail": ""}, {"arrived": None}, "ok unknown"),
        ({"state": "no_route", "detail": "x"}, {"arrived": False}, "unknown unknown"),
        ({"state": "open", "connected": True}, {"arrived": True}, "ok ok"),
    ],
)
def test_states_of_rule_and_way_back(stack, probe, port_info, states) -> None:
    found = case(stack, probe, **port_info)
    hops = (hops_between.rule(found), hops_between.way_back(found))
    assert " ".join(hop.state for hop in hops) == states


def test_route_within_one_network_needs_no_peering(stack) -> None:
    stack.flow("web1", "web2", 3000, "http")
    topology = stack.parse()
    name = "web1 -> web2:3000"
    (question,) = questions(topology, name, "nginx_lb")
    probe = {"name": name, "connected": False, "state": "no_route", "detail": "No route to host"}
    found = Case.of(topology, question, {"web1": {"probes": [probe]}}, [])
    hop = hops_between.route(found)
    assert (hop.state, hop.remedy) == (
        "failed",
        "routes have to lead from web1 to 10.1.0.3 and back",
    )
    assert "within vpc-web" in hop.evidence
