# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove from the declaration alone that the stack can work. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from ...module_utils._nginx.checks import PoolError
from ...module_utils._nginx.pool import Pool
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow, Host, TopologyError
from ...module_utils._values.addresses import IPv4Network
from ...module_utils._values.entries import listing
from .._derive.flows import grant_hosts, service_port, the_flow
from .._derive.pools import Settings, inward, listeners, outward, pools
from .._stack import StackGroups
from .dead_flows import dead_flows
from .pools import missed_listeners, scattered


@dataclass
class Proof:
    """What was shown, as rows of a table, and what stands against it, one sentence each."""

    topology: Topology
    stack: StackGroups
    rows: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _pools: dict[int, str] = field(default_factory=dict)  # by the port of their listener

    def lines(self) -> list[str]:
        width = max((len(what) for what, _shown in self.rows), default=0)
        return [f"{what:<{width}}  {shown}" for what, shown in self.rows]

    def flows(self) -> None:
        """Show the path of each flow; name those that can never match."""
        flows = self.topology.flows
        ends = {(flow.source, flow.target) for flow in flows}
        paths = {each: path(self.topology, *each) for each in ends}
        self.rows += [(str(flow), paths[flow.source, flow.target]) for flow in flows]
        # These say where something leads, not only that it is admitted.
        used = {flow for flow in flows if flow.source == self.stack.balancer}
        asks = (self.stack.application, "mysql")
        used.update(flow for flow in flows if (flow.source, flow.protocol) == asks)
        self.problems += dead_flows(self.topology, used)

    def pools(self, members: Settings, declared: t.Any) -> None:
        """Prove that each load balancer reaches each member of each pool."""
        flows = outward(self.topology, self.stack.balancer)
        if not flows:
            self.problems.append(f"topology.flows: none leads from {self.stack.balancer} to a pool")
        for pool in pools(self.topology, self.stack.balancer, members, declared):
            flow = flows[pool["name"]]
            names = listing(member["name"] for member in pool["members"])
            self.rows.append((f"pool {pool['name']}", f"{names} at port {flow.port}"))
            if flow.protocol == "mysql" and pool["name"] in self._pools.values():
                self.problems += scattered(Pool.parse(pool), declared)
            for balancer in self.topology.members(self.stack.balancer):
                self._reaches(balancer, self.topology.members(flow.target), flow.port)

    def listeners(self, declared: t.Any) -> None:
        """Show whom each listener admits and where it leads."""
        group = self.stack.balancer
        if not inward(self.topology, group):
            self.problems.append(f"topology.flows: none leads to {group}: it has no listener")
        for each in listeners(self.topology, group, declared):
            self._pools[each["port"]] = each["pool"]
            ends = (group, each["port"])
            clients = [f.source for f in self.topology.flows if (f.target, f.port) == ends]
            text = f"admits {listing(clients)}, leads to {each['pool']} ({each['protocol']})"
            self.rows.append((f"listener {each['port']}", text))
        for protocol, served in (("http", self.stack.application), ("mysql", self.stack.database)):
            led = self._pools.values()
            self.problems += missed_listeners(self.topology, group, protocol, served, led)

    def mysql(self) -> None:
        """Prove that the application's address leads to MySQL, and that MySQL lets it in."""
        topology, stack = self.topology, self.stack
        flow = the_flow(topology, stack.application, protocol="mysql")
        door = topology.members(flow.target)[0]
        clients = topology.members(stack.application)
        for client in clients:
            self._reaches(client, [door], flow.port)
        place = f"{door.address}:{flow.port} on {door.name} in {door.network or 'no network'}"
        self.rows.append((f"{stack.application} finds MySQL at", place))
        if self._pools and door in topology.members(stack.balancer):
            self._relays(flow)
        seen = topology.members(flow.target)
        self._shows_closed(clients, topology.members(stack.database))
        self._granted(clients if door in topology.members(stack.database) else seen)

    def servers(self) -> None:
        """Prove that each service has a port."""
        for group, protocol in ((self.stack.application, "http"), (self.stack.database, "mysql")):
            service_port(self.topology, group, protocol, self.stack.balancer)

    def _shows_closed(self, clients: list[Host], servers: list[Host]) -> None:
        """Show why the application needs a relay, where it does."""
        pairs = {(client.network, server.network) for client in clients for server in servers}
        for one, other in sorted((a, b) for a, b in pairs if a and b):
            if not self.topology.routed(one, other):
                relays = " or ".join(self.topology.relays(one, other))
                self.rows.append((f"{one} -> {other}", f"not peered, only through {relays}"))

    def _relays(self, flow: Flow) -> None:
        """Prove that the listener which the application uses leads to MySQL."""
        group, database = self.stack.balancer, self.stack.database
        pool = outward(self.topology, group).get(self._pools.get(flow.port, ""))
        leads = {host.name for host in self.topology.members(pool.target)} if pool else set()
        if not leads or not leads <= {host.name for host in self.topology.members(database)}:
            self.problems.append(
                f"flow {flow}: {group} leads to {pool.target if pool else 'nothing'} at this port,"
                f" not to {database}"
            )

    def _granted(self, seen: list[Host]) -> None:
        """Prove that those whom MySQL will see can reach it, and that it knows their addresses."""
        database, topology = self.stack.database, self.topology
        servers = topology.members(database)
        ports = {flow.port for flow in topology.flows if flow.protocol == "mysql"}
        granted = grant_hosts(topology, database)
        ranges = [IPv4Network("0.0.0.0/0" if part == "%" else part) for part in granted]
        for host in seen:
            if not any(topology.admits(host, each, port) for each in servers for port in ports):
                self.problems.append(f"{host.name} can not reach {database}: no flow admits it")
            elif not any(IPv4Address(host.address) in cidr for cidr in ranges):
                self.problems.append(
                    f"{database} will see {host.address} ({host.name}), which its grant for"
                    f" {listing(granted)} does not cover"
                )
        shown = listing(f"{host.address} ({host.name})" for host in seen)
        self.rows.append((f"{database} sees", f"{shown}, granted to {listing(granted)}"))

    def _reaches(self, source: Host, targets: list[Host], port: int) -> None:
        self.problems += [
            f"{source.name} can not reach {target.name}:{port}: no flow admits it"
            for target in targets
            if target != source and not self.topology.admits(source, target, port)
        ]


