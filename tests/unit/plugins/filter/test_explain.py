# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import explain as filters

PROBE = {
    "protocol": "mysql",
    "state": "timeout",
    "connected": False,
    "latency_ms": 2000.0,
    "detail": "no answer to the connection in 2 s",
    "expect": "open",
    "ok": False,
}


def test_a_plan_goes_round_by_the_hosts(inventory) -> None:
    topology, groups, hostvars = inventory.read()
    given = {"balancer": "nginx_lb", "explain": "lb1 -> db1:3306"}
    plan = filters.explain_plan(topology, groups, hostvars, **given)
    assert list(plan["by_host"]) == ["lb1", "db1"] and plan["note"] == ""
    own = [{**each, **PROBE} for each in plan["by_host"]["lb1"]["probes"]]
    door = {"arrived": False, "answered": "none", "sockets": [], "containers": [], "firewall": None}
    evidence = {"lb1": {"probes": own}, "db1": {"doors": [door]}}
    told = filters.explanations(topology, groups, hostvars, plan=plan, evidence=evidence)
    assert told["lb1 -> db1:3306"]["blame"] == "rule"


def test_failed_probes_are_planned(inventory) -> None:
    results = [{"name": "web1 -> lb1:3306", "ok": False}, {"name": "web2 -> lb1:3306", "ok": True}]
    plan = filters.explain_plan(*inventory.read(), balancer="nginx_lb", results=results)
    assert [each["name"] for each in plan["questions"]] == ["web1 -> lb1:3306", "lb1 -> db1:3306"]


def test_hosts_that_did_not_answer_leave_it_open(inventory) -> None:
    topology, groups, hostvars = inventory.read()
    plan = filters.explain_plan(
        topology, groups, hostvars, balancer="nginx_lb", explain=["lb1 -> db1:3306"]
    )
    told = filters.explanations(topology, groups, hostvars, plan=plan, evidence={})
    assert "can not be judged" in told["lb1 -> db1:3306"]["sentence"]


def test_what_is_no_way_is_refused(inventory) -> None:
    with pytest.raises(AnsibleFilterError, match="is not written as"):
        filters.explain_plan(*inventory.read(), balancer="nginx_lb", explain="web1 to lb1")
