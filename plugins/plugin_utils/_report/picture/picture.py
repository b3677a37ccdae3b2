# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what the picture of a report shows: boxes, cards in them, arrows. No sizes, no I/O.

Many hosts become one card, many networks one box, many arrows a number: what failed is shown
before what did not.
"""

from __future__ import annotations

import collections
import itertools
import typing as t
from dataclasses import dataclass, field

from ..data.tally import FAILED, NOT_PROBED, OK, Record, tally

OUTSIDE = ""  # the box of all that is in no network
REST = "\0rest"  # the box of the networks that are too many; no network can have this name
MAX_NETWORKS = 12  # as many boxes as a person can take in
MAX_CARDS = 6  # in one group
MAX_ARROWS = 48
SIGNS = {OK: "✓", FAILED: "✗", NOT_PROBED: "?"}
ORDER = (FAILED, NOT_PROBED, OK)  # the worst first

Place = tuple[str, str]  # a box and a group in it


@dataclass(frozen=True)
class Card:
    """A host, or the number of those that are not shown one by one."""

    title: str
    detail: str
    zone: str
    state: str


@dataclass
class Box:
    """A network, with its hosts by group."""

    name: str
    title: str
    detail: str
    groups: dict[str, list[Card]] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrow:
    """A flow between two places, as it was measured between just these."""

    source: Place
    target: Place
    port: int
    protocol: str
    declared: bool
    found: str  # what was met instead, where it failed
    words: str
    tally: t.Mapping[str, t.Any]


@dataclass
class Picture:
    """All that is drawn; left_out counts the arrows that are not."""

    boxes: dict[str, Box]
    peerings: list[tuple[str, str]]
    arrows: list[Arrow]
    left_out: int = 0


def picture(report: Record) -> Picture:
    """Choose what to show of a report."""
    boxes = _boxes(report)
    places = {
        host["name"]: _place(host["network"] or OUTSIDE, host["group"], boxes)
        for host in report["hosts"]
    }
    for place, hosts in _by(report["hosts"], lambda host: places[host["name"]]).items():
        boxes[place[0]].groups[place[1]] = _cards(hosts)
    arrows = sorted(_arrows(report, places), key=lambda arrow: ORDER.index(arrow.tally["state"]))
    if any(arrow.source == (OUTSIDE, "") for arrow in arrows):
        boxes[OUTSIDE].groups.setdefault("", [])
    boxes = {name: box for name, box in boxes.items() if box.groups or name != OUTSIDE}
    pairs = [tuple(name if name in boxes else REST for name in pair) for pair in report["peerings"]]
    peerings = [(one, other) for one, other in dict.fromkeys(pairs) if one != other]
    shown = _thinned(arrows)[:MAX_ARROWS]
    return Picture(boxes, peerings, shown, len(arrows) - len(shown))


def host_state(host: Record) -> str:
    """Return the worst of what was measured from a host and to it."""
    found = [host[side] for side in ("as_source", "as_target") if host[side]["total"]]
    return next((each for each in ORDER if each in [one["state"] for one in found]), NOT_PROBED)


def _boxes(report: Record) -> dict[str, Box]:
    """Return the empty boxes: outside, then the networks, most of them perhaps as one."""
    peers = collections.Counter(name for pair in report["peerings"] for name in pair)
    failed = {host["network"] or OUTSIDE for host in report["hosts"] if host_state(host) == FAILED}
    names = [network["name"] for network in report["networks"] if network["name"] != OUTSIDE]
    ranked = sorted(names, key=lambda name: (name not in failed, -peers[name]))
    shown = set(names if len(names) <= MAX_NETWORKS else ranked[: MAX_NETWORKS - 1])
    boxes = {OUTSIDE: Box(OUTSIDE, "Outside", "no declared network")}
    for network in report["networks"]:
        if network["name"] in shown:
            cidrs = network["cidrs"]
            detail = cidrs[0] + (f" and {len(cidrs) - 1} more" if len(cidrs) > 1 else "")
            boxes[network["name"]] = Box(network["name"], network["name"], detail)
    if len(shown) < len(names):
        boxes[REST] = Box(REST, f"{len(names) - len(shown)} more networks", "see the tables")
    return boxes


def _place(network: str, group: str, boxes: t.Container[str]) -> Place:
    return (network, group) if network in boxes else (REST, "hosts")


def _cards(hosts: list[Record]) -> list[Card]:
    """Return a card for each host; of many only those that failed, and one for all others."""
    worst = sorted(hosts, key=lambda host: ORDER.index(host_state(host)))
    shown = hosts
    if len(hosts) > MAX_CARDS:
        shown = [host for host in worst[: MAX_CARDS - 1] if host_state(host) == FAILED]
    cards = [Card(h["name"], h["address"] or "-", h["zone"], host_state(h)) for h in shown]
    rest = [host for host in worst if host not in shown] if len(shown) < len(hosts) else []
    if rest:
        counts = collections.Counter(host_state(host) for host in rest)
        detail = "  ".join(f"{SIGNS[state]} {counts[state]}" for state in ORDER if counts[state])
        more = "more " if shown else ""
        cards.append(Card(f"{len(rest)} {more}hosts", detail, "", host_state(rest[0])))
    return cards


def _arrows(report: Record, places: dict[str, Place]) -> t.Iterator[Arrow]:
    """Yield each flow once for each pair of places that it was measured between.

    Flows from any lead from outside; from within only where they failed, else all would lead
    to all.
    """
    cells = [cell for row in report["matrix"].values() for cell in row.values() if cell["flow"]]
    measured = _by(cells, lambda cell: cell["flow"])
    for flow in report["flows"]:
        own = measured.get(flow["words"], [])
        pairs = _by(own, lambda cell: (places[cell["source"]], places[cell["target"]]))
        for (source, target), probes in pairs.items():
            found = tally(probes)
            if flow["source"] != "any" or source[0] == OUTSIDE or found["state"] == FAILED:
                yield _arrow(flow, source, target, found, probes)
        if not own:
            starts = [places[name] for name in flow["sources"]] or [(OUTSIDE, "")]
            ends = [places[name] for name in flow["targets"]]
            for source, target in itertools.product(dict.fromkeys(starts), dict.fromkeys(ends)):
                yield _arrow(flow, source, target, tally([]), [])


def _thinned(arrows: list[Arrow]) -> list[Arrow]:
    """Return the arrows, but one for each state between a place and the networks not shown."""
    found: dict[t.Any, Arrow] = {}
    for arrow in arrows:
        many = REST in (arrow.source[0], arrow.target[0])
        which = arrow.tally["state"] if many else (arrow.words, arrow.port)
        found.setdefault((arrow.source, arrow.target, which), arrow)
    return list(found.values())


def _arrow(
    flow: Record, source: Place, target: Place, found: Record, probes: list[Record]
) -> Arrow:
    states = collections.Counter(probe["state"] for probe in probes if probe["ok"] is False)
    met = states.most_common(1)[0][0] if states else ""
    door = (flow["port"], flow["protocol"], flow["declared"])
    return Arrow(source, target, *door, met, flow["words"], found)


def _by(records: t.Iterable[Record], key: t.Callable[[Record], t.Any]) -> dict[t.Any, list[Record]]:
    found: dict[t.Any, list[Record]] = {}
    for record in records:
        found.setdefault(key(record), []).append(record)
    return found
