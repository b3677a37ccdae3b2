# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page import (
    matrix as matrix_module,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples
from support.html import rows, section


def matrix(report: dict) -> str:
    return section(report_html(report), "Matrix")


def cells(page: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", page)


def test_matrix_has_a_cell_for_every_pair() -> None:
    page = matrix(report_samples.broken())
    found = cells(page)
    assert len(found) == 25
    assert found.count("–") == 5  # lb1 to its own two ports, and three hosts to their own one
    assert found.count("✓ closed") == 7
    assert sorted(cell for cell in found if cell.startswith("✗")) == [
        *("✗ open", "✗ open", "✗ refused", "✗ timeout"),
    ]
    assert sorted(cell for cell in found if cell.startswith("?")) == [
        *("? closed?", "? closed?", "? open?", "? open?"),
    ]
    assert "Connection refused" in page


def test_columns_are_in_the_order_of_the_flows() -> None:
    heads = re.findall(r'scope="col">([^<]+)<small>([^<]+)<', matrix(report_samples.well()))
    assert heads == [
        *(("lb1", ":80"), ("lb1", ":3306"), ("web1", ":3000"), ("web2", ":3000"), ("db1", ":3306")),
    ]


def test_large_matrix_is_by_group_with_the_one_by_host_folded() -> None:
    page = matrix(report_samples.larger())
    small, folded = page.split("<details>")
    assert "✗ 35 of 36" in small  # edge to search:8001
    assert "✗ 119 of 120" in small  # shop to billing:8002
    assert len(cells(small)) == 7 * 6
    assert len(cells(folded)) == 50 * 49


def test_huge_matrix_is_by_group_only() -> None:
    page = matrix(report_samples.huge())
    assert "<details>" not in page
    assert "✗ 99 of 100" in page


def test_matrix_of_too_many_groups_shows_only_failures(monkeypatch) -> None:
    monkeypatch.setattr(matrix_module, "MAX_FOLDED_CELLS", 10)
    page = matrix(report_samples.huge())
    assert "only what is not as declared" in page
    assert cells(page) == ["✗ 99 of 100"]


@pytest.mark.parametrize("name", ["well", "larger"])
def test_heads_have_a_scope(name) -> None:
    page = matrix(getattr(report_samples, name)())
    assert page.count("<th ") == page.count("scope=")


def networks(report: dict) -> list[list[str]]:
    return rows(section(report_html(report), "Networks"))


def test_networks_are_a_matrix() -> None:
    found = networks(report_samples.broken())
    assert found[0] == ["From \\ to", "vpc-nginx-lb", "vpc-webapp", "vpc-db"]
    assert found[1] == ["outside", "✓ 2 of 2", "✓ 2 of 2", "✗ 0 of 1"]
    assert found[2] == ["vpc-nginx-lb", "–", "✗ 1 of 2", "✓ 1 of 1"]


def test_many_networks_are_a_list_with_failed_pairs_first() -> None:
    found = networks(report_samples.huge())
    assert found[0] == ["From network", "To network", "Probes as declared"]
    assert found[1] == ["net-000", "net-042", "✗ 99 of 100"]
