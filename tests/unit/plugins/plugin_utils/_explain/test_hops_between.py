# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain import (
    hops_between as _explain_hops,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.case import Case
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

WAY = "lb1 -> db1:3306"


def case(stack, probe: dict, **door) -> Case:
    topology = stack.parse()
    (asked,) = questions(topology, WAY, "nginx_lb")
    found = {"lb1": {"probes": [{"name": WAY, "connected": False, **probe}]}}
    return Case.of(topology, asked, {**found, "db1": {"doors": {WAY: door}}}, [])


@pytest.mark.parametrize(
    ("probe", "door", "states"),
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
def test_network_and_way_back(stack, probe, door, states) -> None:
    found = case(stack, probe, **door)
    hops = (_explain_hops.rule(found), _explain_hops.way_back(found))
    assert " ".join(hop.state for hop in hops) == states


def test_within_one_network_no_peering_is_to_blame(stack) -> None:
    stack.flow("web1", "web2", 3000, "http")
    topology = stack.parse()
    name = "web1 -> web2:3000"
    (asked,) = questions(topology, name, "nginx_lb")
    probe = {"name": name, "connected": False, "state": "no_route", "detail": "No route to host"}
    found = Case.of(topology, asked, {"web1": {"probes": [probe]}}, [])
    hop = _explain_hops.route(found)
    assert (hop.state, hop.remedy) == (
        "failed",
        "routes have to lead from web1 to 10.1.0.3 and back",
    )
    assert "within vpc-web" in hop.evidence
