# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find each VM's way to packages and images: an external address, Cloud NAT, or none."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..project.values import Route
from ..rules.stages import Attachment
from .comparison import Comparison
from .finding import Finding

# Routes to both halves of all addresses are as good as a default route and precede it.
HALVES = (IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1"))
# The addresses of private.googleapis.com and restricted.googleapis.com.
GOOGLE = (IPv4Network("199.36.153.8/30"), IPv4Network("199.36.153.4/30"))
# Kinds of ways, as in the module's result.
EXTERNAL, NAT, ONLY_GOOGLE, NONE, UNKNOWN = "external", "nat", "google-only", "none", "undecided"
ONLY_ARTIFACT_REGISTRY = (
    "packages and images come only from Artifact Registry (remote repositories), or are loaded over"
    " SSH"
)


class Way(t.NamedTuple):
    """How a VM reaches the internet: Way("nat", "Cloud NAT nat-vpc-web"); or why it does not."""

    kind: str
    via: str


def ways(comparison: Comparison) -> dict[str, Way]:
    """Return the way out of each host that has a VM."""
    return {name: _way_of_vm(comparison, vm) for name, vm in comparison.attachments.items()}


def outward(attachment: Attachment) -> Attachment:
    """Return a VM at its first interface, which its guest uses for the internet."""
    return Attachment(attachment.instance, attachment.instance.nics[0])


def _way_of_vm(comparison: Comparison, vm: Attachment) -> Way:
    interfaces = (Attachment(vm.instance, nic) for nic in vm.instance.nics)
    first, *others = (_way_of_interface(comparison, each) for each in interfaces)
    better = [way for way in others if way.kind not in (NONE, first.kind)]
    if first.kind not in (NONE, ONLY_GOOGLE) or not better:
        return first
    text = f"its first interface, which the guest uses unless told otherwise, has {first.via};"
    return Way(UNKNOWN, f"{text} another has {better[0].via}")


def way_findings(comparison: Comparison, ways_out: dict[str, Way]) -> t.Iterator[Finding]:
    """Yield findings about VMs without a way out, with one to Google alone, or an unknown one."""
    places: dict[tuple[Way, str, str], list[str]] = {}
    for name, way in ways_out.items():
        instance, nic = outward(comparison.attachments[name])
        places.setdefault((way, nic.network, instance.region), []).append(name)
    for (way, network, region), names in places.items():
        nat = comparison.gcloud.create_nat(network, region) if "no Cloud NAT" in way.via else ""
        if way.kind == NONE:
            text = f"no way to packages and images: {way.via}"
            yield Finding("way-none", listing(names), text, nat)
        elif way.kind == ONLY_GOOGLE:
            text = f"{way.via}: {ONLY_ARTIFACT_REGISTRY}"
            yield Finding("way-google-only", listing(names), text, nat)
        elif way.kind == UNKNOWN:
            yield Finding("way-undecided", listing(names), way.via)


def _way_of_interface(comparison: Comparison, attachment: Attachment) -> Way:
    project, nic = comparison.project, attachment.nic
    if nic.network not in project.networks:
        return Way(UNKNOWN, f"its network {nic.network} is not in the document")
    if project.lacks("routes"):
        return Way(UNKNOWN, "the routes of the network could not be read")
    route = default_route(comparison, attachment)
    if route and route.next_hop != "internet":
        text = f"route {route.name} hands it to {route.next_hop}, whose way is not known"
        return Way(UNKNOWN, text)
    if route and nic.has_external_address:
        return Way(EXTERNAL, "its external address")
    nats = _nats(comparison, attachment)
    if route and nats:
        return Way(NAT, f"Cloud NAT {listing(nats)}")
    if project.lacks("routers") or project.lacks("subnetworks"):
        return Way(UNKNOWN, "no external address, and Cloud NAT could not be read")
    why = "no external address and no Cloud NAT" if route else "no route to the internet"
    subnet = next((each for each in project.subnets if each.ref == nic.subnet), None)
    if subnet and subnet.private_google_access and google_ranges(comparison, attachment):
        return Way(ONLY_GOOGLE, f"{why}, but Private Google Access of {subnet.name}")
    return Way(NONE, why)


def _nats(comparison: Comparison, attachment: Attachment) -> list[str]:
    """Return the names of the Cloud NATs that serve an interface."""
    instance, nic = attachment
    return [
        nat.name
        for router in comparison.project.routers_of(nic.network, instance.region)
        for nat in router.nats
        if nat.subnets is None or nic.subnet in nat.subnets
    ]


def _routes(comparison: Comparison, attachment: Attachment) -> list[Route]:
    """Return the routes that apply to an interface, by priority: the first wins."""
    instance, nic = attachment
    own = [
        route
        for route in comparison.project.routes
        if route.network == nic.network and (not route.tags or route.tags & instance.tags)
    ]
    return sorted(own, key=lambda route: route.priority)


def default_route(comparison: Comparison, attachment: Attachment) -> Route | None:
    """Return the route that an interface's packets to the internet take; None without one.

    If the halves of all addresses have different routes, one whose way is not known is returned.
    """
    routes = [_best_route(_routes(comparison, attachment), half) for half in HALVES]
    return next((r for r in routes if r is None or r.next_hop != "internet"), routes[0])


def _best_route(routes: list[Route], wanted: IPv4Network) -> Route | None:
    """Return the route to a range: the most specific destination, then the lowest priority."""
    fitting = [route for route in routes if wanted.subnet_of(route.destination)]
    if not fitting:
        return None
    closest = max(route.destination.prefixlen for route in fitting)
    equal = [route for route in fitting if route.destination.prefixlen == closest]
    equal = [route for route in equal if route.priority == equal[0].priority]
    # The cloud may take any of several equal routes, so that one with an unknown way counts.
    return next((route for route in equal if route.next_hop != "internet"), equal[0])


def google_ranges(comparison: Comparison, attachment: Attachment) -> list[IPv4Network]:
    """Return the ranges of Google's services to which an interface has a route."""
    routes = _routes(comparison, attachment)
    best = ((each, _best_route(routes, each)) for each in GOOGLE)
    return [each for each, route in best if route and route.next_hop == "internet"]
