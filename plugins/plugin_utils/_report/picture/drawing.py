# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn a picture into a drawing: the paths, labels and frames that the page writes as SVG."""

from __future__ import annotations

from dataclasses import dataclass

from ..data.tally import FAILED
from .labels import WORDS, label_words
from .layout import lay_out
from .picture import Arrow, Picture
from .routes import LEFT, NARROW, RIGHT, Frame, Layout, Route, Scale

HEAD_LINE = 24  # from the top of a box to the middle of its name; peerings end there
TIP = 8  # length of an arrow's tip


@dataclass(frozen=True)
class DrawnArrow:
    """An arrow's line and tip as paths of SVG, and the label beside the tip with its words."""

    arrow: Arrow
    line: str  # "M210,80 H224 C252,80 252,96 280,96 H294"
    tip: str
    label: Frame
    words: str


@dataclass(frozen=True)
class Drawing:
    """All that is drawn of a picture, for a wide or a narrow screen."""

    picture: Picture
    layout: Layout
    narrow: bool
    description: str  # for readers who cannot see it
    peerings: list[tuple[str, str]]  # a sentence and the path of a line
    arrows: list[DrawnArrow]


def draw(picture: Picture, scale: Scale) -> Drawing:
    """Return the drawing of a picture; failed flows come last, so they lie on top of the others."""
    layout = lay_out(picture, scale)
    routes = sorted(layout.routes, key=lambda route: route.arrow.tally["state"] == FAILED)
    titles = {name: box.title for name, box in picture.boxes.items()}
    peerings = [
        (f"{titles[one]} and {titles[other]} are peered", _peering(layout, one, other))
        for one, other in (
            sorted(pair, key=layout.columns.__getitem__) for pair in picture.peerings
        )
    ]
    arrows = [_arrow(route, scale) for route in routes]
    return Drawing(picture, layout, scale is NARROW, _description(picture), peerings, arrows)


def _description(picture: Picture) -> str:
    states = [arrow.tally["state"] for arrow in picture.arrows]
    counted = ", ".join(f"{states.count(state)} {words}" for state, words in WORDS.items())
    return (
        f"{len(picture.boxes)} boxes, {len(picture.peerings)} peerings;"
        f" {len(states)} flows: {counted}. The tables below say the same in words."
    )


def _peering(layout: Layout, one: str, other: str) -> str:
    """Return the path between the heads of two boxes; the first is not right of the other."""
    start, end = layout.boxes[one], layout.boxes[other]
    y1, y2 = start.y + HEAD_LINE, end.y + HEAD_LINE
    if layout.columns[one] == layout.columns[other]:
        x = min(start.x, end.x) - 22
        return f"M{start.x:g},{y1:g} C{x:g},{y1:g} {x:g},{y2:g} {end.x:g},{y2:g}"
    left, right = start.x + start.width, end.x
    half = (left + right) / 2
    return f"M{left:g},{y1:g} C{half:g},{y1:g} {half:g},{y2:g} {right:g},{y2:g}"


def _arrow(route: Route, scale: Scale) -> DrawnArrow:
    (x, y), from_left = route.end, route.sides[1] == LEFT
    back = -TIP if from_left else TIP
    width = scale.label - TIP - 12
    left = x - TIP - 4 - width if from_left else x + TIP + 4
    return DrawnArrow(
        route.arrow,
        line=_line(route, x + back),
        tip=f"M{x:g},{y:g} l{back:g},-5 v10 z",
        label=Frame(left, y - 11, width, 22),
        words=label_words(route.arrow, width - 6),
    )


def _line(route: Route, end: float) -> str:
    """Return the path from a route's start to x = end, where the tip begins."""
    if route.overpass:
        return _line_above(route, end)
    (x1, y1), (_x2, y2), (bend1, bend2) = route.start, route.end, route.bends
    if route.sides[0] == route.sides[1]:
        turn = 10 + 35 * abs(y2 - y1) / (abs(y2 - y1) + 400)  # wider the further the ends are apart
        control1, control2 = bend1 + turn, bend2 + turn
    else:
        control1 = control2 = (bend1 + bend2) / 2
    curve = f"C{control1:g},{y1:g} {control2:g},{y2:g} {bend2:g},{y2:g}"
    return f"M{x1:g},{y1:g} H{bend1:g} {curve} H{end:g}"


def _line_above(route: Route, end: float) -> str:
    """Return the path of an arrow that passes above all boxes, with four round corners."""
    (x1, y1), (_x2, y2), (bend1, bend2) = route.start, route.end, route.bends
    top = route.overpass
    aside = 18 if route.sides[0] == RIGHT else -18
    up, down = bend1 + aside, bend2 - aside
    corner = 16 if down > up else -16
    return (
        f"M{x1:g},{y1:g} H{bend1:g} Q{up:g},{y1:g} {up:g},{y1 - 16:g} V{top + 16:g}"
        f" Q{up:g},{top:g} {up + corner:g},{top:g} H{down - corner:g}"
        f" Q{down:g},{top:g} {down:g},{top + 16:g} V{y2 - 16:g} Q{down:g},{y2:g} {bend2:g},{y2:g}"
        f" H{end:g}"
    )
