# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import derived
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


def test_explanation_from_a_plan_and_given_evidence(inventory) -> None:
    topology, groups, hostvars = inventory.read()
    given = {"balancer": "nginx_lb", "explain": "lb1 -> db1:3306"}
    plan = filters.explain_plan(topology, groups, hostvars, **given)
    assert list(plan["by_host"]) == ["lb1", "db1"] and plan["note"] == ""
    own = [{**each, **PROBE} for each in plan["by_host"]["lb1"]["probes"]]
    door = {"arrived": False, "answered": "none", "sockets": [], "containers": [], "firewall": None}
    evidence = {"lb1": {"probes": own}, "db1": {"doors": [door]}}
    explained = filters.explanations(topology, groups, hostvars, plan=plan, evidence=evidence)
    assert explained["lb1 -> db1:3306"]["blame"] == "rule"


def test_failed_probes_are_planned(inventory) -> None:
    results = [{"name": "web1 -> lb1:3306", "ok": False}, {"name": "web2 -> lb1:3306", "ok": True}]
    plan = filters.explain_plan(*inventory.read(), balancer="nginx_lb", results=results)
    assert [each["name"] for each in plan["questions"]] == ["web1 -> lb1:3306", "lb1 -> db1:3306"]


def test_connection_without_answers_cannot_be_judged(inventory) -> None:
    topology, groups, hostvars = inventory.read()
    plan = filters.explain_plan(
        topology, groups, hostvars, balancer="nginx_lb", explain=["lb1 -> db1:3306"]
    )
    explained = filters.explanations(topology, groups, hostvars, plan=plan, evidence={})
    assert "cannot be judged" in explained["lb1 -> db1:3306"]["sentence"]


def test_text_that_names_no_connection_is_an_error_of_the_filter(inventory) -> None:
    with pytest.raises(AnsibleFilterError, match="is not written as"):
        filters.explain_plan(*inventory.read(), balancer="nginx_lb", explain="web1 to lb1")


def test_failed_probes_of_verify_are_planned(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    model = derived.derived(declaration, groups, hostvars)["model"]
    results = [{"name": "web1 -> lb1:80", "ok": False}, {"name": "web1 -> lb1:3306", "ok": True}]
    registered = {"web1": {"__verify_probes": {"results": results}}, "web2": {}}
    plan = filters.explain_plan(model, groups, registered)
    assert plan["questions"][0]["name"] == "web1 -> lb1:80"
    registered["localhost"] = {"__explain_plan": plan}
    assert filters.explain_hosts(registered, groups) == list(plan["by_host"])


def test_plan_is_empty_if_nothing_failed(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    plan = filters.explain_plan(declaration, groups, hostvars, required=False)
    assert (plan["questions"], plan["by_host"], plan["note"]) == ([], {}, "")
    assert filters.explanations(plan["model"], groups, {}, plan=plan) == {}
    assert filters.explain_hosts({}, groups) == []
    with pytest.raises(AnsibleFilterError, match="explain: name a way, as in -e 'explain="):
        filters.explain_plan(declaration, groups, hostvars)


def test_explanations_read_what_the_tasks_registered(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    plan = filters.explain_plan(declaration, groups, hostvars, explain="lb1 -> db1:3306")
    own = [{**each, **PROBE} for each in plan["by_host"]["lb1"]["probes"]]
    door = {"arrived": False, "answered": "none", "sockets": [], "containers": [], "firewall": None}
    registered = {
        "lb1": {"__explain_probes": {"results": own}, "__explain_path": {"routes": {}}},
        "db1": {"__explain_path": {"ansible_job_id": "1"}, "__explain_seen": {"doors": [door]}},
    }
    explained = filters.explanations(plan["model"], groups, registered, plan=plan)
    assert explained["lb1 -> db1:3306"]["blame"] == "rule"
    lines = filters.explanation_lines(explained, {**plan, "note": "and more"}, ["lb1"])
    assert lines[0].startswith("lb1 -> db1:3306 (mysql) fails at rule")
    assert lines[-2:] == ["and more", "not asked, as outside of --limit: db1"]
    assert filters.explanation_lines(explained, plan, ["lb1", "db1"])[-1].split()[1] == "greeting"


def test_refusal_that_no_rule_proves_is_looked_at_and_not_explained(inventory) -> None:
    refused = {"name": "web1 -> db1:3306", "ok": True, "expect": "closed", "state": "refused"}
    given = {"balancer": "nginx_lb", "required": False}
    plan = filters.explain_plan(*inventory.read(), results=iter([refused]), **given)
    assert plan["questions"] == []
    assert plan["by_host"]["db1"]["door_names"] == ["web1 -> db1:3306"]
    heard = {"name": "lb1 -> db1:3306", "ok": True, "expect": "open", "state": "open"}
    plan = filters.explain_plan(*inventory.read(), results=[refused, heard], **given)
    assert plan["by_host"] == {}
