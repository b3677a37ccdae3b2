# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture import (
    picture as picture_module,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import picture_of
from support import report_samples


def arrows(report: dict) -> list[tuple]:
    return [
        (each.source[1], each.target[1], each.port, each.tally["state"])
        for each in picture_of(report).arrows
    ]


def test_flows_from_any_are_drawn_from_outside() -> None:
    assert arrows(report_samples.well()) == [
        ("clients", "nginx_lb", 80, "ok"),
        ("webapp", "nginx_lb", 3306, "ok"),
        ("nginx_lb", "webapp", 3000, "ok"),
        ("nginx_lb", "mysql", 3306, "ok"),
    ]


def test_failed_flow_is_drawn_where_it_failed() -> None:
    found = arrows(report_samples.broken())
    assert ("mysql", "nginx_lb", 80, "failed") in found  # from any, but from inside
    assert ("clients", "nginx_lb", 80, "ok") in found
    assert ("webapp", "mysql", 3306, "failed") in found  # undeclared
    assert [each[3] for each in found] == ["failed"] * 4 + ["not_probed"] + ["ok"] * 2


def test_flow_without_probes_is_drawn_from_its_source() -> None:
    stack = report_samples.stack()
    stack.flow("198.51.100.0/24", "mysql", 22, "tcp")
    report = stack.report(sources=["lb1", "web1", "db1", "client"])
    shown = picture_of(report)
    assert [(a.source, a.target) for a in shown.arrows if a.port == 22] == [
        (("", ""), ("vpc-db", "mysql"))
    ]
    assert shown.boxes[""].groups.keys() == {"clients", ""}


def test_many_hosts_become_one_card() -> None:
    shown = picture_of(report_samples.larger())
    cards = shown.boxes["vpc-shop"].groups["shop"]
    assert [(card.title, card.detail, card.state) for card in cards] == [
        ("shop-03", "10.1.0.4", "failed"),
        ("19 more hosts", "✓ 19", "ok"),
    ]
    assert len(shown.boxes["vpc-billing"].groups["billing"]) == 6


def test_many_networks_become_one_box() -> None:
    shown = picture_of(report_samples.huge())
    assert len(shown.boxes) == picture_module.MAX_NETWORKS
    assert "net-042" in shown.boxes  # what failed stays
    other = picture_module.OTHER_NETWORKS
    rest = shown.boxes[other]
    assert rest.title == "89 more networks"
    assert [card.title for card in rest.groups["hosts"]] == ["890 hosts"]
    assert sum(other in (a.source[0], a.target[0]) for a in shown.arrows) == 1
    assert shown.left_out == 88
    assert shown.arrows[0].tally["state"] == "failed"


def test_arrows_beyond_the_limit_are_counted(monkeypatch) -> None:
    monkeypatch.setattr(picture_module, "MAX_ARROWS", 3)
    shown = picture_of(report_samples.broken())
    assert (len(shown.arrows), shown.left_out) == (3, 4)
    assert {arrow.tally["state"] for arrow in shown.arrows} == {"failed"}


def test_outside_is_left_out_if_it_has_no_hosts() -> None:
    stack = report_samples.stack()
    stack.declaration["flows"].pop(0)
    report = stack.report(sources=["lb1", "web1"])
    report["hosts"] = [host for host in report["hosts"] if host["network"]]
    assert "" not in picture_of(report).boxes
