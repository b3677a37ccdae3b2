# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.layout import lay_out
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import picture_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.routes import (
    NARROW,
    WIDE,
)
from support import report_samples

REPORTS = ("well", "edge", "broken", "larger", "huge")


@pytest.fixture(params=itertools.product(REPORTS, (WIDE, NARROW)), ids=str)
def layout(request):
    name, scale = request.param
    return lay_out(picture_of(getattr(report_samples, name)()), scale)


def test_boxes_stand_apart_and_inside_the_picture(layout) -> None:
    frames = list(layout.boxes.values())
    for one, other in itertools.combinations(frames, 2):
        assert (
            one.x + one.width < other.x
            or other.x + other.width < one.x
            or one.y + one.height < other.y
            or other.y + other.height < one.y
        )
    for frame in frames:
        assert frame.x >= 0
        assert frame.y >= 0
        assert frame.x + frame.width <= layout.width
        assert frame.y + frame.height <= layout.height


def test_groups_are_in_their_boxes(layout) -> None:
    for (name, _group), frame in layout.groups.items():
        box = layout.boxes[name]
        assert box.y < frame.y
        assert frame.y + frame.height < box.y + box.height


def test_cards_are_in_their_groups(layout) -> None:
    for place, cards in layout.cards.items():
        group = layout.groups[place]
        for card in cards:
            assert (card.x, card.width) == (group.x, group.width)
            assert group.y < card.y
            assert card.y + card.height <= group.y + group.height
        assert all(one.y + one.height < other.y for one, other in itertools.pairwise(cards))


def test_columns_follow_the_peerings() -> None:
    layout = lay_out(picture_of(report_samples.larger()), WIDE)
    assert layout.columns == {
        "": 0,
        "vpc-edge": 1,  # entered from outside, though vpc-data has more peerings
        **{"vpc-shop": 2, "vpc-search": 2, "vpc-billing": 2},
        "vpc-data": 3,
        "vpc-backup": 4,
    }


def test_narrow_layout_has_one_column() -> None:
    layout = lay_out(picture_of(report_samples.larger()), NARROW)
    assert set(layout.columns.values()) == {0}
    assert layout.width <= 360  # a phone


def test_networks_without_peerings_are_placed() -> None:
    stack = report_samples.SampleInventory({"a": "10.0.0.0/16", "b": "10.1.0.0/16"}, [])
    stack.host("one", "10.0.0.2", "x")
    layout = lay_out(picture_of(stack.report()), WIDE)
    assert layout.columns == {"a": 0, "b": 0}
    assert layout.routes == []
