# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import itertools

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.layout import lay_out
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import picture_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.routes import (
    NARROW,
    WIDE,
)
from support import report_samples


@pytest.fixture(params=itertools.product(("well", "broken", "larger"), (WIDE, NARROW)), ids=str)
def layout(request):
    name, scale = request.param
    return lay_out(picture_of(getattr(report_samples, name)()), scale)


def test_arrows_end_at_the_sides_of_their_groups(layout) -> None:
    for route in layout.routes:
        ends = zip((route.arrow.source, route.arrow.target), route.sides, (route.start, route.end))
        for place, side, (x, y) in ends:
            box, group = layout.boxes[place[0]], layout.groups[place]
            assert x == (box.x if side == "left" else box.x + box.width)
            assert group.y < y < group.y + group.height


def test_arrows_run_straight_past_the_labels(layout) -> None:
    labels = collections.defaultdict(list)
    for route in layout.routes:
        labels[route.end[0]].append(route)
    for route in layout.routes:
        for (x, _y), bend in zip((route.start, route.end), route.bends):
            if x in labels:
                assert abs(bend - x) >= layout.scale.label


def test_ends_at_one_side_stand_apart(layout) -> None:
    sides = collections.defaultdict(list)
    for route in layout.routes:
        sides[route.start[0]].append(route.start[1])
        sides[route.end[0]].append(route.end[1])
    for found in sides.values():
        ordered = sorted(found)
        assert all(below - above >= 24 for above, below in zip(ordered, ordered[1:]))


def test_arrows_leave_and_enter_at_the_sides_that_face_each_other() -> None:
    layout = lay_out(picture_of(report_samples.broken()), WIDE)
    sides = {(r.arrow.source[1], r.arrow.target[1], r.arrow.port): r.sides for r in layout.routes}
    assert sides["clients", "nginx_lb", 80] == ("right", "left")
    assert sides["webapp", "nginx_lb", 3306] == ("left", "right")
    assert sides["webapp", "mysql", 3306] == ("right", "right")


def test_arrow_over_a_column_runs_above_all_boxes() -> None:
    layout = lay_out(picture_of(report_samples.broken()), WIDE)
    (route,) = [route for route in layout.routes if route.overpass]
    assert (route.arrow.source[1], route.arrow.target[1]) == ("clients", "mysql")
    assert 0 < route.overpass < min(frame.y for frame in layout.boxes.values())
    narrow = lay_out(picture_of(report_samples.broken()), NARROW)
    assert not any(route.overpass for route in narrow.routes)
