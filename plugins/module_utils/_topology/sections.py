# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a declaration into values and name every entry at fault. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t

from .._values.addresses import IPv4Network, is_address, parse_cidr, parse_network_cidr
from .._values.entries import (
    errors_at,
    is_list,
    misfit,
    one_of,
    parse_port,
    read_mapping,
    suggestion,
    unknown_keys,
)
from .._values.protocols import PROTOCOLS
from .values import ANY, Flow, Management, Network

SECTIONS = ("networks", "peerings", "flows", "management")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
DEFAULT_GROUPS = ("all", "ungrouped")

Groups = t.Mapping[str, t.Sequence[str]]


class Reader:
    """Reads the sections one after the other and collects what is wrong with them."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.hosts = frozenset(groups.get("all", ()))
        self.names: list[str] = []  # networks, those whose entry is at fault too
        self.problems: list[str] = []

    def sections(self, declaration: t.Any) -> dict[str, t.Sequence]:
        """Return each section as a list, empty where it is not declared."""
        if declaration is None:
            self.problems.append("topology: is not declared")
        elif not isinstance(declaration, t.Mapping):
            self.problems.append("topology: is not a mapping with networks, peerings and flows")
        if not isinstance(declaration, t.Mapping):
            return {name: [] for name in SECTIONS}
        unknown = unknown_keys(declaration, SECTIONS)
        self.problems += [f"topology: {problem}" for problem in unknown]
        found = {name: declaration.get(name) for name in SECTIONS}
        for name, value in found.items():
            if value is not None and not is_list(value):
                self.problems.append(f"topology.{name}: is {value!r}, not a list")
        if found["networks"] in (None, []):
            self.problems.append("topology.networks: declares no network")
        return {name: (value or []) if is_list(value) else [] for name, value in found.items()}

    def _each(
        self, section: str, entries: t.Sequence, read: t.Callable[[t.Any], t.Any]
    ) -> list[t.Any]:
        """Read each entry; an entry at fault becomes a problem under its own place."""
        values = []
        for number, entry in enumerate(entries):
            name = entry.get("name", "") if isinstance(entry, t.Mapping) else ""
            where = f"topology.{section}[{number}]" + (f" {name}" if name else "")
            try:
                values.append(read(entry))
            except ValueError as exc:
                self.problems.append(f"{where}: {exc}")
        return values

    def networks(self, entries: t.Sequence) -> dict[str, Network]:
        def read(entry: t.Any) -> Network:
            name = str(read_mapping(entry, ("name", "cidrs"))["name"])
            self._refuse_name(name)
            self.names.append(name)
            if not is_list(entry["cidrs"]):
                raise misfit("cidrs", entry["cidrs"], "a list of ranges")
            return Network(name, tuple(parse_network_cidr(cidr) for cidr in entry["cidrs"]))

        found = {network.name: network for network in self._each("networks", entries, read)}
        self._refuse_overlaps(found)
        return found

    def _refuse_name(self, name: str) -> None:
        if name in self.names:
            raise ValueError("this name is declared twice")
        if name == ANY or name in self.groups or name in self.hosts:
            what = {ANY: "anybody"}.get(name, "a group or a host of the inventory")
            raise ValueError(f"this name also means {what}; take another")
        if not NAME.fullmatch(name):
            raise ValueError(f"name {name} is not letters, digits, '_', '.' or '-'")

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
        found: set[frozenset[str]] = set()

        def read(entry: t.Any) -> None:
            if not is_list(entry) or len(entry) != 2:
                raise misfit("", entry, "a pair of networks")
            first, second = (str(name) for name in entry)
            for name in (first, second):
                if name not in self.names:
                    known = suggestion(name, self.names)
                    raise ValueError(f"{first} with {second}: no network is named {name}; {known}")
            if first == second:
                raise ValueError(f"{first} can not be peered with itself; name two networks")
            if frozenset((first, second)) in found:
                raise ValueError(f"{first} with {second} is declared twice; remove one")
            found.add(frozenset((first, second)))

        self._each("peerings", entries, read)
        return frozenset(found)

    def management(self, entries: t.Sequence) -> tuple[Management, ...]:
        found: list[Management] = []

        def read(entry: t.Any) -> None:
            values = read_mapping(entry, ("from", "port"))
            value = Management(parse_cidr(values["from"]), parse_port(values["port"]))
            if value in found:
                raise ValueError(f"{value.source} to {value.port} is declared twice; remove one")
            found.append(value)

        self._each("management", entries, read)
        return tuple(found)

    def flows(self, entries: t.Sequence) -> tuple[Flow, ...]:
        found: dict[tuple[str, str, int], Flow] = {}

        def read(entry: t.Any) -> None:
            flow = self._flow(read_mapping(entry, ("from", "to", "port"), ("protocol",)))
            twin = found.setdefault((flow.source, flow.target, flow.port), flow)
            if twin is not flow:
                how = "is declared twice" if twin == flow else f"contradicts {twin}"
                raise ValueError(f"{flow} {how}; remove one")

        self._each("flows", entries, read)
        return tuple(found.values())

    def _flow(self, values: dict[str, t.Any]) -> Flow:
        source, target = str(values["from"]), str(values["to"])
        with errors_at(f"{source} -> {target}:{values['port']}"):
            protocol = one_of("protocol", values.get("protocol", "tcp"), tuple(PROTOCOLS))
            if target == ANY or "/" in target:
                raise ValueError(f"to {target}: a flow leads to a group, a host or a network")
            if source not in self.hosts and ("/" in source or ":" in source or is_address(source)):
                source = str(parse_cidr(source))
            elif source != ANY:
                self._refuse_endpoint("from", source)
            self._refuse_endpoint("to", target)
            return Flow(source, target, parse_port(values["port"]), protocol)

    def _refuse_endpoint(self, side: str, name: str) -> None:
        if name in DEFAULT_GROUPS:
            raise ValueError(f"{side} {name}: name a group, a host or a network, or from any")
        if name in self.groups and not self.groups[name]:
            raise ValueError(f"group {name} has no hosts")
        if name not in self.groups and name not in self.hosts and name not in self.names:
            known = [
                *self.names,
                *sorted(set(self.groups) - set(DEFAULT_GROUPS)),
                *sorted(self.hosts),
            ]
            raise ValueError(
                f"{side} {name} is no group, host or network; {suggestion(name, known)}"
            )