def prove(
    topology: Topology,
    stack: StackGroups,
    members: Settings,
    declared_pools: t.Any = (),
    declared_listeners: t.Any = (),
) -> Proof:
    """Prove each flow's path, the listeners, the application's way to MySQL and its grant.

    members holds peerlb_member by host; the declared ones are settings as in _derive_pools.
    """
    proof = Proof(topology, stack)
    empty = [group for group in stack.names() if not topology.members(group)]
    if empty:
        proof.problems = [f"group {group}: has no host; the stack needs one" for group in empty]
        return proof
    proof.flows()
    for part in (
        lambda: proof.listeners(declared_listeners),
        lambda: proof.pools(members, declared_pools),
        proof.servers,
        proof.mysql,
    ):
        try:
            part()
        except (PoolError, TopologyError) as exc:
            proof.problems += str(exc).splitlines()
    proof.problems = list(dict.fromkeys(proof.problems))
    return proof


def path(topology: Topology, source: str, target: str) -> str:
    """Say what carries a flow: the same network, direct peerings, or the way in from outside."""
    found = []
    origins = topology.networks_of(source)
    for network in topology.networks_of(target):
        passing = [one for one in origins if topology.routed(one, network)]
        peers = [one for one in passing if one and one != network]
        ways = ["from outside"] if None in passing else []
        ways += ["within it"] if network and network in passing else []
        if peers:
            ways.append(f"{'by peering with' if network else 'from'} {listing(peers)}")
        found.append(f"{network or 'outside'}: {', '.join(ways)}")
    return "; ".join(found)
