# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.tables import (
    flows,
    hosts,
    networks,
)
from support import report_samples
from support.html import rows, section


def table(report: dict, title: str) -> list[list[str]]:
    return rows(section(report_html(report), title))


def test_failed_flows_come_first() -> None:
    report = report_samples.broken()
    assert [flow["state"] for flow in flows(report)] == ["failed"] * 4 + ["not_probed", "ok"]
    found = table(report, "Flows")
    assert found[0][:4] == ["Flow", "Protocol", "Measured", "Probes as declared"]
    assert found[1][:4] == ["any → nginx_lb:80", "http", "✗ not as declared", "2 of 4"]
    assert found[3][:4] == ["webapp → mysql:3306", "mysql", "✗ open, not declared", "0 of 1"]
    assert [line[2][0] for line in found[1:]] == ["✗", "✗", "✗", "✗", "?", "✓"]
    assert found[6][4].endswith(" ms")


def test_host_has_its_probes_as_source_and_as_target() -> None:
    report = report_samples.broken()
    found = table(report, "Hosts")
    assert found[3] == ["web2", "10.1.0.3", "webapp", "lab-b", "? 0 of 4", "✗ 3 of 4"]
    assert found[5] == ["client", "203.0.113.10", "clients", "-", "✗ 4 of 5", "-"]
    assert [host["name"] for host in hosts(report)] == [line[0] for line in found[1:]]


def test_networks_are_a_matrix() -> None:
    found = table(report_samples.broken(), "Networks")
    assert found[0] == ["From \\ to", "vpc-nginx-lb", "vpc-webapp", "vpc-db"]
    assert found[1] == ["outside", "✓ 2 of 2", "✓ 2 of 2", "✗ 0 of 1"]
    assert found[2] == ["vpc-nginx-lb", "–", "✗ 1 of 2", "✓ 1 of 1"]


def test_many_networks_are_a_list_with_failed_pairs_first() -> None:
    report = report_samples.huge()
    assert networks(report)["matrix"] is None
    found = table(report, "Networks")
    assert found[0] == ["From network", "To network", "Probes as declared"]
    assert found[1] == ["net-000", "net-042", "✗ 99 of 100"]


def test_rows_beyond_the_limit_are_counted() -> None:
    report = report_samples.huge()
    page = section(report_html(report), "Hosts")
    assert len(rows(page)) == 1 + 100
    assert "and 900 more rows in the JSON file" in page
