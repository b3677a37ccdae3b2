# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Place the hosts of an inventory in the declared networks. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t

from .._values.addresses import is_address, parse_address
from .._values.entries import errors_at, is_list, line, listing, misfit, shown
from .._values.ranges import Ranges
from .sections import DEFAULT_GROUPS, Groups
from .values import CLIENTS, Flow, Host, Network

Variables = t.Mapping[str, t.Any]  # the variables of one host
HostVars = t.Mapping[str, Variables]

# A host's name is written into comments of nginx and of nft, and into the names of probes.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}")


def place_hosts(
    groups: Groups,
    hostvars: HostVars,
    networks: dict[str, Network],
    flows: tuple[Flow, ...],
    only: t.Container[str] | None = None,
) -> tuple[dict[str, Host], list[str]]:
    """Return the hosts by name, each in its network, and what is wrong with hosts.

    A host outside of every network is left out unless it is a client. It is a problem if a flow
    names such a host. only: the hosts whose problems count, such as those inside of a limit; others
    with a problem are left out.
    """
    ranges = Ranges((cidr, network.name) for network in networks.values() for cidr in network.cidrs)
    groups_by_host = _groups_by_host(groups)
    needing_network, clients = _needing_network(groups, flows), frozenset(groups.get(CLIENTS, ()))
    hosts: dict[str, Host] = {}
    problems = []
    for name in dict.fromkeys(groups.get("all", ())):
        variables = hostvars.get(name) or {}
        try:
            host = _place(name, variables, ranges, tuple(groups_by_host.get(name, ())))
            if host.network or name in clients:
                hosts[name] = host
            if host.network is None and name in needing_network:
                raise ValueError(_outside_every_network(name, variables, networks))
        except ValueError as exc:
            if only is None or name in only:
                problems.append(f"host {shown(name)}: {exc}")
    return hosts, problems + _shared_addresses(hosts)


def wrong_names(names: t.Iterable[str]) -> list[str]:
    """Return a problem for each name of a host that files of nginx or nft could not hold."""
    right = "the name is not letters, digits, '_', '.', ':' or '-'; rename the host"
    return [f"host {shown(name)}: {right}" for name in names if not NAME.fullmatch(name)]


def _groups_by_host(groups: Groups) -> dict[str, list[str]]:
    by_host: dict[str, list[str]] = {}
    for group in sorted(set(groups) - set(DEFAULT_GROUPS)):
        for host in groups[group]:
            by_host.setdefault(host, []).append(group)
    return by_host


def _needing_network(groups: Groups, flows: tuple[Flow, ...]) -> set[str]:
    """Return the hosts that flows name; clients only if named together with other hosts."""
    every, clients = set(groups.get("all", ())), set(groups.get(CLIENTS, ()))
    endpoints = {endpoint for flow in flows for endpoint in (flow.source, flow.target)}
    members = [{endpoint, *groups.get(endpoint, ())} & every for endpoint in endpoints]
    return set().union(*(hosts for hosts in members if not hosts <= clients))


def _place(name: str, variables: Variables, ranges: Ranges, groups: tuple[str, ...]) -> Host:
    zone = variables.get("peerlb_zone")
    zone = "" if zone is None else line("peerlb_zone", zone)
    addresses = _addresses(name, variables)
    places = [(network, address) for address in addresses for network in ranges.holding(address)]
    if len(places) > 1:
        shown = ", ".join(f"{address} in {network}" for network, address in places)
        raise ValueError(
            f"has more than one address in the declared networks: {shown};"
            " list the one to use in peerlb_addresses"
        )
    outside = (None, addresses[0] if addresses else "")
    network, address = places[0] if places else outside
    return Host(name, network, address, zone, groups, _public_address(variables))


def _public_address(variables: Variables) -> str:
    declared = variables.get("peerlb_public_address")
    with errors_at("peerlb_public_address"):
        return parse_address(declared) if declared else ""


def _addresses(name: str, variables: Variables) -> list[str]:
    """Return a host's addresses: peerlb_addresses, else the one that Ansible connects to."""
    declared = variables.get("peerlb_addresses")
    if declared is None:
        connected = variables.get("ansible_host") or name
        return [str(connected)] if is_address(connected) else []
    if not is_list(declared):
        raise misfit("peerlb_addresses", declared, "a list of addresses")
    with errors_at("peerlb_addresses"):
        return list(dict.fromkeys(parse_address(address) for address in declared))


def _outside_every_network(name: str, variables: Variables, networks: dict[str, Network]) -> str:
    """Return why a host lies in no network, and what to do about it."""
    addresses = ", ".join(_addresses(name, variables))
    if addresses:
        ranges = listing(f"{each.name} {cidr}" for each in networks.values() for cidr in each.cidrs)
        reason = f"{addresses} lies in none of the declared networks ({ranges})"
    elif variables.get("ansible_host") == "":  # inventories/gcp knows no address either
        reason = "has no IPv4 address in a declared network"
    elif variables.get("peerlb_addresses") is not None:
        reason = "peerlb_addresses is empty"
    elif variables.get("ansible_host"):
        reason = f"ansible_host {shown(variables['ansible_host'])} is not an IPv4 address"
    else:
        reason = "has no address"
    return reason + "; list the host's addresses in peerlb_addresses"


def _shared_addresses(hosts: dict[str, Host]) -> list[str]:
    """Return a problem for each host in a network that has the address of another host.

    Hosts outside are left out: many of them may share the address of one NAT gateway.
    """
    owners: dict[str, str] = {}
    placed = [host for host in hosts.values() if host.network]
    return [
        f"host {host.name}: has the address of {owners[host.address]}, {host.address}"
        for host in placed
        if owners.setdefault(host.address, host.name) != host.name
    ]
