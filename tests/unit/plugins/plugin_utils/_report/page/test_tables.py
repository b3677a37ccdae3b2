# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page import (
    tables as _report_tables,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.tables import (
    flow_table,
    host_table,
    length_bar,
    network_table,
    table,
)
from support import report_samples


def rows(page: str) -> list[list[str]]:
    lines = re.findall(r"<tr>(.*?)</tr>", page)
    plain = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
    return [[re.sub("<[^>]*>", "", cell) for cell in line] for line in plain]


def test_flows_with_what_failed_first() -> None:
    found = rows(flow_table(report_samples.broken()))
    assert found[0][:4] == ["Flow", "Protocol", "Measured", "Probes as declared"]
    assert found[1][:4] == ["any → nginx_lb:80", "http", "✗ not as declared", "2 of 4"]
    assert found[3][:4] == ["webapp → mysql:3306", "mysql", "✗ open, not declared", "0 of 1"]
    assert [line[2][0] for line in found[1:]] == ["✗", "✗", "✗", "✗", "?", "✓"]
    assert found[6][4].endswith(" ms")


def test_hosts() -> None:
    found = rows(host_table(report_samples.broken()))
    assert found[3] == ["web2", "10.1.0.3", "webapp", "lab-b", "? 0 of 4", "✗ 3 of 4"]
    assert found[5] == ["client", "203.0.113.10", "clients", "-", "✗ 4 of 5", "-"]


def test_networks_are_a_grid() -> None:
    found = rows(network_table(report_samples.broken()))
    assert found[0] == ["From \\ to", "vpc-nginx-lb", "vpc-webapp", "vpc-db"]
    assert found[1] == ["outside", "✓ 2 of 2", "✓ 2 of 2", "✗ 0 of 1"]
    assert found[2] == ["vpc-nginx-lb", "–", "✗ 1 of 2", "✓ 1 of 1"]


def test_many_networks_are_a_list_with_what_failed_first() -> None:
    found = rows(network_table(report_samples.huge()))
    assert found[0] == ["From network", "To network", "Probes as declared"]
    assert found[1] == ["net-000", "net-042", "✗ 99 of 100"]


def test_long_tables_stop(monkeypatch) -> None:
    monkeypatch.setattr(_report_tables, "ROWS", 2)
    page = table(("name", "count"), [["a<", 1], ["b", 2], ["c", 3]], numbers=(1,))
    assert rows(page) == [["name", "count"], ["a&lt;", "1"], ["b", "2"]]
    assert "and 1 more rows in the JSON file" in page


def test_length_bar() -> None:
    assert "width:50%" in length_bar(2, 4)
    assert length_bar(None, 4) is None
    assert length_bar(1, 0) is None
