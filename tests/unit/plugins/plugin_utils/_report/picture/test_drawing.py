# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.drawing import draw
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import picture_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.routes import (
    NARROW,
    WIDE,
    Frame,
)
from support import report_samples

SCALES = pytest.mark.parametrize("scale", [WIDE, NARROW], ids=["wide", "narrow"])


def drawn(name: str, scale=WIDE):
    return draw(picture_of(getattr(report_samples, name)()), scale)


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


@SCALES
def test_every_peering_and_arrow_is_drawn(scale) -> None:
    drawing = drawn("broken", scale)
    assert len(drawing.peerings) == 2
    assert len(drawing.arrows) == 7
    assert drawing.narrow == (scale is NARROW)


def test_failed_flows_are_drawn_last_and_so_on_top() -> None:
    states = [each.arrow.tally["state"] for each in drawn("broken").arrows]
    assert states == ["not_probed", "ok", "ok"] + ["failed"] * 4


def test_description_counts_the_flows() -> None:
    assert "2 as declared, 4 not as declared, 1 not probed" in drawn("broken").description
    titles = [sentence for sentence, _path in drawn("broken").peerings]
    assert "vpc-nginx-lb and vpc-webapp are peered" in titles


@SCALES
def test_line_runs_from_the_route_to_the_tip(scale) -> None:
    drawing = drawn("broken", scale)
    routes = {id(route.arrow): route for route in drawing.layout.routes}
    for each in drawing.arrows:
        route = routes[id(each.arrow)]
        line, tip = numbers(each.line), numbers(each.tip)
        assert line[:2] == pytest.approx(route.start, abs=0.01)
        assert tip[:2] == pytest.approx(route.end, abs=0.01)
        assert line[-1] == pytest.approx(tip[0] + tip[2], abs=0.01)


@SCALES
def test_label_stands_beside_the_tip(scale) -> None:
    for each in drawn("broken", scale).arrows:
        x, y = numbers(each.tip)[:2]
        label: Frame = each.label
        assert label.y < y < label.y + label.height
        assert label.x > x or label.x + label.width < x
