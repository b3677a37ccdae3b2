# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration and the project side by side: which network and which VM is which."""

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
    """The declaration (`topology`) and the `project`, which all parts of the audit compare.

    A network `name` is one of the declaration; a `ref` is the cloud's reference to a network.
    """

    def __init__(self, topology: Topology, project: Project) -> None:
        self.topology, self.project = topology, project
        self.judge, self.gcloud = Judge(project), Gcloud(project)
        declared = (n for n in project.networks.values() if n.name in topology.networks)
        # The project's networks that are declared. All declared ones are in topology.networks.
        self.cloud_networks: dict[str, CloudNetwork] = {
            network.name: network for network in declared
        }
        self._required: dict[tuple[str, str], list[Span]] = {}
        self._unpeered: dict[str, tuple[list[Span], list[Span]]] = {}

    # VMs

    @cached_property
    def all_attachments(self) -> list[Attachment]:
        """Every network interface of every VM."""
        return [Attachment(each, nic) for each in self.project.instances for nic in each.nics]

    @cached_property
    def attachments(self) -> dict[str, Attachment]:
        """By host, the VM at the interface that has the host's address in the host's network.

        Hosts of which no VM is there are missing. The audit judges these attachments and no others.
        """
        return {
            host.name: attachment
            for host in self.topology.hosts.values()
            for attachment in self.candidates(host)[::-1]
            if host.network
            and attachment.nic.address == host.address
            and self.in_declared_network(attachment, host)
        }

    @cached_property
    def unjudged_attachments(self) -> dict[str, list[Attachment]]:
        """The other interfaces, by the network's ref: of VMs outside of the inventory, for one."""
        judged, found = set(self.attachments.values()), dict[str, list[Attachment]]()
        for attachment in self.all_attachments:
            if attachment not in judged:
                found.setdefault(attachment.nic.network, []).append(attachment)
        return found

    def candidates(self, host: Host) -> list[Attachment]:
        """Return the attachments that may be a host: those of its name, else of its address."""
        return self._by_name.get(host.name) or [
            attachment
            for attachment in self._by_address.get(host.address, ())
            if self.in_declared_network(attachment, host)
        ]

    def in_declared_network(self, attachment: Attachment, host: Host) -> bool:
        """Tell whether an attachment is in the network that the declaration says for the host."""
        return attachment.nic.network.rpartition("/")[2] == host.network

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

    def vms_within(self, addresses: t.Sequence[Span]) -> list[str]:
        """Return the names of the VMs of declared networks that have one of these addresses."""
        firsts = [first for first, _last in addresses]
        return [
            name
            for name, own in self._vm_addresses
            if any(
                (at := bisect.bisect_right(firsts, last)) and first <= addresses[at - 1][1]
                for first, last in own
            )
        ]

    @cached_property
    def _vm_addresses(self) -> list[tuple[str, list[Span]]]:
        """The addresses of each VM in the ranges of its declared network."""
        found = []
        for attachment in self.all_attachments:
            name = attachment.nic.network.rpartition("/")[2]
            network = self.cloud_networks.get(name)
            # An undeclared network may use the same addresses: its VMs do not count.
            if name not in self._declared_ranges or (
                network and network.ref != attachment.nic.network
            ):
                continue
            own = [IPv4Network(attachment.nic.address)] if attachment.nic.address else []
            there = common(spans([*own, *attachment.nic.aliases]), self._declared_ranges[name])
            found.append((attachment.instance.name, there))
        return found

    @cached_property
    def _declared_ranges(self) -> dict[str, list[Span]]:
        return {name: spans(each.cidrs) for name, each in self.topology.networks.items()}

    # Peerings

    def peering(self, own: str, peer: str) -> Peering | None:
        """Return the peering of a network with another, both by ref; None if it has none."""
        network = self.project.networks.get(own)
        peerings = network.peerings if network else ()
        return next((each for each in peerings if each.network == peer), None)

    def connected(self, one: str, other: str) -> bool:
        """Tell whether two networks, by ref, are the same or actively peered in the project."""
        sides = (self.peering(one, other), self.peering(other, one))
        return one == other or all(side and side.state == "ACTIVE" for side in sides)

    def in_other_projects(self, name: str) -> list[str]:
        """Return the refs of networks in other projects that may be this declared network."""
        if name in self.cloud_networks:
            return []
        used = [peering.network for n in self.project.networks.values() for peering in n.peerings]
        used += [attachment.nic.network for attachment in self.all_attachments]
        own = f"{self.project.name}/"
        return sorted({ref for ref in used if ref.endswith(f"/{name}") and not ref.startswith(own)})

    # Addresses

    @cached_property
    def declared_addresses(self) -> list[Span]:
        """The addresses of all declared networks."""
        return spans(cidr for n in self.topology.networks.values() for cidr in n.cidrs)

    def required_sources(self, source: str, target: str) -> list[Span]:
        """Return the addresses from which a flow has to reach a network, given by name.

        The source "any" means the internet and the declared networks with a way to the target; no
        one has other private addresses.
        """
        key = (source, target)
        if key not in self._required:
            wanted = self.topology.addresses(source)
            if source == ANY:
                wanted = union(PUBLIC, self.declared_addresses)
            self._required[key] = minus(wanted, self._without_way(target, in_cloud=False))
        return self._required[key]

    def impossible_sources(self, name: str) -> list[Span]:
        """Return the addresses from which no packet can come to a network.

        These are reserved addresses, and those of declared networks without a way there.
        """
        return self._unpeered_sources(name)[0]

    def sources_by_route(self, name: str) -> list[Span]:
        """Return the addresses of declared networks that only a route, as to a VPN, may connect."""
        return self._unpeered_sources(name)[1]

    def _unpeered_sources(self, name: str) -> tuple[list[Span], list[Span]]:
        if name not in self._unpeered:
            ref = self.cloud_networks[name].ref if name in self.cloud_networks else ""
            lost = self._without_way(name, in_cloud=True)
            routed = spans(route.destination for route in self.project.bypass_routes(ref))
            routed = ALL_ADDRESSES if self.project.unseen_routes(ref) else routed
            by_route = common(minus(lost, RESERVED_ADDRESSES), routed)
            self._unpeered[name] = (minus(lost, by_route), by_route)
        return self._unpeered[name]

    def _without_way(self, name: str, *, in_cloud: bool) -> list[Span]:
        """Return reserved addresses, and those of declared networks without a peering to this one.

        A peering that is in the project and not declared counts if in_cloud is true.
        """
        lost = [
            cidr
            for network in self.topology.networks.values()
            if not self.topology.routed(network.name, name)
            and not (in_cloud and self._connected_in_cloud(network.name, name))
            for cidr in network.cidrs
        ]
        return union(spans(lost), RESERVED_ADDRESSES)

    def _connected_in_cloud(self, one: str, other: str) -> bool:
        networks = self.cloud_networks
        there = one in networks and other in networks
        return there and self.connected(networks[one].ref, networks[other].ref)
