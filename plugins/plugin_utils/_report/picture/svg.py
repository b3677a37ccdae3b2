# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw the topology of a report as SVG. The colours come from the page's style. No I/O."""

from __future__ import annotations

from ..data.tally import FAILED
from ..markup import Markup, joined, tag
from .labels import WORDS, counts, fit, said
from .layout import GROUP, lay_out
from .picture import OUTSIDE, SIGNS, Card, Picture
from .routes import LEFT, NARROW, RIGHT, Frame, Layout, Route, Scale

HEAD_LINE = 24  # from the top of a box to the middle of its name; peerings end there
TIP = 8  # length of an arrow's tip


def draw(picture: Picture, scale: Scale) -> Markup:
    """Return the picture as one svg element, laid out for a wide or a narrow screen."""
    layout = lay_out(picture, scale)
    arrows = [
        joined([_arrow(route), _label(route, scale)])
        for route in sorted(layout.routes, key=lambda route: route.arrow.tally["state"] == FAILED)
    ]
    drawn = [
        *(_peering(layout, picture, *pair) for pair in picture.peerings),
        *(_box(layout, picture, name) for name in picture.boxes),
        *arrows,
    ]
    states = [arrow.tally["state"] for arrow in picture.arrows]
    counted = ", ".join(f"{states.count(state)} {WORDS[state]}" for state in WORDS)
    return tag(
        "svg",
        *drawn,
        class_="topology narrow" if scale is NARROW else "topology wide",
        viewBox=f"0 0 {layout.width:g} {layout.height:g}",
        width=f"{layout.width:g}",
        height=f"{layout.height:g}",
        style=f"min-width:{0.7 * layout.width:.0f}px",
        role="img",
        aria_label=f"{len(picture.boxes)} boxes, {len(picture.peerings)} peerings;"
        f" {len(states)} flows: {counted}. The tables below say the same in words.",
    )


def _words(words: str, x: float, y: float, class_: str, anchor: str | None = None) -> Markup:
    return tag("text", words, x=f"{x:g}", y=f"{y:g}", class_=class_, text_anchor=anchor)


def _rect(frame: Frame, class_: str, radius: int) -> Markup:
    size = {"width": f"{frame.width:g}", "height": f"{frame.height:g}"}
    return tag("rect", x=f"{frame.x:g}", y=f"{frame.y:g}", **size, rx=radius, class_=class_)


def _box(layout: Layout, picture: Picture, name: str) -> Markup:
    box, frame = picture.boxes[name], layout.boxes[name]
    room = frame.width - 28
    groups = [
        _group(layout.groups[name, group], group, cards, layout.scale)
        for group, cards in box.groups.items()
    ]
    return tag(
        "g",
        tag("title", f"{box.title}: {box.detail}"),
        _rect(frame, "box", 12),
        _words(fit(box.title, room, 8), frame.x + 14, frame.y + 22, "name"),
        _words(fit(box.detail, room), frame.x + 14, frame.y + 39, "detail"),
        *groups,
        class_="outside" if name == OUTSIDE else "network",
        data_name=box.title,
    )


def _group(frame: Frame, name: str, cards: list[Card], scale: Scale) -> Markup:
    drawn = []
    for number, card in enumerate(cards):
        top = frame.y + GROUP + number * (scale.card + 6)
        drawn.append(_card(Frame(frame.x, top, frame.width, scale.card), card))
    title = _words(fit(name, frame.width - 8, 7), frame.x + 4, frame.y + 16, "group")
    return tag("g", title, *drawn)


def _card(frame: Frame, card: Card) -> Markup:
    zone = fit(card.zone, frame.width - 32 - 7.4 * len(card.detail), 5.8)
    right = frame.x + frame.width - 12
    return tag(
        "g",
        tag("title", f"{card.title} {card.detail} {card.zone}: {WORDS[card.state]}"),
        _rect(frame, "card", 8),
        _words(fit(card.title, frame.width - 42, 8), frame.x + 12, frame.y + 19, "host"),
        _words(card.detail, frame.x + 12, frame.y + 35, "address"),
        _words(zone, right, frame.y + 35, "zone", "end"),
        _words(SIGNS[card.state], right, frame.y + 19, f"sign {card.state}", "end"),
        class_="member",
        data_name=card.title,
        data_state=card.state,
    )


def _peering(layout: Layout, picture: Picture, one: str, other: str) -> Markup:
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
    title = tag("title", f"{picture.boxes[one].title} and {picture.boxes[other].title} are peered")
    return tag("path", title, d=path, class_="peering")


def _arrow(route: Route) -> Markup:
    state, arrow = route.arrow.tally["state"], route.arrow
    (x, y), side = route.end, route.sides[1]
    back = TIP if side == RIGHT else -TIP
    tip = f"M{x:g},{y:g} l{back:g},-5 v10 z"
    line = _line(route, x + back)
    return tag(
        "g",
        tag("title", f"{arrow.words}: {WORDS[state]}, {counts(arrow)}"),
        tag("path", d=line, class_="halo"),
        tag("path", d=line, class_="line"),
        tag("path", d=tip, class_="tip"),
        class_=f"flow {state}" + ("" if arrow.declared else " undeclared"),
        data_state=state,
        data_flow=arrow.words,
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


def _label(route: Route, scale: Scale) -> Markup:
    """Return what stands on an arrow beside its tip: its state, port and what was measured."""
    arrow, (x, y) = route.arrow, route.end
    width = scale.label - TIP - 12
    left = x - TIP - 4 - width if route.sides[1] == LEFT else x + TIP + 4
    state = arrow.tally["state"]
    frame = Frame(left, y - 11, width, 22)
    return tag(
        "g",
        tag("title", f"{arrow.words}: {WORDS[state]}, {counts(arrow)}"),
        _rect(frame, "pill", 11),
        _words(said(arrow, width - 6), left + width / 2, y + 4, "said", "middle"),
        class_=f"label {state}",
        data_state=state,
    )
