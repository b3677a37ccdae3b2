# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the topology's picture into a drawing: the frames, paths and words that an SVG shows."""

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
class DrawnPeering:
    """A line between two networks; path is the `d` of an SVG path, as "M10,20 C30,20 …"."""

    title: str
    path: str


@dataclass(frozen=True)
class DrawnArrow:
    """An arrow's line and tip as SVG paths, and the label beside the tip with its words."""

    arrow: Arrow
    line: str
    tip: str
    label: Frame
    words: str


@dataclass(frozen=True)
class Drawing:
    """The picture, the frames of its boxes and cards (layout), and all lines between them."""

    picture: Picture
    layout: Layout
    peerings: list[DrawnPeering]
    arrows: list[DrawnArrow]

    @property
    def narrow(self) -> bool:
        return self.layout.scale is NARROW

    @property
    def description(self) -> str:
        """Say what is drawn, for readers who do not see it."""
        states = [arrow.tally["state"] for arrow in self.picture.arrows]
        counted = ", ".join(f"{states.count(state)} {WORDS[state]}" for state in WORDS)
        return (
            f"{len(self.picture.boxes)} boxes, {len(self.picture.peerings)} peerings;"
            f" {len(states)} flows: {counted}. The tables below say the same in words."
        )


def draw(picture: Picture, scale: Scale) -> Drawing:
    """Return the drawing of a picture for a wide or a narrow screen.

    Failed flows come last, so they lie on top of the others.
    """
    layout = lay_out(picture, scale)
    routes = sorted(layout.routes, key=lambda route: route.arrow.tally["state"] == FAILED)
    return Drawing(
        picture,
        layout,
        [_peering(layout, picture, *pair) for pair in picture.peerings],
        [_arrow(route, scale) for route in routes],
    )


def _peering(layout: Layout, picture: Picture, one: str, other: str) -> DrawnPeering:
    if layout.columns[one] > layout.columns[other]:
        one, other = other, one
    start, end = layout.boxes[one], layout.boxes[other]
    y1, y2 = start.y + HEAD_LINE, end.y + HEAD_LINE
    if layout.columns[one] == layout.columns[other]:
        x = min(start.x, end.x) - 22
        path = f"M{start.x:g},{y1:g} C{x:g},{y1:g} {x:g},{y2:g} {end.x:g},{y2:g}"
    else:
        left, right = start.x + start.width, end.x
        half = (left + right) / 2
        path = f"M{left:g},{y1:g} C{half:g},{y1:g} {half:g},{y2:g} {right:g},{y2:g}"
    title = f"{picture.boxes[one].title} and {picture.boxes[other].title} are peered"
    return DrawnPeering(title, path)


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
    (x1, y1), (_x2, y2), (b1, b2) = route.start, route.end, route.bends
    if route.bus:
        top = route.bus
        m1, m2 = (b1 + 18, b2 - 18) if route.sides[0] == RIGHT else (b1 - 18, b2 + 18)
        inner = 16 if m2 > m1 else -16
        return (
            f"M{x1:g},{y1:g} H{b1:g} Q{m1:g},{y1:g} {m1:g},{y1 - 16:g} V{top + 16:g}"
            f" Q{m1:g},{top:g} {m1 + inner:g},{top:g} H{m2 - inner:g}"
            f" Q{m2:g},{top:g} {m2:g},{top + 16:g} V{y2 - 16:g} Q{m2:g},{y2:g} {b2:g},{y2:g}"
            f" H{end:g}"
        )
    if route.sides[0] == route.sides[1]:
        turn = 10 + 35 * abs(y2 - y1) / (abs(y2 - y1) + 400)  # the wider the further out
        c1, c2 = b1 + turn, b2 + turn
    else:
        c1 = c2 = (b1 + b2) / 2
    return f"M{x1:g},{y1:g} H{b1:g} C{c1:g},{y1:g} {c2:g},{y2:g} {b2:g},{y2:g} H{end:g}"
