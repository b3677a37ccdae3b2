# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find each VM's way to packages and images. No Ansible, no I/O.

This module util is private to the collection.
"""

from __future__ import annotations

import typing as t

from ._gcp_addresses import INTERNET, said
from ._gcp_answers import UNDECIDED
from ._gcp_audit_flows import Look, because
from ._gcp_finding import Finding
from ._gcp_rule_values import EGRESS
from ._gcp_site import Site
from ._gcp_stages import Seat
from ._gcp_values import Route
from ._topology_entries import listing
from ._topology_ranges import covers, spans
from ._topology_values import IPv4Network

DEFAULT = IPv4Network("0.0.0.0/0")
# Where private.googleapis.com and restricted.googleapis.com are.
GOOGLE = (IPv4Network("199.36.153.8/30"), IPv4Network("199.36.153.4/30"))
EXTERNAL, NAT, ONLY_GOOGLE, NONE, UNKNOWN = "external", "nat", "google-only", "none", "undecided"
FOLLOWS = (
    "packages and images come only from Artifact Registry (remote repositories), or are loaded over"
    " SSH"
)


class Way(t.NamedTuple):
    """How a VM gets at the internet, by what, or why it does not."""

    kind: str
    via: str


def ways(site: Site) -> dict[str, Way]:
    return {name: _way(site, seat) for name, seat in site.seats.items()}


def way_findings(site: Site, found: dict[str, Way]) -> t.Iterator[Finding]:
    """Say for which VMs it is not clear where their packages come from."""
    places: dict[tuple[Way, str, str], list[str]] = {}
    for name, way in found.items():
        seat = site.seats[name]
        places.setdefault((way, seat.nic.network, seat.instance.region), []).append(name)
    for (way, network, region), names in places.items():
        nat = site.gcloud.create_nat(network, region) if "no Cloud NAT" in way.via else ""
        if way.kind == NONE:
            text = f"no way to packages and images: {way.via}"
            yield Finding("way-none", listing(names), text, nat)
        elif way.kind == ONLY_GOOGLE:
            yield Finding("way-google-only", listing(names), f"{way.via}: {FOLLOWS}", nat)
        elif way.kind == UNKNOWN:
            yield Finding("way-undecided", listing(names), way.via)
    yield from _blocked(site, found)


def _way(site: Site, seat: Seat) -> Way:
    project, nic = site.project, seat.nic
    if nic.network not in project.networks:
        return Way(UNKNOWN, f"its network {nic.network} is not in the document")
    if project.lacks("routes"):
        return Way(UNKNOWN, "the routes of the network could not be read")
    route = _default(site, seat)
    if route and route.hop != "internet":
        return Way(UNKNOWN, f"route {route.name} hands it to {route.hop}, whose way is not known")
    if route and nic.external:
        return Way(EXTERNAL, "its external address")
    nats = _nats(site, seat)
    if route and nats:
        return Way(NAT, f"Cloud NAT {listing(nats)}")
    if project.lacks("routers") or project.lacks("subnetworks"):
        return Way(UNKNOWN, "no external address, and Cloud NAT could not be read")
    why = "no external address and no Cloud NAT" if route else "no route to the internet"
    subnet = next((each for each in project.subnets if each.ref == nic.subnet), None)
    if subnet and subnet.google_access and (route or _to_google(site, seat)):
        return Way(ONLY_GOOGLE, f"{why}, but Private Google Access of {subnet.name}")
    return Way(NONE, why)


def _nats(site: Site, seat: Seat) -> list[str]:
    return [
        nat.name
        for router in site.project.routers_of(seat.nic.network, seat.instance.region)
        for nat in router.nats
        if nat.subnets is None or seat.nic.subnet in nat.subnets
    ]


def _routes(site: Site, seat: Seat) -> list[Route]:
    """Return the routes of a VM, those with tags only if it has one of them; the first wins."""
    own = [
        route
        for route in site.project.routes
        if route.network == seat.nic.network and (not route.tags or route.tags & seat.instance.tags)
    ]
    return sorted(own, key=lambda route: route.priority)


def _default(site: Site, seat: Seat) -> Route | None:
    found = [route for route in _routes(site, seat) if route.destination == DEFAULT]
    equal = [route for route in found if route.priority == found[0].priority]
    # Of equal ones that differ, any may be taken: the one whose way is not known decides.
    return next((r for r in equal if r.hop != "internet"), equal[0] if equal else None)


def _to_google(site: Site, seat: Seat) -> bool:
    return any(
        route.hop == "internet" and covers(spans([route.destination]), spans([google]))
        for route in _routes(site, seat)
        for google in GOOGLE
    )


def _blocked(site: Site, found: dict[str, Way]) -> t.Iterator[Finding]:
    """Name the VMs that have a way, and whose rules do not let them use all of it."""
    look = Look(site, EGRESS, 443)
    for name, way in found.items():
        if way.kind in (EXTERNAL, NAT):
            look.at(name, INTERNET)
    for shut, names in look.found.items():
        text = f"to {said(shut.runs)} on tcp:443 it is {because(shut.answer)}"
        kind = "way-undecided" if shut.answer.state == UNDECIDED else "way-blocked"
        command = look.mend("packages", shut, names) if kind == "way-blocked" else ""
        yield Finding(kind, listing(names), text, command, shut.answer.rules)
