# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.report import (
    verification_report,
)
from support import report_samples


@pytest.fixture
def stack() -> report_samples.SampleInventory:
    return report_samples.stack()


def flows(report: dict) -> dict[str, dict]:
    return {flow["words"]: flow for flow in report["flows"]}


def test_report_of_a_stack_without_failures(stack) -> None:
    report = stack.report()
    assert report["summary"]["state"] == "ok"
    assert report["summary"]["open"] == {"total": 9, "ok": 9}
    assert report["summary"]["closed"] == {"total": 11, "ok": 11}
    assert report["generated_at"] == "2026-03-14T09:26:53Z"
    assert report["failures"] == report["problems"] == []
    assert {flow["state"] for flow in report["flows"]} == {"ok"}
    assert report["peerings"] == [["vpc-db", "vpc-nginx-lb"], ["vpc-nginx-lb", "vpc-webapp"]]


def test_report_can_be_kept_as_json() -> None:
    report = report_samples.broken()
    assert json.loads(json.dumps(report)) == report


def test_source_outside_the_inventory_is_the_controller(stack) -> None:
    report = stack.report(sources=["lb1", "localhost"])
    assert report["any_probed_from"]["outside"] == ["localhost"]
    host = report["hosts"][-1]
    assert (host["name"], host["network"], host["group"]) == ("localhost", None, "controller")


def test_source_without_results_counts_as_not_probed(stack) -> None:
    report = stack.report(silent=["web2"])
    assert report["summary"]["state"] == "not_probed"
    assert report["summary"]["not_probed"] == 4
    assert {cell["ok"] for cell in report["matrix"]["web2"].values()} == {None}
    flow = flows(report)["webapp -> nginx_lb:3306 (mysql)"]
    assert (flow["state"], flow["ok"], flow["total"]) == ("not_probed", 1, 2)
    assert report["failures"] == []


@pytest.mark.parametrize("lines", ["one\ntwo", ["one", "two"]])
def test_failure_has_its_explanation(stack, lines) -> None:
    name = "lb1 -> web2:3000"
    found = {name: ("refused", "Connection refused")}
    report = stack.report(found, explanations={name: lines})
    (failure,) = report["failures"]
    assert failure["explanation"] == ["one", "two"]
    assert failure["flow"] == "nginx_lb -> webapp:3000 (http)"
    assert "expected open, found refused (Connection refused)" in failure["sentence"]
    assert flows(report)[failure["flow"]]["state"] == "failed"
    # The same flow to web1 did not fail.
    assert flows(report)[failure["flow"]]["ok"] == 1


def test_report_tells_what_load_balancers_do_with_requests(stack) -> None:
    assert stack.report()["edge"] == []
    report = stack.report(balancers={"lb1": report_samples.balancer()})
    assert [each["host"] for each in report["edge"]] == ["lb1"]
    assert json.loads(json.dumps(report)) == report


def test_problem_that_repeats_a_failure_is_left_out(stack) -> None:
    found = {"lb1 -> web2:3000": ("refused", "Connection refused")}
    sentence = stack.report(found)["failures"][0]["sentence"]
    assert stack.report(found, problems=[sentence, "else"])["problems"] == ["else"]


def test_unjudged_parts_are_no_failure(stack) -> None:
    report = stack.report(unjudged=["left out"])
    assert report["summary"]["state"] == "ok"
    assert report["unjudged"] == ["left out"]


def test_problem_without_failed_probes_makes_the_state_failed(stack) -> None:
    assert stack.report(problems=["no answer"])["summary"]["state"] == "failed"


def test_host_is_named_by_the_group_that_flows_name() -> None:
    stack = report_samples.stack()
    stack.groups["aaa"] = list(stack.groups["all"])
    stack.groups["debian"] = ["client", "lb1"]
    names = {host["name"]: host["group"] for host in stack.report()["hosts"]}
    assert names == {
        **{"lb1": "nginx_lb", "web1": "webapp", "web2": "webapp"},
        **{"db1": "mysql", "client": "clients"},
    }


def test_report_without_results_and_sources_is_not_probed(stack) -> None:
    report = verification_report(stack.topology(), [], [], "now")
    assert report["summary"]["state"] == "not_probed"
    assert {flow["state"] for flow in report["flows"]} == {"not_probed"}
