# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the peerings of networks with the declaration."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import common, minus, spans
from ..project.values import CloudNetwork, Peering
from ..rules.addresses import PUBLIC, as_text
from .comparison import Comparison
from .finding import Finding

# Peers exchange routes to these ranges without a flag, as to private ranges.
SPECIAL = (
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
)
NEEDS_FLAG = minus(PUBLIC, spans(map(IPv4Network, SPECIAL)))


def peering_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about declared peerings that do not work, and about undeclared ones."""
    for pair in sorted(map(sorted, comparison.topology.peerings)):
        if all(name in comparison.cloud_networks for name in pair):
            yield from _declared_peering(
                comparison, *(comparison.cloud_networks[name] for name in pair)
            )
    seen: set[frozenset[str]] = set()
    for network in comparison.cloud_networks.values():
        for peering in network.peerings:
            peer = comparison.project.networks.get(peering.network)
            both = frozenset((network.name, peer.name if peer else ""))
            if peer is None or peer.name not in comparison.cloud_networks:
                yield _outside(comparison, network, peering)
            elif both not in comparison.topology.peerings and both not in seen:
                seen.add(both)
                yield _undeclared(comparison, network, peer, peering)


def _outside(comparison: Comparison, network: CloudNetwork, peering: Peering) -> Finding:
    """Judge a peering with a network that is not declared, or is not in this project."""
    name = peering.network.rpartition("/")[2]
    if {
        network.name,
        name,
    } in comparison.topology.peerings and name not in comparison.cloud_networks:
        text = f"{peering.name} is {peering.state}; the other side, of {peering.network}, is not"
        text += " in the document"
        text += (
            ": audit its project too"
            if peering.network in comparison.in_other_projects(name)
            else ""
        )
        return Finding("peering-undecided", " and ".join(sorted((network.name, name))), text)
    text = f"{peering.name} ({peering.state}) leads to {peering.network}, which is not declared:"
    text += " who is there, and what may come from there, is not judged"
    return Finding("peering-outside", network.name, text)


def _undeclared(
    comparison: Comparison, network: CloudNetwork, peer: CloudNetwork, peering: Peering
) -> Finding:
    """Judge a peering of two declared networks, which others may need if they are there too."""
    name = " and ".join(sorted((network.name, peer.name)))
    text = f"are peered by {peering.name} ({peering.state}), which is not declared"
    others = [
        attachment.instance.name
        for own in (network, peer)
        for attachment in comparison.unjudged_attachments.get(own.ref, ())
    ]
    if comparison.project.lacks("instances"):
        others = ["VMs that could not be read"]
    if others:
        text += f"; {listing(dict.fromkeys(others))} may need it: their owners have to decide"
        return Finding("peering-undeclared", name, text)
    command = comparison.gcloud.delete_peering(network.name, peering)
    return Finding("peering-undeclared", name, text, command)


def _declared_peering(
    comparison: Comparison, one: CloudNetwork, other: CloudNetwork
) -> t.Iterator[Finding]:
    """Judge both sides of a declared peering."""
    name = f"{one.name} and {other.name}"
    sides = [(one, other), (other, one)]
    missing = [side for side in sides if comparison.peering(side[0].ref, side[1].ref) is None]
    create = comparison.gcloud.create_peering
    creating = "\n".join(create(own.name, peer.name) for own, peer in missing)
    if len(missing) == 2:
        text = "are declared to be peered; neither side has a peering"
        yield Finding("peering-missing", name, text, creating)
    elif missing:
        own, peer = missing[0]
        text = f"{peer.name} has a peering with {own.name}, but {own.name} has none back:"
        yield Finding("peering-one-sided", name, f"{text} no packet passes", creating)
    for own, peer in sides:
        yield from _without_routes(comparison, own, peer)
        found = comparison.peering(own.ref, peer.ref)
        if found and not missing:
            yield from _one_side(comparison, own, peer, found)


def _one_side(
    comparison: Comparison, own: CloudNetwork, peer: CloudNetwork, peering: Peering
) -> t.Iterator[Finding]:
    """Say if one side of a peering is not active, or may be narrower than it seems."""
    name = " and ".join(sorted((own.name, peer.name)))
    text = f"{peering.name} of {own.name}"
    if peering.state == "ACTIVE":
        if peering.unknown:
            text += f" has {listing(peering.unknown)}, which is not known here and may narrow it"
            yield Finding("peering-undecided", name, text)
        return
    text += f" is {peering.state}: {peering.details or 'no details'}"
    command = ""
    if peering.others or peering.unknown:
        text += f"; a new one needs its {listing((*peering.others, *peering.unknown))} too"
    else:
        deleting = comparison.gcloud.delete_peering(own.name, peering)
        command = f"{deleting}\n{comparison.gcloud.create_peering(own.name, peer.name)}"
    yield Finding("peering-inactive", name, text, command)


def _without_routes(
    comparison: Comparison, own: CloudNetwork, peer: CloudNetwork
) -> t.Iterator[Finding]:
    """Say if a peer has no route to public addresses that a network uses privately."""
    out, back = comparison.peering(own.ref, peer.ref), comparison.peering(peer.ref, own.ref)
    subnets = [each for each in comparison.project.subnets if each.network == own.ref]
    addresses = common(spans(cidr for each in subnets for cidr in each.cidrs), NEEDS_FLAG)
    if not addresses or not out or not back or (out.exports_public and back.imports_public):
        return
    lacking = [] if out.exports_public else [(own.name, out, "export")]
    lacking += [] if back.imports_public else [(peer.name, back, "import")]
    which = listing(f"{side.name} of {name} does not {verb} them" for name, side, verb in lacking)
    text = f"{as_text(addresses)} of {own.name} are public addresses, used privately, and {which}:"
    text += f" {peer.name} has no route there"
    lines = [comparison.gcloud.exchange_public_routes(*each) for each in lacking]
    name = f"{own.name} and {peer.name}"
    yield Finding("peering-no-routes", name, text, "\n".join(lines))
