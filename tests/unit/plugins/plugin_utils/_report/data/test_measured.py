# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from support import report_samples


@pytest.fixture
def stack() -> report_samples.SampleInventory:
    return report_samples.stack()


def flows(report: dict) -> dict[str, dict]:
    return {flow["words"]: flow for flow in report["flows"]}


def test_hosts_that_probed_flows_from_any_are_listed(stack) -> None:
    inside = ["web1", "web2", "db1"]
    expected = {"declared": True, "outside": ["client"], "inside": inside}
    assert stack.report()["any_probed_from"] == expected
    assert stack.report(silent=["client"])["any_probed_from"]["outside"] == []
    stack.declaration["flows"][0]["from"] = "clients"
    assert stack.report()["any_probed_from"] == {"declared": False, "outside": [], "inside": []}


def test_matrix_has_every_probe_by_source_and_target(stack) -> None:
    matrix = stack.report()["matrix"]
    assert list(matrix) == ["lb1", "web1", "web2", "db1", "client"]
    assert list(matrix["db1"]) == ["lb1:80", "lb1:3306", "web1:3000", "web2:3000"]
    cell = matrix["web1"]["lb1:3306"]
    assert (cell["state"], cell["ok"], cell["flow"]) == (
        "open",
        True,
        "webapp -> nginx_lb:3306 (mysql)",
    )
    assert matrix["web1"]["db1:3306"]["flow"] == ""


def test_flow_without_a_source_host_is_not_probed(stack) -> None:
    stack.flow("198.51.100.0/24", "mysql", 22, "tcp")
    flow = flows(stack.report())["198.51.100.0/24 -> mysql:22 (tcp)"]
    assert (flow["state"], flow["total"]) == ("not_probed", 0)
    assert (flow["sources"], flow["targets"]) == ([], ["db1"])


def test_open_port_without_a_flow_is_listed_as_undeclared_flow(stack) -> None:
    found = dict.fromkeys(("web1 -> db1:3306", "web2 -> db1:3306"), ("open", "greeted"))
    report = stack.report(found)
    flow = report["flows"][-1]
    assert flow["declared"] is False
    assert (flow["source"], flow["target"], flow["port"]) == ("webapp", "mysql", 3306)
    assert (flow["sources"], flow["targets"]) == (["web1", "web2"], ["db1"])
    assert (flow["state"], flow["failed"]) == ("failed", 2)


def test_probes_are_counted_by_host_and_by_network() -> None:
    report = report_samples.broken()
    hosts = {host["name"]: host for host in report["hosts"]}
    assert (hosts["lb1"]["as_source"]["ok"], hosts["lb1"]["as_source"]["total"]) == (2, 3)
    assert hosts["web2"]["as_source"]["not_probed"] == 4
    assert hosts["client"]["as_target"]["total"] == 0
    networks = {network["name"]: network for network in report["networks"]}
    assert networks[""]["hosts"] == ["client"]
    assert networks["vpc-nginx-lb"]["to"]["vpc-webapp"]["failed"] == 1
    assert networks["vpc-webapp"]["cidrs"] == ["10.1.0.0/16"]
