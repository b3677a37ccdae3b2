# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles and probes need of a declaration. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, Flow, Host, TopologyError
from ...module_utils._values.addresses import IPv4Network, parse_cidr
from ...module_utils._values.entries import listing
from .pools import inward
from .probe_name import ProbeName


def flow_address(
    topology: Topology, source: str, target: str = "", protocol: str = ""
) -> tuple[str, int]:
    """Return the address and port that the one fitting flow leads to, at its first target."""
    flow = the_flow(topology, source, target, protocol)
    return topology.members(flow.target)[0].address, flow.port


def the_flow(topology: Topology, source: str, target: str = "", protocol: str = "") -> Flow:
    """Return the one flow that names source (and target, if given); raise if there are others."""
    fitting = [
        flow
        for flow in topology.flows
        if flow.source == source and target in ("", flow.target) and protocol in ("", flow.protocol)
    ]
    if len(fitting) != 1:
        wanted = f"from {source}" + (f" to {target}" if target else "")
        wanted += f" with the protocol {protocol}" if protocol else ""
        found = f"{len(fitting)} do: {listing(map(str, fitting))}" if fitting else "none does"
        raise TopologyError([f"topology.flows: one flow has to lead {wanted}; {found}"])
    return fitting[0]


def service_port(topology: Topology, group: str, protocol: str, balancer: str) -> int:
    """Return the port of a group's own service: the first that a balancer leads to, as its pool.

    Of several, and where no balancer leads there, one of this protocol. Other flows may lead to
    what else the hosts have, such as an exporter.
    """
    servers = set(topology.members(group))
    flows = [flow for flow in topology.flows if servers.issubset(topology.members(flow.target))]
    flows.sort(key=lambda flow: (flow.source != balancer, flow.protocol != protocol))
    if not flows:
        raise TopologyError([f"topology.flows: none leads to {group}, which needs a port to serve"])
    return flows[0].port


def grant_hosts(topology: Topology, target: str, port: int = 0) -> list[str]:
    """Return the ranges whose hosts may log in at target, as the host part of MySQL accounts.

    MySQL sees the address of whoever connects: behind a load balancer that is the balancer's.
    The flows are those with the protocol mysql, or those to a port, if one is given.
    """
    servers = {host.name for host in topology.members(target)}
    flows = [
        flow
        for flow in topology.flows
        if (flow.port == port if port else flow.protocol == "mysql")
        and any(host.name in servers for host in topology.members(flow.target))
    ]
    if any(flow.source == ANY for flow in flows):
        return ["%"]
    found = [cidr for flow in flows for cidr in _origins(topology, flow)]
    if not found:
        which = f"port {port}" if port else "protocol mysql"
        raise TopologyError([f"topology.flows: no flow with {which} leads to {target}"])
    return [f"{cidr.network_address}/{cidr.netmask}" for cidr in dict.fromkeys(found)]


def _origins(topology: Topology, flow: Flow) -> list[IPv4Network]:
    """Return the networks that a flow comes from; a range, and a client's address, stand alone."""
    if "/" in flow.source:
        return [parse_cidr(flow.source)]
    hosts = topology.members(flow.source)
    outside = [IPv4Network(h.address) for h in hosts if not h.network and h.address]
    names = [name for name in topology.networks_of(flow.source) if name]
    return outside + [cidr for name in names for cidr in topology.networks[name].cidrs]


def probe_targets(topology: Topology, source: Host) -> list[dict[str, t.Any]]:
    """Return every declared service as seen from one host: open if declared, else closed.

    What no declaration decides is left out: a host whose address is not known may or may not
    stand in a range, and management gets in where no flow leads.
    """
    found = []
    for name, port in topology.flows_by_port:
        target = topology.hosts[name]
        admitted = topology.admits(source, target, port)
        if name == source.name or not (admitted or _closed(topology, source, target, port)):
            continue
        found.append(
            {
                "name": str(ProbeName(source.name, name, port)),
                "address": target.seen_from(source),
                "port": port,
                "protocol": topology.protocol(name, port),
                "expect": "open" if admitted else "closed",
            }
        )
    return found


def service_address(topology: Topology, balancer: str, source: Host) -> str:
    """Return where a client asks for the service, as address:port: at the first load balancer."""
    flows = [f for f in inward(topology, balancer).values() if f.protocol != "mysql"]
    flows.sort(key=lambda flow: flow.protocol != "http")
    for flow in flows:
        for host in topology.members(balancer):
            if topology.admits(source, host, flow.port):
                return f"{host.seen_from(source)}:{flow.port}"
    raise TopologyError([f"topology.flows: none admits {source.name} to {balancer}"])


def _closed(topology: Topology, source: Host, target: Host, port: int) -> bool:
    """Tell whether a port must be closed to a host that no flow admits."""
    managed = topology.managed(source, target, port)
    return not (managed or doubts(topology, source, target, port))


def doubts(topology: Topology, source: Host, target: Host, port: int) -> list[str]:
    """Return the ranges that may admit a host to a port, or not, as its address is not known."""
    if source.address:
        return []
    named = [name for name in topology.flows_by_port.get((target.name, port), ()) if "/" in name]
    return named + [str(entry.source) for entry in topology.management if entry.port == port]
