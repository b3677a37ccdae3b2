# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let arrows run between boxes: where they leave, turn and enter, in pixels.

An arrow leaves and enters at the side of a group. It runs straight past the labels there and turns
in the gutter, the space between two columns of boxes.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass, field

from .picture import Arrow, Place

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True)
class Scale:
    """The sizes that depend on the screen."""

    box: int  # width
    card: int  # height
    label: int  # width, with the space around it
    turn: int  # width in which arrows turn
    gap: int  # between the boxes of a column
    arrow_gap: int  # between two arrows at one side of a group


WIDE = Scale(box=200, card=44, label=136, turn=56, gap=28, arrow_gap=28)
NARROW = Scale(box=178, card=44, label=112, turn=34, gap=22, arrow_gap=28)


@dataclass
class Frame:
    """Where something stands: x and y are those of its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Route:
    """How an arrow runs from start to end."""

    arrow: Arrow
    start: tuple[float, float] = (0, 0)
    end: tuple[float, float] = (0, 0)
    sides: tuple[str, str] = (RIGHT, LEFT)  # of the groups, at the start and at the end
    bends: tuple[float, float] = (0, 0)  # x where the curve begins and ends
    overpass: float = 0  # y above all boxes, if the arrow passes over a column; else 0


@dataclass
class Layout:
    """The frames of boxes, of groups and of the cards in them, the routes, and the whole size."""

    scale: Scale
    boxes: dict[str, Frame] = field(default_factory=dict)
    groups: dict[Place, Frame] = field(default_factory=dict)
    cards: dict[Place, list[Frame]] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)  # of each box, from 0 at the left
    width: float = 0
    height: float = 0


def route_of(arrow: Arrow, columns: dict[str, int]) -> Route:
    """Return the arrow's route with its sides, and whether it passes over a column (overpass)."""
    start, end = columns[arrow.source[0]], columns[arrow.target[0]]
    sides = (LEFT, RIGHT) if start > end else (RIGHT, LEFT if end > start else RIGHT)
    return Route(arrow, sides=sides, overpass=float(abs(end - start) > 1))


def ends_by_side(layout: Layout) -> dict[tuple[Place, str], list[tuple[Route, int]]]:
    """Return the ends of the routes at each side of a group; 0 is a start and 1 an end.

    An example: {(("vpc-db", "mysql"), "left"): [(route, 1), (other_route, 0)]}
    """
    ends: dict[tuple[Place, str], list[tuple[Route, int]]] = collections.defaultdict(list)
    for route in layout.routes:
        for which, place in enumerate((route.arrow.source, route.arrow.target)):
            ends[place, route.sides[which]].append((route, which))
    return ends


def gutter(layout: Layout, at: int, columns: int) -> float:
    """Return the width right of a column: labels where arrows enter, and room to turn."""
    labels = _label_widths(layout, at)
    used = any(labels) or at < columns - 1
    return sum(labels) + (layout.scale.turn if used else 0)


def _label_widths(layout: Layout, at: int) -> tuple[float, float]:
    """Return the width that labels need at the left and right of the gutter after a column."""
    label, columns = layout.scale.label, layout.columns
    entered = {(columns[route.arrow.target[0]], route.sides[1]) for route in layout.routes}
    return (
        label if (at, RIGHT) in entered else 14,
        label if (at + 1, LEFT) in entered else 0 if at == max(columns.values()) else 14,
    )


def place_ends(layout: Layout) -> None:
    """Set start, end and bends of all routes; the boxes and groups have their frames already."""
    for (place, side), ends in ends_by_side(layout).items():
        frame = layout.groups[place]
        box = layout.boxes[place[0]]
        x = box.x if side == LEFT else box.x + box.width
        ends.sort(key=lambda end: _order(layout, frame, *end))
        step = min(layout.scale.arrow_gap + 8, frame.height / len(ends))
        first = frame.y + (frame.height - step * (len(ends) - 1)) / 2
        for number, (route, which) in enumerate(ends):
            point = (x, first + number * step)
            if which == 0:
                route.start = point
            else:
                route.end = point
    for route in layout.routes:
        route.bends = (_bend(layout, route, 0), _bend(layout, route, 1))


def _order(layout: Layout, frame: Frame, route: Route, which: int) -> tuple[float, ...]:
    """Return what sorts the ends at one side so that arrows do not cross more than they must."""
    places = (route.arrow.source, route.arrow.target)
    other = layout.groups[places[1 - which]]
    number = layout.routes.index(route)
    if route.overpass:
        return (0, -route.overpass, number)
    if route.sides[0] != route.sides[1]:
        return (2, other.y, number)
    below = other.y > frame.y or (other.y == frame.y and which == 0)
    distance = abs(other.y - frame.y)
    return (3, -distance, -number) if below else (1, distance, number)


def _bend(layout: Layout, route: Route, which: int) -> float:
    """Return x where an arrow stops to run straight: beyond the labels of its side."""
    x = (route.start, route.end)[which][0]
    at = layout.columns[(route.arrow.source, route.arrow.target)[which][0]]
    if route.sides[which] == RIGHT:
        return x + _label_widths(layout, at)[0]
    return x - _label_widths(layout, at - 1)[1]
