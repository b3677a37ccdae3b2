# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a place for each box, card and arrow of a picture, in pixels. No I/O.

Boxes stand in columns: outside, the network that is entered from there, those peered with it,
and so on; on a narrow screen all in one.
"""

from __future__ import annotations

import typing as t

from .picture import OUTSIDE, Box, Picture, Place
from .routes import LEFT, NARROW, RIGHT, Frame, Layout, Scale, ends, gutter, place_ports, route

HEAD = 50  # the name and ranges of a network
GROUP = 24  # the name of a group
PAD = 10


def lay_out(picture: Picture, scale: Scale) -> Layout:
    columns = _columns(picture)
    if scale is NARROW:
        columns = [[name for column in columns for name in column]]
    layout = Layout(scale)
    layout.columns = {name: at for at, names in enumerate(columns) for name in names}
    layout.routes = [route(arrow, layout.columns) for arrow in picture.arrows]
    _place_boxes(layout, picture.boxes, columns)
    place_ports(layout)
    return layout


def _columns(picture: Picture) -> list[list[str]]:
    """Return the boxes by how many peerings they are away from where the outside comes in.

    Where several are entered, or none, the one with the most peerings comes first.
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
            fresh = [each for each in peers[name] if each not in distance]
            distance.update(dict.fromkeys(fresh, distance[name] + 1))
            waiting += fresh
    levels = range(max(distance.values(), default=-1) + 1)
    columns = [[name for name in peers if distance[name] == level] for level in levels]
    return ([[OUTSIDE]] if OUTSIDE in picture.boxes else []) + columns


def _place_boxes(layout: Layout, boxes: dict[str, Box], columns: list[list[str]]) -> None:
    scale, ports = layout.scale, ends(layout)
    margin = 26 if any(len(names) > 1 for names in columns[:1]) else 2  # for peerings at the left
    heights = {name: _height(box, scale, ports) for name, box in boxes.items()}
    totals = [sum(heights[n] + scale.gap for n in names) - scale.gap for names in columns]
    buses = [each for each in layout.routes if each.bus]
    top, x = 2.0 + 18 * len(buses), float(margin)
    for number, each in enumerate(buses):
        each.bus = 10 + 18 * number
    for at, names in enumerate(columns):
        y = top + (max(totals) - totals[at]) / 2
        for name in names:
            layout.boxes[name] = Frame(x, y, scale.box, heights[name])
            _place_groups(layout, boxes[name], ports)
            y += heights[name] + scale.gap
        x += scale.box + gutter(layout, at, len(columns))
    layout.width, layout.height = x + 2, top + max(totals, default=0) + 2


def _group_height(cards: int, place: Place, scale: Scale, ports: t.Mapping) -> float:
    most = max(len(ports.get((place, side), ())) for side in (LEFT, RIGHT))
    return max(GROUP + cards * (scale.card + 6), most * scale.port + 8)


def _height(box: Box, scale: Scale, ports: t.Mapping) -> float:
    groups = [
        _group_height(len(cards), (box.name, group), scale, ports) + PAD
        for group, cards in box.groups.items()
    ]
    return HEAD + sum(groups) + (0 if groups else PAD)


def _place_groups(layout: Layout, box: Box, ports: t.Mapping) -> None:
    frame = layout.boxes[box.name]
    y = frame.y + HEAD
    for group, cards in box.groups.items():
        place = (box.name, group)
        x, width = frame.x + PAD, frame.width - 2 * PAD
        height = _group_height(len(cards), place, layout.scale, ports)
        layout.groups[place] = Frame(x, y, width, height)
        layout.cards[place] = [
            Frame(x, y + GROUP + number * (layout.scale.card + 6), width, layout.scale.card)
            for number in range(len(cards))
        ]
        y += height + PAD
