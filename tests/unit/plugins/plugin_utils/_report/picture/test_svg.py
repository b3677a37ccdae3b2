# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import picture
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.routes import (
    NARROW,
    WIDE,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.svg import draw
from support import report_samples


def drawn(name: str, scale=WIDE) -> ET.Element:
    return ET.fromstring(draw(picture(getattr(report_samples, name)()), scale))


def by_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in svg.iter() if name in each.get("class", "").split()]


@pytest.mark.parametrize("scale", [WIDE, NARROW], ids=["wide", "narrow"])
def test_elements(scale) -> None:
    svg = drawn("broken", scale)
    assert [each.get("data-name") for each in by_class(svg, "network")] == [
        *("vpc-nginx-lb", "vpc-webapp", "vpc-db"),
    ]
    assert len(by_class(svg, "outside")) == 1
    assert len(by_class(svg, "peering")) == 2
    assert len(by_class(svg, "member")) == 5
    assert len(by_class(svg, "flow")) == len(by_class(svg, "label")) == 7
    assert len(by_class(svg, "undeclared")) == 2


def test_what_failed_is_drawn_last_and_so_on_top() -> None:
    states = [each.get("data-state") for each in by_class(drawn("broken"), "flow")]
    assert states == ["not_probed", "ok", "ok"] + ["failed"] * 4


def test_it_says_itself_in_words() -> None:
    label = drawn("broken").get("aria-label")
    assert "2 as declared, 4 not as declared, 1 not probed" in label
    titles = [each.text for each in drawn("broken").iter("title")]
    assert "nginx_lb -> webapp:3000 (http): not as declared, 1 of 2 probes as declared" in titles
    assert "vpc-nginx-lb and vpc-webapp are peered" in titles


def test_any_name_leaves_it_well_formed() -> None:
    names = [each.get("data-name") for each in by_class(drawn("hostile"), "member")]
    assert any(name.startswith("</title><script>") for name in names)


@pytest.mark.parametrize("scale", [WIDE, NARROW], ids=["wide", "narrow"])
def test_many_hosts_stay_small(scale) -> None:
    svg = draw(picture(report_samples.huge()), scale)
    assert len(svg) < 60_000
    assert len(by_class(ET.fromstring(svg), "network")) == 12
