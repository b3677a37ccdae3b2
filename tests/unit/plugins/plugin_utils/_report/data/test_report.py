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
def site() -> report_samples.Site:
    return report_samples.stack()


def flows(report: dict) -> dict[str, dict]:
    return {flow["words"]: flow for flow in report["flows"]}


def test_all_is_well(site) -> None:
    report = site.report()
    assert report["summary"]["state"] == "ok"
    assert report["summary"]["open"] == {"total": 9, "ok": 9}
    assert report["summary"]["closed"] == {"total": 11, "ok": 11}
    assert report["generated_at"] == "2026-03-14T09:26:53Z"
    assert report["failures"] == report["problems"] == []
    assert {flow["state"] for flow in report["flows"]} == {"ok"}
    assert report["peerings"] == [["vpc-db", "vpc-nginx-lb"], ["vpc-nginx-lb", "vpc-webapp"]]


def test_it_is_plain_json() -> None:
    report = report_samples.broken()
    assert json.loads(json.dumps(report)) == report


def test_controller_stands_outside(site) -> None:
    report = site.report(sources=["lb1", "localhost"])
    assert report["any_probed_from"]["outside"] == ["localhost"]
    host = report["hosts"][-1]
    assert (host["name"], host["network"], host["group"]) == ("localhost", None, "controller")


def test_host_without_results_was_not_probed(site) -> None:
    report = site.report(silent=["web2"])
    assert report["summary"]["state"] == "not_probed"
    assert report["summary"]["not_probed"] == 4
    assert {cell["ok"] for cell in report["matrix"]["web2"].values()} == {None}
    flow = flows(report)["webapp -> nginx_lb:3306 (mysql)"]
    assert (flow["state"], flow["ok"], flow["total"]) == ("not_probed", 1, 2)
    assert report["failures"] == []


@pytest.mark.parametrize("lines", ["one\ntwo", ["one", "two"]])
def test_failure_has_its_explanation(site, lines) -> None:
    name = "lb1 -> web2:3000"
    found = {name: ("refused", "Connection refused")}
    report = site.report(found, explanations={name: lines})
    (failure,) = report["failures"]
    assert failure["explanation"] == ["one", "two"]
    assert failure["flow"] == "nginx_lb -> webapp:3000 (http)"
    assert "expected open, found refused (Connection refused)" in failure["sentence"]
    assert flows(report)[failure["flow"]]["state"] == "failed"
    # The other half of the flow is as it was.
    assert flows(report)[failure["flow"]]["ok"] == 1


def test_problems_are_told_once(site) -> None:
    found = {"lb1 -> web2:3000": ("refused", "Connection refused")}
    sentence = site.report(found)["failures"][0]["sentence"]
    assert site.report(found, problems=[sentence, "else"])["problems"] == ["else"]


def test_what_is_not_judged_is_no_failure(site) -> None:
    report = site.report(unjudged=["left out"])
    assert report["summary"]["state"] == "ok"
    assert report["unjudged"] == ["left out"]


def test_problem_alone_is_a_failure(site) -> None:
    assert site.report(problems=["no answer"])["summary"]["state"] == "failed"


def test_groups_are_those_that_flows_name() -> None:
    site = report_samples.stack()
    site.groups["aaa"] = list(site.groups["all"])
    site.groups["debian"] = ["client", "lb1"]
    names = {host["name"]: host["group"] for host in site.report()["hosts"]}
    assert names == {
        **{"lb1": "nginx_lb", "web1": "webapp", "web2": "webapp"},
        **{"db1": "mysql", "client": "clients"},
    }


def test_nothing_at_all(site) -> None:
    report = verification_report(site.topology(), [], [], "now")
    assert report["summary"]["state"] == "not_probed"
    assert {flow["state"] for flow in report["flows"]} == {"not_probed"}
