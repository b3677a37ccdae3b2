# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Place the boxes, groups and cards of a picture, in pixels from its upper left corner.

Boxes stand in columns: outside, then the network that is entered from outside, then the networks
peered with it, and so on. On a narrow screen all boxes stand in one column.
"""

from __future__ import annotations

import typing as t

from .picture import OUTSIDE, Box, Card, Picture, Place
from .routes import (
    LEFT,
    NARROW,
    RIGHT,
    Frame,
    Layout,
    Scale,
    ends_by_side,
    gutter,
    place_ends,
    route_of,
)

HEAD = 50  # height of the name and ranges of a network
GROUP = 24  # height of the name of a group
CARD_GAP = 6
PAD = 10
NOTE = 15  # height of a note on a card
UNDER_NOTES = 7  # from the last note to the end of its card


def lay_out(picture: Picture, scale: Scale) -> Layout:
    """Return where all that the picture shows stands, for a wide or a narrow screen."""
    columns = _columns(picture)
    if scale is NARROW:
        columns = [[name for column in columns for name in column]]
    layout = Layout(scale)
    layout.columns = {name: at for at, names in enumerate(columns) for name in names}
    layout.routes = [route_of(arrow, layout.columns) for arrow in picture.arrows]
    _place_boxes(layout, picture.boxes, columns)
    place_ends(layout)
    return layout


def _columns(picture: Picture) -> list[list[str]]:
    """Return the boxes by how many peerings they are away from where the outside comes in.

    If several networks are entered from outside, or none, the one with the most peerings is first.
    """
    peers: dict[str, list[str]] = {name: [] for name in picture.boxes if name != OUTSIDE}
    for one, other in picture.peerings:
        peers[one].append(other)
        peers[other].append(one)
    distance: dict[str, int] = {}
    entered = {a.target[0] for a in picture.arrows if a.declared and a.source[0] == OUTSIDE}
    for root in sorted(peers, key=lambda name: (name not in entered, -len(peers[name]))):
        distance.setdefault(root, 0)
        waiting = [root]
        for name in waiting:
            fresh = [peer for peer in peers[name] if peer not in distance]
            distance.update(dict.fromkeys(fresh, distance[name] + 1))
            waiting += fresh
    levels = range(max(distance.values(), default=-1) + 1)
    columns = [[name for name in peers if distance[name] == level] for level in levels]
    return ([[OUTSIDE]] if OUTSIDE in picture.boxes else []) + columns


def _place_boxes(layout: Layout, boxes: dict[str, Box], columns: list[list[str]]) -> None:
    scale, ends = layout.scale, ends_by_side(layout)
    # Peerings between two boxes of the first column run at its left.
    margin = 26 if any(len(names) > 1 for names in columns[:1]) else 2
    heights = {name: _box_height(box, scale, ends) for name, box in boxes.items()}
    totals = [sum(heights[n] + scale.gap for n in names) - scale.gap for names in columns]
    overpasses = [route for route in layout.routes if route.overpass]
    for number, route in enumerate(overpasses):
        route.overpass = 10 + 18 * number
    top, x = 2.0 + 18 * len(overpasses), float(margin)
    for at, names in enumerate(columns):
        y = top + (max(totals) - totals[at]) / 2
        for name in names:
            layout.boxes[name] = Frame(x, y, scale.box, heights[name])
            _place_groups(layout, boxes[name], ends)
            y += heights[name] + scale.gap
        x += scale.box + gutter(layout, at, len(columns))
    layout.width, layout.height = x + 2, top + max(totals, default=0) + 2


def _box_height(box: Box, scale: Scale, ends: t.Mapping) -> float:
    groups = [
        _group_height(cards, (box.name, group), scale, ends) + PAD
        for group, cards in box.groups.items()
    ]
    return HEAD + sum(groups) + (0 if groups else PAD)


def _group_height(cards: list[Card], place: Place, scale: Scale, ends: t.Mapping) -> float:
    """Return the height that a group needs for its cards and for the arrows at either side."""
    most = max(len(ends.get((place, side), ())) for side in (LEFT, RIGHT))
    stacked = sum(_card_height(card, scale) + CARD_GAP for card in cards)
    return max(GROUP + stacked, most * scale.arrow_gap + 8)


def _card_height(card: Card, scale: Scale) -> float:
    return scale.card + (len(card.notes) * NOTE + UNDER_NOTES if card.notes else 0)


def _place_groups(layout: Layout, box: Box, ends: t.Mapping) -> None:
    frame = layout.boxes[box.name]
    x, y, width = frame.x + PAD, frame.y + HEAD, frame.width - 2 * PAD
    for group, cards in box.groups.items():
        place = (box.name, group)
        height = _group_height(cards, place, layout.scale, ends)
        layout.groups[place] = Frame(x, y, width, height)
        heights = [_card_height(card, layout.scale) for card in cards]
        layout.cards[place] = [
            Frame(x, y + GROUP + sum(heights[:number]) + number * CARD_GAP, width, own)
            for number, own in enumerate(heights)
        ]
        y += height + PAD
