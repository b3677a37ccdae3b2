# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let arrows run between boxes: where they leave, turn and enter. No I/O.

They leave and enter at the sides of groups, run straight past the labels there and turn in the
gutter between the columns.
"""

from __future__ import annotations

import collections
from dataclasses import dataclass, field

from .picture import Arrow, Place

LEFT, RIGHT = "left", "right"


@dataclass(frozen=True)
class Scale:
    """The sizes that depend on the screen: of boxes, cards, labels and of the turns of arrows."""

    box: int
    card: int
    label: int
    turn: int
    gap: int  # between the boxes of a column
    port: int  # between two arrows at one side


WIDE = Scale(box=200, card=44, label=136, turn=56, gap=28, port=28)
NARROW = Scale(box=178, card=44, label=112, turn=34, gap=22, port=28)


@dataclass
class Frame:
    """Where something is."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Route:
    """How an arrow runs: its ends, and between them the column where it turns or the bus."""

    arrow: Arrow
    start: tuple[float, float] = (0, 0)
    end: tuple[float, float] = (0, 0)
    sides: tuple[str, str] = (RIGHT, LEFT)
    bends: tuple[float, float] = (0, 0)  # x where the curve begins and ends
    bus: float = 0  # y above all boxes, for those that pass a column; else 0


@dataclass
class Layout:
    """Frames by box, by place and of the cards there, the routes, and the size of it all."""

    scale: Scale
    boxes: dict[str, Frame] = field(default_factory=dict)
    groups: dict[Place, Frame] = field(default_factory=dict)
    cards: dict[Place, list[Frame]] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    columns: dict[str, int] = field(default_factory=dict)
    width: float = 0
    height: float = 0


def route(arrow: Arrow, columns: dict[str, int]) -> Route:
    start, end = columns[arrow.source[0]], columns[arrow.target[0]]
    leaves, enters = (LEFT, RIGHT) if start > end else (RIGHT, LEFT if end > start else RIGHT)
    return Route(arrow, sides=(leaves, enters), bus=float(abs(end - start) > 1))


def ends(layout: Layout) -> dict[tuple[Place, str], list[tuple[Route, int]]]:
    """Return the ends of arrows by group and side; 0 is a start and 1 an end."""
    found: dict[tuple[Place, str], list[tuple[Route, int]]] = collections.defaultdict(list)
    for route in layout.routes:
        for number, place in enumerate((route.arrow.source, route.arrow.target)):
            found[place, route.sides[number]].append((route, number))
    return found


def gutter(layout: Layout, at: int, columns: int) -> float:
    """Return the width right of a column: labels where arrows enter, and room to turn."""
    zones = _zones(layout, at)
    used = any(zones) or at < columns - 1
    return sum(zones) + (layout.scale.turn if used else 0)


def _zones(layout: Layout, at: int) -> tuple[float, float]:
    """Return the width that labels need at the left and right of the gutter after a column."""
    label, columns = layout.scale.label, layout.columns
    entered = {(columns[route.arrow.target[0]], route.sides[1]) for route in layout.routes}
    return (
        label if (at, RIGHT) in entered else 14,
        label if (at + 1, LEFT) in entered else 0 if at == max(columns.values()) else 14,
    )


def place_ports(layout: Layout) -> None:
    for (place, side), own in ends(layout).items():
        frame = layout.groups[place]
        box = layout.boxes[place[0]]
        x = box.x if side == LEFT else box.x + box.width
        own.sort(key=lambda end: _order(layout, frame, *end))
        step = min(layout.scale.port + 8, frame.height / len(own))
        first = frame.y + (frame.height - step * (len(own) - 1)) / 2
        for number, (route, which) in enumerate(own):
            point = (x, first + number * step)
            if which == 0:
                route.start = point
            else:
                route.end = point
    for route in layout.routes:
        route.bends = (_bend(layout, route, 0), _bend(layout, route, 1))


def _order(layout: Layout, frame: Frame, route: Route, which: int) -> tuple[float, ...]:
    """Sort the ends at one side so that arrows do not cross more than they must."""
    places = (route.arrow.source, route.arrow.target)
    other = layout.groups[places[1 - which]]
    number = layout.routes.index(route)
    if route.bus:
        return (0, -route.bus, number)
    if route.sides[0] != route.sides[1]:
        return (2, other.y, number)
    below = other.y > frame.y or (other.y == frame.y and which == 0)
    distance = abs(other.y - frame.y)
    return (3, -distance, -number) if below else (1, distance, number)


def _bend(layout: Layout, route: Route, which: int) -> float:
    """Return where an arrow ends to run straight: beyond the labels of its side."""
    x = (route.start, route.end)[which][0]
    at = layout.columns[(route.arrow.source, route.arrow.target)[which][0]]
    if route.sides[which] == RIGHT:
        return x + _zones(layout, at)[0]
    return x - _zones(layout, at - 1)[1]
