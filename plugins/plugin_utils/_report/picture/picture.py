# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose what the picture of a report shows: boxes, cards in them, and arrows between them.

Many hosts become one card, many networks one box, many arrows a number. What failed is shown
before what did not.
"""

from __future__ import annotations

import collections
import itertools
import typing as t
from dataclasses import dataclass, field

from ..data.tally import FAILED, NOT_PROBED, OK, Record, group_by, tally
from .notes import notes_of

OUTSIDE = ""  # the box of the hosts that are in no network
OTHER_NETWORKS = "\0rest"  # the box of the networks that are too many; no network has this name
MAX_NETWORKS = 12  # as many boxes as a person can take in
MAX_CARDS = 6  # in one group
MAX_ARROWS = 48
SIGNS = {OK: "✓", FAILED: "✗", NOT_PROBED: "?"}
ORDER = (FAILED, NOT_PROBED, OK)  # the worst first

Place = tuple[str, str]  # a box and a group in it: ("vpc-db", "mysql")


@dataclass(frozen=True)
class Card:
    """A host with its address and zone, or the number of hosts that are not shown one by one.

    notes: what a load balancer does with requests, a few words each.
    """

    title: str
    detail: str
    zone: str
    state: str
    notes: tuple[str, ...] = ()


@dataclass
class Box:
    """A network with its ranges (detail), and its hosts by group."""

    name: str
    title: str
    detail: str
    groups: dict[str, list[Card]] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrow:
    """A flow between two places, with the tally of the probes between just these two."""

    source: Place
    target: Place
    port: int
    protocol: str
    declared: bool
    failure: str  # what most of the failed probes found, such as "refused"; "" if none failed
    flow: str  # in words: "webapp -> mysql:3306 (mysql)"
    tally: t.Mapping[str, t.Any]


@dataclass
class Picture:
    """All that is drawn; left_out counts the arrows that are too many."""

    boxes: dict[str, Box]
    peerings: list[tuple[str, str]]
    arrows: list[Arrow]
    left_out: int = 0


def picture_of(report: Record) -> Picture:
    """Return the picture of a report: what failed first, and no more than a person can take in."""
    boxes = _empty_boxes(report)
    places = {
        host["name"]: _place(host["network"] or OUTSIDE, host["group"], boxes)
        for host in report["hosts"]
    }
    notes = notes_of(report.get("edge", ()))
    for place, hosts in group_by(report["hosts"], lambda host: places[host["name"]]).items():
        boxes[place[0]].groups[place[1]] = _cards(hosts, notes)
    arrows = sorted(_arrows(report, places), key=lambda arrow: ORDER.index(arrow.tally["state"]))
    if any(arrow.source == (OUTSIDE, "") for arrow in arrows):
        boxes[OUTSIDE].groups.setdefault("", [])
    boxes = {name: box for name, box in boxes.items() if box.groups or name != OUTSIDE}
    shown = _merged(arrows)[:MAX_ARROWS]
    return Picture(boxes, _peerings(report, boxes), shown, len(arrows) - len(shown))


def host_state(host: Record) -> str:
    """Return the worst state of the probes from a host and to it."""
    measured = [host[side] for side in ("as_source", "as_target") if host[side]["total"]]
    return min((tally["state"] for tally in measured), key=ORDER.index, default=NOT_PROBED)


def _empty_boxes(report: Record) -> dict[str, Box]:
    """Return the boxes: outside, then the networks, the least important of them as one box.

    Networks with a failed host count most, then those with the most peerings.
    """
    peerings = collections.Counter(name for pair in report["peerings"] for name in pair)
    failed = {host["network"] or OUTSIDE for host in report["hosts"] if host_state(host) == FAILED}
    names = [network["name"] for network in report["networks"] if network["name"] != OUTSIDE]
    ranked = sorted(names, key=lambda name: (name not in failed, -peerings[name]))
    shown = set(names if len(names) <= MAX_NETWORKS else ranked[: MAX_NETWORKS - 1])
    boxes = {OUTSIDE: Box(OUTSIDE, "Outside", "no declared network")}
    for network in report["networks"]:
        if network["name"] in shown:
            cidrs = network["cidrs"]
            detail = cidrs[0] + (f" and {len(cidrs) - 1} more" if len(cidrs) > 1 else "")
            boxes[network["name"]] = Box(network["name"], network["name"], detail)
    if len(shown) < len(names):
        title = f"{len(names) - len(shown)} more networks"
        boxes[OTHER_NETWORKS] = Box(OTHER_NETWORKS, title, "see the tables")
    return boxes


def _place(network: str, group: str, boxes: t.Container[str]) -> Place:
    return (network, group) if network in boxes else (OTHER_NETWORKS, "hosts")


def _peerings(report: Record, boxes: t.Container[str]) -> list[tuple[str, str]]:
    """Return the pairs of boxes whose networks are peered, each pair once."""
    pairs = [[name if name in boxes else OTHER_NETWORKS for name in p] for p in report["peerings"]]
    return [(one, other) for one, other in dict.fromkeys(map(tuple, pairs)) if one != other]


def _cards(hosts: list[Record], notes: t.Mapping[str, tuple[str, ...]]) -> list[Card]:
    """Return a card for each host; of many hosts only the failed ones, and one for the others."""
    worst_first = sorted(hosts, key=lambda host: ORDER.index(host_state(host)))
    shown = hosts
    if len(hosts) > MAX_CARDS:
        shown = [host for host in worst_first[: MAX_CARDS - 1] if host_state(host) == FAILED]
    cards = [
        Card(h["name"], h["address"] or "-", h["zone"], host_state(h), notes.get(h["name"], ()))
        for h in shown
    ]
    if len(shown) < len(hosts):
        states = [host_state(host) for host in worst_first if host not in shown]
        counts = collections.Counter(states)
        detail = "  ".join(f"{SIGNS[state]} {counts[state]}" for state in ORDER if counts[state])
        more = "more " if shown else ""
        cards.append(Card(f"{len(states)} {more}hosts", detail, "", states[0]))
    return cards


def _arrows(report: Record, places: dict[str, Place]) -> t.Iterator[Arrow]:
    """Yield each flow once for each pair of places that it was probed between.

    A flow from any is drawn from outside. From inside it is drawn only where it failed, because
    otherwise arrows would lead from every group to every other.
    """
    probes = [probe for row in report["matrix"].values() for probe in row.values()]
    by_flow = group_by(probes, lambda probe: probe["flow"])
    for flow in report["flows"]:
        if flow["words"] not in by_flow:
            yield from _arrows_without_probes(flow, places)
            continue
        pairs = group_by(
            by_flow[flow["words"]], lambda probe: (places[probe["source"]], places[probe["target"]])
        )
        for (source, target), own in pairs.items():
            arrow = _arrow(flow, source, target, own)
            if flow["source"] != "any" or source[0] == OUTSIDE or arrow.tally["state"] == FAILED:
                yield arrow


def _arrows_without_probes(flow: Record, places: dict[str, Place]) -> t.Iterator[Arrow]:
    sources = [places[name] for name in flow["sources"]] or [(OUTSIDE, "")]
    targets = [places[name] for name in flow["targets"]]
    for source, target in itertools.product(dict.fromkeys(sources), dict.fromkeys(targets)):
        yield _arrow(flow, source, target, [])


def _arrow(flow: Record, source: Place, target: Place, probes: list[Record]) -> Arrow:
    failures = collections.Counter(probe["state"] for probe in probes if probe["ok"] is False)
    return Arrow(
        source,
        target,
        port=flow["port"],
        protocol=flow["protocol"],
        declared=flow["declared"],
        failure=failures.most_common(1)[0][0] if failures else "",
        flow=flow["words"],
        tally=tally(probes),
    )


def _merged(arrows: list[Arrow]) -> list[Arrow]:
    """Return the arrows, with one for each state between a place and the box of other networks."""
    merged: dict[t.Any, Arrow] = {}
    for arrow in arrows:
        to_others = OTHER_NETWORKS in (arrow.source[0], arrow.target[0])
        key = arrow.tally["state"] if to_others else (arrow.flow, arrow.port)
        merged.setdefault((arrow.source, arrow.target, key), arrow)
    return list(merged.values())
