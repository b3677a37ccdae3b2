# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Place the hosts of an inventory in the declared networks. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .._values.addresses import is_address, parse_address
from .._values.entries import errors_at, is_list, listing, misfit
from .._values.ranges import Ranges
from .sections import DEFAULT_GROUPS, Groups
from .values import CLIENTS, Flow, Host, Network

HostVars = t.Mapping[str, t.Mapping[str, t.Any]]


def place_hosts(
    groups: Groups, hostvars: HostVars, networks: dict[str, Network], flows: tuple[Flow, ...]
) -> tuple[dict[str, Host], list[str]]:
    """Return the hosts by name, and what is wrong with them.

    Hosts outside of all networks are left out, but for clients; that is wrong where a flow
    names them.
    """
    ranges = Ranges((cidr, each.name) for each in networks.values() for cidr in each.cidrs)
    memberships = _memberships(groups)
    needed, clients = _needed(groups, flows), frozenset(groups.get(CLIENTS, ()))
    found: dict[str, Host] = {}
    problems = []
    for name in dict.fromkeys(groups.get("all", ())):
        values = hostvars.get(name) or {}
        try:
            host = _place(name, values, ranges, tuple(memberships.get(name, ())))
            if host.network or name in clients:
                found[name] = host
            if host.network is None and name in needed:
                raise ValueError(_nowhere(name, values, networks))
        except ValueError as exc:
            problems.append(f"host {name}: {exc}")
    return found, problems + _shared_addresses(found)


def _memberships(groups: Groups) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in sorted(set(groups) - set(DEFAULT_GROUPS)):
        for name in groups[group]:
            found.setdefault(name, []).append(group)
    return found


def _needed(groups: Groups, flows: tuple[Flow, ...]) -> set[str]:
    """Return the hosts that must have a place: a flow names them, other than as clients."""
    everyone, clients = set(groups.get("all", ())), set(groups.get(CLIENTS, ()))
    named = {name for flow in flows for name in (flow.source, flow.target)}
    behind = [{name, *groups.get(name, ())} & everyone for name in named]
    return set().union(*(hosts for hosts in behind if not hosts <= clients))


def _place(
    name: str, values: t.Mapping[str, t.Any], ranges: Ranges, groups: tuple[str, ...]
) -> Host:
    zone = str(values.get("peerlb_zone") or "")
    addresses = _addresses(name, values)
    places = [(network, address) for address in addresses for network in ranges.holding(address)]
    if len(places) > 1:
        shown = ", ".join(f"{address} in {network}" for network, address in places)
        raise ValueError(
            f"has more than one address in the declared networks: {shown};"
            " list the one to use in peerlb_addresses"
        )
    outside = (None, addresses[0] if addresses else "")
    network, address = places[0] if places else outside
    return Host(name, network, address, zone, groups, _public(values))


def _public(values: t.Mapping[str, t.Any]) -> str:
    declared = values.get("peerlb_public_address")
    with errors_at("peerlb_public_address"):
        return parse_address(declared) if declared else ""


def _addresses(name: str, values: t.Mapping[str, t.Any]) -> list[str]:
    """Return what may be a host's address: peerlb_addresses, else how Ansible reaches it."""
    declared = values.get("peerlb_addresses")
    if declared is None:
        reached = values.get("ansible_host") or name
        return [str(reached)] if is_address(reached) else []
    if not is_list(declared):
        raise misfit("peerlb_addresses", declared, "a list of addresses")
    with errors_at("peerlb_addresses"):
        return list(dict.fromkeys(parse_address(address) for address in declared))


def _nowhere(name: str, values: t.Mapping[str, t.Any], networks: dict[str, Network]) -> str:
    shown = ", ".join(_addresses(name, values))
    if shown:
        ranges = listing(f"{n.name} {cidr}" for n in networks.values() for cidr in n.cidrs)
        text = f"{shown} lies in none of the declared networks ({ranges})"
    elif values.get("peerlb_addresses") is not None:
        text = "peerlb_addresses is empty"
    elif values.get("ansible_host"):
        text = f"ansible_host {values['ansible_host']} is not an IPv4 address"
    else:
        text = "has no address"
    return text + "; list the host's addresses in peerlb_addresses"


def _shared_addresses(hosts: dict[str, Host]) -> list[str]:
    """Name hosts with the address of another; outside, many may stand behind one address."""
    owners: dict[str, str] = {}
    placed = [host for host in hosts.values() if host.network]
    return [
        f"host {host.name}: has the address of {owners[host.address]}, {host.address}"
        for host in placed
        if owners.setdefault(host.address, host.name) != host.name
    ]
