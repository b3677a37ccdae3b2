# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles and probes need of the flows: addresses, ports, grants and targets of probes."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, Flow, Host, TopologyError
from ...module_utils._values.addresses import IPv4Network, parse_cidr
from ...module_utils._values.entries import listing
from .._stack import StackGroups
from .pools import listener_flows
from .probe_name import ProbeName


def flow_address(
    topology: Topology, source: str, target: str = "", protocol: str = ""
) -> tuple[str, int]:
    """Return where a source finds a service: ("10.0.0.2", 3306).

    These are the address of the first host of the flow's target, and the flow's port. `only_flow`
    chooses the flow.
    """
    flow = only_flow(topology, source, target, protocol)
    return topology.members(flow.target)[0].address, flow.port


def only_flow(topology: Topology, source: str, target: str = "", protocol: str = "") -> Flow:
    """Return the only flow from a source; target and protocol, if given, have to fit as well.

    Raises a TopologyError if no flow fits, or more than one.
    """
    fitting = [
        flow
        for flow in topology.flows
        if flow.source == source and target in ("", flow.target) and protocol in ("", flow.protocol)
    ]
    if len(fitting) != 1:
        needed = f"from {source}" + (f" to {target}" if target else "")
        needed += f" with the protocol {protocol}" if protocol else ""
        found = f"{len(fitting)} do: {listing(map(str, fitting))}" if fitting else "none does"
        raise TopologyError([f"topology.flows: one flow has to lead {needed}; {found}"])
    return fitting[0]


def service_port(topology: Topology, group: str, protocol: str, balancer: str) -> int:
    """Return the port at which all hosts of a group serve.

    It is the port of a flow that leads to all of them. Flows from the load balancers come first,
    and among these a flow with the protocol, so that the port of an exporter on the same hosts is
    not taken for the service's. Raises a TopologyError if there is no such flow.
    """
    servers = set(topology.members(group))
    flows = [flow for flow in topology.flows if servers.issubset(topology.members(flow.target))]
    flows.sort(key=lambda flow: (flow.source != balancer, flow.protocol != protocol))
    if not flows:
        raise TopologyError([f"topology.flows: none leads to {group}, which needs a port to serve"])
    return flows[0].port


def service_ports(topology: Topology, stack: StackGroups) -> dict[str, int]:
    """Return the port at which the hosts of each group serve: {"webapp": 3000, "mysql": 3306}.

    The load balancers have listeners instead. A group that may be missing, and is, has no port.
    Raises a TopologyError if no flow leads to a group.
    """
    protocols = {stack.application: "http", stack.database: "mysql"}
    if topology.members(stack.store):
        protocols[stack.store] = "redis"
    return {
        group: service_port(topology, group, protocol, stack.balancer)
        for group, protocol in protocols.items()
    }


def grant_hosts(topology: Topology, target: str, port: int = 0) -> list[str]:
    """Return the host parts of MySQL accounts that may log in at target: ["10.0.0.2"].

    These are the addresses from which flows with the protocol mysql (or flows to the port, if it is
    given) lead to target, as the firewall admits them: those of a group's hosts, or a whole range
    ("10.0.0.0/255.255.0.0") for a flow from a network or a range; ["%"] if such a flow admits any.
    Behind a load balancer, they are the load balancer's, as MySQL does not see the client's
    address. Raises a TopologyError if no such flow leads to target.
    """
    ranges = source_ranges(topology, target, "mysql", port)
    return ["%"] if ranges is None else [_host_part(cidr) for cidr in ranges]


def source_ranges(
    topology: Topology, target: str, protocol: str, port: int = 0
) -> list[IPv4Network] | None:
    """Return the ranges from which target sees flows with a protocol come, or flows to a port.

    None means any. A range that another one covers is left out. Raises a TopologyError if no such
    flow leads to target.
    """
    servers = {host.name for host in topology.members(target)}
    flows = [
        flow
        for flow in topology.flows
        if (flow.port == port if port else flow.protocol == protocol)
        and any(host.name in servers for host in topology.members(flow.target))
    ]
    if any(flow.source == ANY for flow in flows):
        return None
    ranges = dict.fromkeys(cidr for flow in flows for cidr in _source_ranges(topology, flow))
    if not ranges:
        which = f"port {port}" if port else f"protocol {protocol}"
        raise TopologyError([f"topology.flows: no flow with {which} leads to {target}"])
    covered = {one for one in ranges for other in ranges if one != other and one.subnet_of(other)}
    return [cidr for cidr in ranges if cidr not in covered]


