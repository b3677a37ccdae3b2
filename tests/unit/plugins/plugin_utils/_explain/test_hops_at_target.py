# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain import hops_at_target
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.case import Case
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions

NAME = "lb1 -> db1:3306"
CONTAINER = {
    "name": "one",
    "state": "running",
    "health": "",
    "exit_code": 0,
    "published": ["0.0.0.0"],
    "leads": True,
    "host_network": False,
    "inner_ports": [3306],
    "inside": ["0.0.0.0:3306"],
}


def case(stack, probe: dict, **port_info) -> Case:
    topology = stack.parse()
    (question,) = questions(topology, NAME, "nginx_lb")
    answers = {"lb1": {"probes": [{"name": NAME, "connected": False, "ok": False, **probe}]}}
    return Case.of(topology, question, {**answers, "db1": {"doors": {NAME: port_info}}}, [])


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ([{}], "ok", "one is running, publishes 0.0.0.0"),
        ([{"health": "starting"}], "failed", "one is running (starting), publishes 0.0.0.0"),
        ([{"state": "paused"}], "failed", "one is paused, publishes 0.0.0.0"),
        (
            [{"state": "exited", "exit_code": 137}],
            "failed",
            "one is exited with code 137, publishes",
        ),
        ([{"state": "exited"}, {"name": "two"}], "ok", "two is running"),
        (
            [{"host_network": True, "published": []}],
            "ok",
            "one is running, uses the host's network",
        ),
        ([{"ruled": False}], "failed", "Docker's firewall rules that lead to one are gone"),
        ([], "unknown", "no container publishes 3306 on db1"),
    ],
)
def test_state_and_evidence_of_containers(stack, changes, state, evidence) -> None:
    containers = [{**CONTAINER, **change} for change in changes]
    found = case(stack, {"state": "refused"}, containers=containers, sockets=[])
    hop = hops_at_target.container(found)
    assert hop.state == state and evidence in hop.evidence


def test_unhealthy_container_that_answers_is_ok(stack) -> None:
    sick = {**CONTAINER, "health": "unhealthy"}
    probe = {"state": "open", "connected": True, "ok": True}
    assert hops_at_target.container(case(stack, probe, containers=[sick])).state == "ok"


def test_address_of_an_ipv6_socket_stands_in_brackets(stack) -> None:
    socket = {"address": "::1", "hears": False, "process": "", "container": ""}
    found = case(stack, {"state": "refused"}, containers=[], sockets=[socket])
    assert hops_at_target.listener(found).evidence == "[::1]:3306 only, not on 10.2.0.2"
