# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn probes round: by network, by host, by flow, as a matrix. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ....module_utils._topology.model import Topology
from ....module_utils._topology.values import ANY, Host
from .tally import Record, tallies, tally

ENDS = ("source", "target")


def measured(
    topology: Topology, hosts: dict[str, Host], names: dict[str, str], probes: list[Record]
) -> Record:
    """Return what was measured; names hold the group of each host."""
    return {
        "any_probed_from": _vantages(topology, hosts, probes),
        "networks": _networks(topology, hosts, probes),
        "peerings": sorted(sorted(pair) for pair in topology.peerings),
        "hosts": _hosts(hosts, names, probes),
        "flows": _flows(topology, names, probes),
        "matrix": _matrix(hosts, probes),
    }


def _vantages(topology: Topology, hosts: dict[str, Host], probes: list[Record]) -> Record:
    """Name the hosts that tried the flows from any, by where they stand."""
    words = {str(flow) for flow in topology.flows if flow.source == ANY}
    names = dict.fromkeys(p["source"] for p in probes if p["flow"] in words and p["ok"] is not None)
    return {
        "declared": bool(words),
        "outside": [name for name in names if hosts[name].network is None],
        "inside": [name for name in names if hosts[name].network is not None],
    }


def _networks(topology: Topology, hosts: dict[str, Host], probes: list[Record]) -> list[Record]:
    """Return the networks, each with its probes by the network they led to; "" is outside."""
    where = {name: host.network or "" for name, host in hosts.items()}
    crossings = tallies(probes, lambda probe: (where[probe["source"]], where[probe["target"]]))
    cidrs = {name: [str(c) for c in network.cidrs] for name, network in topology.networks.items()}
    return [
        {
            "name": name,
            "cidrs": own,
            "hosts": [host for host, network in where.items() if network == name],
            "to": {there: found for (here, there), found in crossings.items() if here == name},
        }
        for name, own in {"": [], **cidrs}.items()
    ]


def _hosts(hosts: dict[str, Host], names: dict[str, str], probes: list[Record]) -> list[Record]:
    outward = tallies(probes, lambda probe: probe["source"])
    inward = tallies(probes, lambda probe: probe["target"])
    return [
        {
            "name": host.name,
            "network": host.network,
            "address": host.address,
            "zone": host.zone,
            "group": names[host.name],
            "as_source": outward.get(host.name, tally([])),
            "as_target": inward.get(host.name, tally([])),
        }
        for host in hosts.values()
    ]


def _flows(topology: Topology, names: dict[str, str], probes: list[Record]) -> list[Record]:
    """Return the declared flows, then those that are open though nothing declares them."""
    found = tallies((probe for probe in probes if probe["flow"]), lambda probe: probe["flow"])
    flows = [
        {
            **{"words": str(flow), "source": flow.source, "target": flow.target},
            **{"port": flow.port, "protocol": flow.protocol, "declared": True},
            "sources": [h.name for h in topology.members(flow.source) if flow.source != ANY],
            "targets": [host.name for host in topology.members(flow.target)],
            **found.pop(str(flow), tally([])),
        }
        for flow in topology.flows
    ]
    for words, own in found.items():
        probe = next(probe for probe in probes if probe["flow"] == words)
        source, target = names[probe["source"]], names[probe["target"]]
        door = {"port": probe["port"], "protocol": probe["protocol"], "declared": False}
        ends = {"words": words, "source": source, "target": target}
        every = [each for each in probes if each["flow"] == words]
        hosts = {f"{end}s": list(dict.fromkeys(p[end] for p in every)) for end in ENDS}
        flows.append({**ends, **door, **hosts, **own})
    return flows


def _matrix(hosts: t.Iterable[str], probes: list[Record]) -> dict[str, dict[str, Record]]:
    """Return the probes by source, then by target and port."""
    found: dict[str, dict[str, Record]] = {}
    for probe in probes:
        found.setdefault(probe["source"], {})[f"{probe['target']}:{probe['port']}"] = probe
    return {name: found[name] for name in hosts if name in found}
