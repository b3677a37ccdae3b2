# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the sections of a declaration and name every entry at fault. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t

from .._values.addresses import IPv4Network, is_address, parse_cidr, parse_network_cidr
from .._values.entries import (
    errors_at,
    is_list,
    listing,
    misfit,
    one_of,
    parse_port,
    read_mapping,
    shown,
    suggestion,
    text,
    unknown_keys,
)
from .._values.protocols import PROTOCOLS
from .values import ANY, Flow, Management, Network

SECTIONS = ("networks", "peerings", "flows", "management")
EXPECTED = "expected_hosts"  # the one part of a declaration that is a mapping
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
DEFAULT_GROUPS = ("all", "ungrouped")  # Ansible makes these two in every inventory

Groups = t.Mapping[str, t.Sequence[str]]  # the names of hosts by group


class Reader:
    """Reads the sections of a declaration, the networks before all others.

    Each method returns the values of the entries that make sense. problems: a message for each of
    the other entries, which begins with the entry's place, such as "topology.flows[2]".
    """

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.hosts = frozenset(groups.get("all", ()))
        # The names of all networks, also of those with another fault: a peering or a flow that
        # names one of them is not at fault itself.
        self.names: list[str] = []
        self.problems: list[str] = []

    def sections(self, declaration: t.Any) -> dict[str, t.Sequence]:
        """Return each section as a list, which is empty where the section is not declared."""
        if declaration is None:
            self.problems.append("topology: is not declared")
        elif not isinstance(declaration, t.Mapping):
            self.problems.append("topology: is not a mapping with networks, peerings and flows")
        if not isinstance(declaration, t.Mapping):
            return {name: [] for name in SECTIONS}
        unknown = unknown_keys((key for key in declaration if key != EXPECTED), SECTIONS)
        self.problems += [f"topology: {problem}" for problem in unknown]
        sections = {name: declaration.get(name) for name in SECTIONS}
        for name, entries in sections.items():
            if entries is not None and not is_list(entries):
                self.problems.append(f"topology.{name}: {misfit('', entries, 'a list')}")
        if sections["networks"] in (None, []):
            self.problems.append("topology.networks: declares no network")
        return {name: (each or []) if is_list(each) else [] for name, each in sections.items()}

    def _each(
        self, section: str, entries: t.Sequence, read: t.Callable[[t.Any], t.Any]
    ) -> list[t.Any]:
        """Return what `read` returns for each entry; its ValueError becomes a problem."""
        values = []
        for index, entry in enumerate(entries):
            name = entry.get("name", "") if isinstance(entry, t.Mapping) else ""
            place = f"topology.{section}[{index}]" + (f" {shown(name)}" if name else "")
            try:
                values.append(read(entry))
            except ValueError as exc:
                self.problems.append(f"{place}: {exc}")
        return values

    def networks(self, entries: t.Sequence) -> dict[str, Network]:
        """Return the networks by name."""

        def read(entry: t.Any) -> Network:
            name = text("name", read_mapping(entry, ("name", "cidrs"))["name"])
            self._refuse_name(name)
            self.names.append(name)
            if not is_list(entry["cidrs"]):
                raise misfit("cidrs", entry["cidrs"], "a list of ranges")
            return Network(name, tuple(parse_network_cidr(cidr) for cidr in entry["cidrs"]))

        networks = {network.name: network for network in self._each("networks", entries, read)}
        self._refuse_overlaps(networks)
        return networks

    def _refuse_name(self, name: str) -> None:
        if name in self.names:
            raise ValueError("this name is declared twice")
        if name == ANY or name in self.groups or name in self.hosts:
            meaning = "anybody" if name == ANY else "a group or a host of the inventory"
            raise ValueError(f"this name also means {meaning}; take another")
        if not NAME.fullmatch(name):
            raise ValueError(f"name {shown(name)} is not letters, digits, '_', '.' or '-'")

    def _refuse_overlaps(self, networks: dict[str, Network]) -> None:
        ranges = sorted(
            ((cidr, network.name) for network in networks.values() for cidr in network.cidrs),
            key=lambda item: (int(item[0].network_address), item[0].prefixlen),
        )
        widest: tuple[IPv4Network, str] | None = None
        for cidr, name in ranges:
            if widest and widest[0].overlaps(cidr):
                self.problems.append(
                    f"topology.networks {name}: {cidr} overlaps {widest[0]} of {widest[1]};"
                    " an address must lie in one range only"
                )
            else:
                widest = (cidr, name)

    def peerings(self, entries: t.Sequence) -> frozenset[frozenset[str]]:
        """Return the pairs of the names of networks that are peered."""
        peerings: set[frozenset[str]] = set()

        def read(entry: t.Any) -> None:
            if not is_list(entry) or len(entry) != 2:
                raise misfit("", entry, "a pair of networks")
            first, second = (str(name) for name in entry)
            for name in (first, second):
                if name not in self.names:
                    hint = suggestion(name, self.names)
                    pair = f"{shown(first)} with {shown(second)}"
                    raise ValueError(f"{pair}: no network is named {shown(name)}; {hint}")
            if first == second:
                raise ValueError(f"{first} cannot be peered with itself; name two networks")
            if frozenset((first, second)) in peerings:
                raise ValueError(f"{first} with {second} is declared twice; remove one")
            peerings.add(frozenset((first, second)))

        self._each("peerings", entries, read)
        return frozenset(peerings)

    def expected_hosts(self, declaration: t.Any) -> None:
        """Compare the hosts of groups with those that the declaration expects there, if it does.

        Whoever may set labels in a cloud's project decides what a dynamic inventory finds.
        """
        expected = declaration.get(EXPECTED) if isinstance(declaration, t.Mapping) else None
        if expected is not None and not isinstance(expected, t.Mapping):
            problem = misfit("", expected, "a mapping from groups to lists of hosts")
            self.problems.append(f"topology.{EXPECTED}: {problem}")
            return
        for group, names in (expected or {}).items():
            place = f"topology.{EXPECTED} {shown(group)}"
            if not is_list(names) or not all(isinstance(name, str) for name in names):
                self.problems.append(f"{place}: {misfit('', names, 'a list of hosts')}")
                continue
            there = self.groups.get(group, ())
            missing = [shown(name) for name in names if name not in there]
            others = [shown(name) for name in there if name not in names]
            if missing:
                self.problems.append(f"{place}: the inventory has no {listing(missing)} there")
            if others:
                text = f"{listing(others)} must not be there; remove the host, or expect it"
                self.problems.append(f"{place}: {text}")

    def management(self, entries: t.Sequence) -> tuple[Management, ...]:
        """Return from where Ansible reaches the hosts, in the order declared."""
        management: list[Management] = []

        def read(entry: t.Any) -> None:
            settings = read_mapping(entry, ("from", "port"))
            value = Management(parse_cidr(settings["from"]), parse_port(settings["port"]))
            if value in management:
                raise ValueError(f"{value.source} to {value.port} is declared twice; remove one")
            management.append(value)

        self._each("management", entries, read)
        return tuple(management)

    def flows(self, entries: t.Sequence) -> tuple[Flow, ...]:
        """Return the flows in the order declared."""
        flows: dict[tuple[str, str, int], Flow] = {}

        def read(entry: t.Any) -> None:
            flow = self._flow(read_mapping(entry, ("from", "to", "port"), ("protocol",)))
            twin = flows.setdefault((flow.source, flow.target, flow.port), flow)
            if twin is not flow:
                fault = "is declared twice" if twin == flow else f"contradicts {twin}"
                raise ValueError(f"{flow} {fault}; remove one")

        self._each("flows", entries, read)
        return tuple(flows.values())

    def _flow(self, settings: dict[str, t.Any]) -> Flow:
        source, target = (text(side, settings[side]) for side in ("from", "to"))
        with errors_at(f"{shown(source)} -> {shown(target)}:{shown(settings['port'])}"):
            protocol = one_of("protocol", settings.get("protocol", "tcp"), tuple(PROTOCOLS))
            if target == ANY or "/" in target:
                raise ValueError(
                    f"to {shown(target)}: a flow leads to a group, a host or a network"
                )
            if source not in self.hosts and ("/" in source or ":" in source or is_address(source)):
                source = str(parse_cidr(source))
            elif source != ANY:
                self._refuse_endpoint("from", source)
            self._refuse_endpoint("to", target)
            return Flow(source, target, parse_port(settings["port"]), protocol)

    def _refuse_endpoint(self, side: str, name: str) -> None:
        if name in DEFAULT_GROUPS:
            raise ValueError(f"{side} {name}: name a group, a host or a network, or from any")
        if name in self.groups and not self.groups[name]:
            raise ValueError(f"group {name} has no hosts")
        if name not in self.groups and name not in self.hosts and name not in self.names:
            groups = sorted(set(self.groups) - set(DEFAULT_GROUPS))
            hint = suggestion(name, [*self.names, *groups, *sorted(self.hosts)])
            raise ValueError(f"{side} {shown(name)} is no group, host or network; {hint}")
