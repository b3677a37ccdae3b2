# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare networks and their ranges with the declaration."""

from __future__ import annotations

import itertools
import typing as t

from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import cidrs, covers, minus, spans
from ..project.values import Subnet
from .comparison import Comparison
from .finding import Finding

# What cannot be judged without a list of the project.
NOT_JUDGED = {
    "networks": "networks and peerings",
    "subnetworks": "ranges, overlaps and Private Google Access",
    "firewalls": "which flows are open and what else is",
    "routers": "whether a VM without an external address has Cloud NAT",
    "routes": "which way packets take to the internet",
    "instances": "VMs there, and rules that mean VMs by tag or service account",
    "effective_firewalls": "which flows are open there: policies may admit or refuse anything",
}


def gap_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield a finding for each part of the project that could not be read."""
    for gap in comparison.project.gaps:
        lost = NOT_JUDGED.get(gap.what, f"whatever depends on {gap.what}")
        text = f"{gap.what} could not be read in full ({gap.why}); not judged are {lost}"
        yield Finding("document-incomplete", f"{gap.what} {gap.where}".strip(), text)


def network_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about missing networks, missing or undeclared ranges, and overlaps."""
    for name in comparison.topology.networks:
        if name in comparison.cloud_networks:
            yield from _ranges(comparison, name)
        else:
            yield _missing(comparison, name)
    yield from _overlaps(comparison)


def _missing(comparison: Comparison, name: str) -> Finding:
    elsewhere = comparison.in_other_projects(name)
    if elsewhere:
        text = f"is not in {comparison.project.name}, but {elsewhere[0]} is used:"
        text += " audit its project too"
        return Finding("network-undecided", name, text)
    if comparison.project.lacks("networks"):
        return Finding("network-undecided", name, "is not among the networks that could be read")
    project = comparison.project.name or "the project"
    text = f"is declared, but {project} has no network of this name"
    return Finding("network-missing", name, text, comparison.gcloud.create_network(name))


def _ranges(comparison: Comparison, name: str) -> t.Iterator[Finding]:
    """Compare the ranges of a network's subnets with its declared ranges."""
    declared = comparison.topology.networks[name].cidrs
    ref = comparison.cloud_networks[name].ref
    subnets = [each for each in comparison.project.subnets if each.network == ref]
    for subnet in subnets:
        for cidr in subnet.cidrs:
            if not covers(spans(declared), spans([cidr])):
                text = f"{cidr} lies outside of the declared {listing(map(str, declared))}"
                yield Finding("range-undeclared", f"{name} {subnet.name}", text)
    if comparison.project.lacks("subnetworks"):
        return
    there = spans(cidr for subnet in subnets for cidr in subnet.cidrs)
    for cidr in declared:
        left = minus(spans([cidr]), there)
        if left == spans([cidr]):
            command = comparison.gcloud.create_subnet(name, str(cidr))
            yield Finding("range-missing", name, f"no subnet has addresses of {cidr}", command)
        elif left:
            text = f"of {cidr}, no subnet has {listing(cidrs(left))}"
            yield Finding("range-partial", name, text)


def _overlaps(comparison: Comparison) -> t.Iterator[Finding]:
    """Find ranges that overlap between two networks that are peered or share a peer."""
    peers = _peers(comparison)
    ranges = sorted(
        ((cidr, subnet) for subnet in comparison.project.subnets for cidr in subnet.cidrs),
        key=lambda each: (int(each[0][0]), each[0].prefixlen),
    )
    # The ranges so far that reach beyond the first address of the current one.
    reaching: list[tuple[IPv4Network, Subnet]] = []
    for cidr, subnet in ranges:
        reaching = [each for each in reaching if each[0][-1] >= cidr[0]]
        for other, there in reaching:
            shared = _relation(peers, subnet.network, there.network)
            if shared:
                first, second = (s.network.rpartition("/")[2] for s in (there, subnet))
                text = f"{other} of {there.name} overlaps {cidr} of {subnet.name}; {shared}"
                yield Finding("range-overlap", f"{first} and {second}", text)
        reaching.append((cidr, subnet))


def _peers(comparison: Comparison) -> dict[str, set[str]]:
    """Return each network's peers by ref: declared ones, and those that either side names."""
    found: dict[str, set[str]] = {}
    pairs = [(n.ref, p.network) for n in comparison.project.networks.values() for p in n.peerings]
    for pair in comparison.topology.peerings:
        refs = [
            comparison.cloud_networks[name].ref
            for name in pair
            if name in comparison.cloud_networks
        ]
        pairs += itertools.permutations(refs, 2)
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def _relation(peers: dict[str, set[str]], one: str, other: str) -> str:
    """Say why two networks must not overlap; "" if they may."""
    if one == other:
        return ""
    if other in peers.get(one, ()):
        return "the networks are peered"
    shared = sorted(peers.get(one, set()) & peers.get(other, set()))
    return f"both are peers of {shared[0].rpartition('/')[2]}" if shared else ""
