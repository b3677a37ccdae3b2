# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration and the project side by side: which VM and network is which. No I/O."""

from __future__ import annotations

import bisect
import typing as t
from functools import cached_property

from ..._topology.model import Topology
from ..._topology.values import ANY, Host
from ..._values.addresses import IPv4Network
from ..._values.ranges import Span, common, minus, spans, union
from ..project.values import CloudNetwork, Peering, Project
from ..rules.addresses import ALL_ADDRESSES, PUBLIC, RESERVED_ADDRESSES
from ..rules.commands import Gcloud
from ..rules.judge import Judge
from ..rules.stages import Attachment


class Comparison:
    """What the parts of the audit share; networks and VMs are by the declaration's names."""

    def __init__(self, topology: Topology, project: Project) -> None:
        self.topology, self.project = topology, project
        self.judge, self.gcloud = Judge(project), Gcloud(project)
        declared = (n for n in project.networks.values() if n.name in topology.networks)
        self.cloud_networks: dict[str, CloudNetwork] = {
            network.name: network for network in declared
        }
        self._known_required: dict[tuple[str, str], list[Span]] = {}

    def candidates(self, host: Host) -> list[Attachment]:
        """Return where a host may be in the project: by its name, else by its address."""
        return self._by_name.get(host.name) or [
            attachment
            for attachment in self._by_address.get(host.address, ())
            if self.in_declared_network(attachment, host)
        ]

    def in_declared_network(self, attachment: Attachment, host: Host) -> bool:
        """Tell whether this is the network that the host is declared to stand in."""
        return attachment.nic.network.rpartition("/")[2] == host.network

    @cached_property
    def attachments(self) -> dict[str, Attachment]:
        """The hosts that are where they should be, with the network interface of their address."""
        return {
            host.name: attachment
            for host in self.topology.hosts.values()
            for attachment in self.candidates(host)[::-1]
            if host.network
            and attachment.nic.address == host.address
            and self.in_declared_network(attachment, host)
        }

    @cached_property
    def _by_name(self) -> dict[str, list[Attachment]]:
        return self._grouped(lambda attachment: attachment.instance.name)

    @cached_property
    def _by_address(self) -> dict[str, list[Attachment]]:
        return self._grouped(lambda attachment: attachment.nic.address)

    def _grouped(self, key: t.Callable[[Attachment], str]) -> dict[str, list[Attachment]]:
        found: dict[str, list[Attachment]] = {}
        for attachment in self.all_attachments:
            found.setdefault(key(attachment), []).append(attachment)
        return found

    @cached_property
    def all_attachments(self) -> list[Attachment]:
        return [Attachment(each, nic) for each in self.project.instances for nic in each.nics]

    @cached_property
    def unjudged_attachments(self) -> dict[str, list[Attachment]]:
        """The interfaces of VMs at which nothing is judged, by the network's reference."""
        judged, found = set(self.attachments.values()), dict[str, list[Attachment]]()
        for attachment in self.all_attachments:
            if attachment not in judged:
                found.setdefault(attachment.nic.network, []).append(attachment)
        return found

    def peering(self, own: str, peer: str) -> Peering | None:
        """Return what a network (both by reference) says of its peering with another."""
        network = self.project.networks.get(own)
        found = network.peerings if network else ()
        return next((each for each in found if each.network == peer), None)

    def connected(self, one: str, other: str) -> bool:
        """Tell whether two networks (by reference) are peered, as the project has it now."""
        sides = (self.peering(one, other), self.peering(other, one))
        return one == other or all(side and side.state == "ACTIVE" for side in sides)

    def impossible_sources(self, name: str) -> list[Span]:
        """Return the addresses no packet comes from: reserved ones and networks without a way."""
        return self._unrouted_sources(name)[0]

    def sources_by_route(self, name: str) -> list[Span]:
        """Return the addresses that come here only if routes do lead there, as through a VPN."""
        return self._unrouted_sources(name)[1]

    def _unrouted_sources(self, name: str) -> tuple[list[Span], list[Span]]:
        if name not in self._known_sources:
            there = self.cloud_networks[name].ref if name in self.cloud_networks else ""
            lost = self._unroutable(name, there)
            routed = spans(route.destination for route in self.project.bypass_routes(there))
            routed = ALL_ADDRESSES if self.project.unseen_routes(there) else routed
            perhaps = common(minus(lost, RESERVED_ADDRESSES), routed)
            self._known_sources[name] = (minus(lost, perhaps), perhaps)
        return self._known_sources[name]

    def in_other_projects(self, name: str) -> list[str]:
        """Return the networks of other projects that may be a declared one, by reference."""
        if name in self.cloud_networks:
            return []
        used = [peering.network for n in self.project.networks.values() for peering in n.peerings]
        used += [attachment.nic.network for attachment in self.all_attachments]
        own = f"{self.project.name}/"
        return sorted({ref for ref in used if ref.endswith(f"/{name}") and not ref.startswith(own)})

    def _is_connected(self, name: str, there: str) -> bool:
        return name in self.cloud_networks and self.connected(self.cloud_networks[name].ref, there)

    @cached_property
    def _known_sources(self) -> dict[str, tuple[list[Span], list[Span]]]:
        return {}

    @cached_property
    def declared_addresses(self) -> list[Span]:
        """The addresses of all declared networks."""
        return spans(cidr for n in self.topology.networks.values() for cidr in n.cidrs)

    def required_sources(self, source: str, target: str) -> list[Span]:
        """Return the addresses from which a flow has to reach a network.

        From any means the internet and the declared networks with a way there; other private
        addresses are nobody's.
        """
        key = (source, target)
        if key not in self._known_required:
            wanted = self.topology.addresses(source)
            if source == ANY:
                wanted = union(PUBLIC, self.declared_addresses)
            self._known_required[key] = minus(wanted, self._unroutable(target))
        return self._known_required[key]

    def _unroutable(self, name: str, there: str = "") -> list[Span]:
        """Return the reserved addresses, and those of declared networks without a way here.

        there is this network's reference, if a way counts that is in the project only.
        """
        lost = [
            cidr
            for network in self.topology.networks.values()
            if not self.topology.routed(network.name, name)
            and not (there and self._is_connected(network.name, there))
            for cidr in network.cidrs
        ]
        return union(spans(lost), RESERVED_ADDRESSES)

    def vms_within(self, runs: t.Sequence[Span]) -> list[str]:
        """Name the VMs of declared networks that have one of these addresses."""
        firsts = [first for first, _last in runs]
        return [
            name
            for name, own in self._vm_addresses
            if any(
                (at := bisect.bisect_right(firsts, last)) and first <= runs[at - 1][1]
                for first, last in own
            )
        ]

    @cached_property
    def _vm_addresses(self) -> list[tuple[str, list[Span]]]:
        """What each VM has of the range of its network; elsewhere the same may be another's."""
        found = []
        for attachment in self.all_attachments:
            name = attachment.nic.network.rpartition("/")[2]
            network = self.cloud_networks.get(name)
            if name not in self._declared_spans or (
                network and network.ref != attachment.nic.network
            ):
                continue
            own = [IPv4Network(attachment.nic.address)] if attachment.nic.address else []
            there = common(spans([*own, *attachment.nic.aliases]), self._declared_spans[name])
            found.append((attachment.instance.name, there))
        return found

    @cached_property
    def _declared_spans(self) -> dict[str, list[Span]]:
        return {name: spans(each.cidrs) for name, each in self.topology.networks.items()}
