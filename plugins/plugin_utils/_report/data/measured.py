# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrange probes by network, by host, by flow, and as a matrix."""

from __future__ import annotations

import typing as t

from ....module_utils._topology.model import Topology
from ....module_utils._topology.values import ANY, Host
from .tally import Record, group_by, tallies, tally


def measured(
    topology: Topology, hosts: dict[str, Host], groups: dict[str, str], probes: list[Record]
) -> Record:
    """Return the parts of a report that say what was measured; groups has the group of each host.

    The keys are any_probed_from, networks, peerings, hosts, flows and matrix; the documentation of
    the filter verification_report describes each.
    """
    return {
        "any_probed_from": _any_probed_from(topology, hosts, probes),
        "networks": _networks(topology, hosts, probes),
        "peerings": sorted(sorted(pair) for pair in topology.peerings),
        "hosts": _hosts(hosts, groups, probes),
        "flows": _declared_flows(topology, probes) + _undeclared_flows(topology, groups, probes),
        "matrix": _matrix(hosts, probes),
    }


def _any_probed_from(topology: Topology, hosts: dict[str, Host], probes: list[Record]) -> Record:
    """Return the hosts that probed the flows from any, by whether they are in a network."""
    flows = {str(flow) for flow in topology.flows if flow.source == ANY}
    names = dict.fromkeys(p["source"] for p in probes if p["flow"] in flows and p["ok"] is not None)
    return {
        "declared": bool(flows),
        "outside": [name for name in names if hosts[name].network is None],
        "inside": [name for name in names if hosts[name].network is not None],
    }


def _networks(topology: Topology, hosts: dict[str, Host], probes: list[Record]) -> list[Record]:
    """Return the networks, each with its probes by the target's network; "" is the outside."""
    network_of = {name: host.network or "" for name, host in hosts.items()}
    pairs = tallies(probes, lambda p: (network_of[p["source"]], network_of[p["target"]]))
    cidrs = {name: [str(c) for c in network.cidrs] for name, network in topology.networks.items()}
    return [
        {
            "name": name,
            "cidrs": own_cidrs,
            "hosts": [host for host, network in network_of.items() if network == name],
            "to": {target: found for (source, target), found in pairs.items() if source == name},
        }
        for name, own_cidrs in {"": [], **cidrs}.items()
    ]


def _hosts(hosts: dict[str, Host], groups: dict[str, str], probes: list[Record]) -> list[Record]:
    as_source = tallies(probes, lambda probe: probe["source"])
    as_target = tallies(probes, lambda probe: probe["target"])
    return [
        {
            "name": host.name,
            "network": host.network,
            "address": host.address,
            "zone": host.zone,
            "group": groups[host.name],
            "as_source": as_source.get(host.name, tally([])),
            "as_target": as_target.get(host.name, tally([])),
        }
        for host in hosts.values()
    ]


def _declared_flows(topology: Topology, probes: list[Record]) -> list[Record]:
    measured_flows = tallies(probes, lambda probe: probe["flow"])
    return [
        {
            **{"words": str(flow), "source": flow.source, "target": flow.target},
            **{"port": flow.port, "protocol": flow.protocol, "declared": True},
            "sources": [h.name for h in topology.members(flow.source) if flow.source != ANY],
            "targets": [host.name for host in topology.members(flow.target)],
            **measured_flows.get(str(flow), tally([])),
        }
        for flow in topology.flows
    ]


def _undeclared_flows(
    topology: Topology, groups: dict[str, str], probes: list[Record]
) -> list[Record]:
    """Return what was found open although no flow declares it, in the shape of a flow."""
    declared = {"", *map(str, topology.flows)}
    undeclared = [probe for probe in probes if probe["flow"] not in declared]
    return [
        {
            "words": words,
            "source": groups[own[0]["source"]],
            "target": groups[own[0]["target"]],
            **{"port": own[0]["port"], "protocol": own[0]["protocol"], "declared": False},
            "sources": list(dict.fromkeys(probe["source"] for probe in own)),
            "targets": list(dict.fromkeys(probe["target"] for probe in own)),
            **tally(own),
        }
        for words, own in group_by(undeclared, lambda probe: probe["flow"]).items()
    ]


def _matrix(hosts: t.Iterable[str], probes: list[Record]) -> dict[str, dict[str, Record]]:
    """Return the probes by source, then by target and port, such as "db1:3306"."""
    rows = {
        source: {f"{probe['target']}:{probe['port']}": probe for probe in own}
        for source, own in group_by(probes, lambda probe: probe["source"]).items()
    }
    return {name: rows[name] for name in hosts if name in rows}