def _host_part(cidr: IPv4Network) -> str:
    """Return a range as MySQL writes it: "10.0.0.2", or "10.0.0.0/255.255.0.0"."""
    one = cidr.prefixlen == cidr.max_prefixlen
    return str(cidr.network_address) if one else f"{cidr.network_address}/{cidr.netmask}"


def _source_ranges(topology: Topology, flow: Flow) -> list[IPv4Network]:
    """Return the ranges that a flow comes from; each host of a group is a range of one address."""
    if "/" in flow.source:
        return [parse_cidr(flow.source)]
    if flow.source in topology.networks:
        return list(topology.networks[flow.source].cidrs)
    return [IPv4Network(host.address) for host in topology.members(flow.source) if host.address]


def probe_targets(
    topology: Topology,
    source: Host,
    requests: t.Mapping[tuple[str, int], t.Mapping[str, t.Any]] | None = None,
) -> list[dict[str, t.Any]]:
    """Return what a host must and must not reach, as the module reachability takes it.

    There is one target for each port that flows lead to: {"name": "web1 -> lb1:3306", "address":
    "10.0.0.2", "port": 3306, "protocol": "mysql", "expect": "open"}. A port is expected to be
    closed if no flow admits the host. A port is left out if management may use it, or if the
    declaration does not decide (see `undecided_by`). requests: more options of a target, by the
    name of its host and its port, as `Application.requests` returns them.
    """
    targets = []
    for name, port in topology.flows_by_port:
        target = topology.hosts[name]
        expect = _expected(topology, source, target, port)
        if expect and name != source.name:
            targets.append(
                {
                    "name": str(ProbeName(source.name, name, port)),
                    "address": target.seen_from(source),
                    "port": port,
                    "protocol": topology.protocol(name, port),
                    "expect": expect,
                    **(requests or {}).get((name, port), {}),
                }
            )
    return targets


def _expected(topology: Topology, source: Host, target: Host, port: int) -> str:
    """Return "open" or "closed"; "" if management may use the port, or nothing decides."""
    if topology.admits(source, target, port):
        return "open"
    if topology.managed(source, target, port) or undecided_by(topology, source, target, port):
        return ""
    return "closed"


def undecided_by(topology: Topology, source: Host, target: Host, port: int) -> list[str]:
    """Return the ranges that may or may not admit a source: ["203.0.113.0/24"].

    The declaration does not decide about a source whose address is not known, such as the
    controller, if a flow or management admits a range. It always decides if the address is known.
    """
    if source.address:
        return []
    sources = topology.flows_by_port.get((target.name, port), ())
    managers = [str(entry.source) for entry in topology.management if entry.port == port]
    return [name for name in sources if "/" in name] + managers


def service_address(topology: Topology, balancer: str, source: Host) -> str:
    """Return where a client asks for the service: "10.0.0.2:80".

    This is the address of `service_flow`. Raises a TopologyError if no flow admits the client.
    """
    host, flow = service_flow(topology, balancer, source)
    return f"{host.seen_from(source)}:{flow.port}"


def service_flow(
    topology: Topology, balancer: str, source: Host, prefers_tls: bool = False
) -> tuple[Host, Flow]:
    """Return the load balancer and the flow by which a client asks for the service.

    This is the first load balancer with a flow that admits the client. Flows of http come first,
    then those of https, or with prefers_tls the other way round; then those of tcp. Others do not
    count, as what they lead to is not for clients. Raises a TopologyError if no flow admits the
    client.
    """
    order = ["https", "http", "tcp"] if prefers_tls else ["http", "https", "tcp"]
    flows = [f for f in listener_flows(topology, balancer).values() if f.protocol in order]
    for flow in sorted(flows, key=lambda flow: order.index(flow.protocol)):
        for host in topology.members(balancer):
            if topology.admits(source, host, flow.port):
                return host, flow
    raise TopologyError([f"topology.flows: none admits {source.name} to {balancer}"])
