# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the model into plain values that JSON can hold, and back. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .._values.addresses import IPv4Network
from .model import Topology
from .values import Flow, Host, Management, Network

Plain = dict[str, t.Any]


def to_plain(topology: Topology) -> Plain:
    """Return the model as mappings and lists of text and numbers.

    The result is smaller than the declaration and the variables of the hosts that the model was
    read from, and `from_plain` needs no further look at them.
    """
    return {
        "networks": {
            network.name: [str(cidr) for cidr in network.cidrs]
            for network in topology.networks.values()
        },
        "peerings": sorted(sorted(pair) for pair in topology.peerings),
        "hosts": [list(vars(host).values()) for host in topology.hosts.values()],
        "flows": [list(vars(flow).values()) for flow in topology.flows],
        "management": [[str(entry.source), entry.port] for entry in topology.management],
    }


def from_plain(plain: Plain) -> Topology:
    """Return the model that `to_plain` was given."""
    return Topology(
        {
            name: Network(name, tuple(IPv4Network(cidr) for cidr in cidrs))
            for name, cidrs in plain["networks"].items()
        },
        frozenset(frozenset(pair) for pair in plain["peerings"]),
        {host.name: host for host in map(_host, plain["hosts"])},
        tuple(Flow(*flow) for flow in plain["flows"]),
        tuple(Management(IPv4Network(source), port) for source, port in plain["management"]),
    )


def _host(values: t.Sequence[t.Any]) -> Host:
    name, network, address, zone, groups, public = values
    return Host(name, network, address, zone, tuple(groups), public)
