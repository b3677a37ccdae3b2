# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove from the declaration alone that the stack can work."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from ...module_utils._nginx.checks import PoolError
from ...module_utils._nginx.pool import Pool
from ...module_utils._nginx.upstreams import refuse_unsupported
from ...module_utils._nginx.versions import NEWEST
from ...module_utils._topology.hosts import HostVars, Variables
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow, Host, TopologyError
from ...module_utils._values.addresses import IPv4Network
from ...module_utils._values.entries import listing
from .._derive.engine import (
    IN_USE,
    POOLS,
    declared_ranges,
    engine_networks,
    overlaps,
    used_ranges,
)
from .._derive.flows import grant_hosts, only_flow, service_ports
from .._derive.pools import (
    MemberSettings,
    listener_flows,
    listeners,
    pool_flows,
    pools,
    with_routes,
)
from .._stack import StackGroups
from .binds import Bind, clashes, host_binds, misplaced
from .dead_flows import dead_flows
from .edge import prove_certificates, prove_servers, prove_store
from .pools import flows_without_listener, judged_members, unreplicated_members

JUDGED = (
    "max_fails is above 0, so nginx leaves a member out for everybody once one client has asked for"
    " enough answers that break off, are late or are errors of retry_on"
)

# The variables of hosts of which the proof depends, besides those of pools and listeners.
HOST_VARIABLES = (
    "ansible_port",
    "ansible_ssh_port",
    "nginx_lb_status_port",
    "nginx_lb_pool_port",
    "docker_daemon_config",
    *IN_USE,
)
STORES = ("mysql", "redis")  # protocols of what keeps data, for which somebody has to replicate


@dataclass
class Proof:
    """What was proven and what stands against it; each method proves one part and adds to both.

    rows: pairs for a table, such as ("listener 80", "admits any, leads to webapp (http)");
    problems: one sentence each.
    """

    topology: Topology
    stack: StackGroups
    rows: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _listeners: list[dict[str, t.Any]] = field(default_factory=list)
    _pools: list[dict[str, t.Any]] = field(default_factory=list)
    _ports: dict[str, int] = field(default_factory=dict)  # where these groups serve
    _pool_by_port: dict[int, str] = field(default_factory=dict)  # where each listener leads
    _pools_by_protocol: dict[str, set[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the rows as lines of a table without a head."""
        width = max((len(subject) for subject, _proven in self.rows), default=0)
        return [f"{subject:<{width}}  {proven}" for subject, proven in self.rows]

    def attempt(self, prove_part: t.Callable[[], None]) -> None:
        """Prove a part; if it cannot be derived, its errors are problems."""
        try:
            prove_part()
        except (PoolError, TopologyError) as exc:
            self.problems += str(exc).splitlines()

    def prove_flows(self) -> None:
        """Add the path of each flow, and a problem for each flow that can never match."""
        flows = self.topology.flows
        ends = {(flow.source, flow.target) for flow in flows}
        paths = {pair: path(self.topology, *pair) for pair in ends}
        self.rows += [(str(flow), paths[flow.source, flow.target]) for flow in flows]
        # These flows also say where a pool or the application leads, so they are never superfluous.
        used = {flow for flow in flows if flow.source == self.stack.balancer}
        to_stores = [(self.stack.application, each) for each in STORES]
        used.update(flow for flow in flows if (flow.source, flow.protocol) in to_stores)
        self.problems += dead_flows(self.topology, used)

    def prove_listeners(self, listener_settings: t.Any, variables: HostVars) -> None:
        """Add whom each listener admits and where it leads, by the URL map too.

        variables: `peerlb_url_map` by host, of which the first counts.
        """
        group = self.stack.balancer
        if not listener_flows(self.topology, group):
            self.problems.append(f"topology.flows: none leads to {group}: it has no listener")
        declared = listeners(self.topology, group, listener_settings)
        known = (variables.get(host.name, {}) for host in self.topology.members(group))
        url_map = next(filter(None, (own.get("peerlb_url_map") for own in known)), None)
        self._listeners = with_routes(declared, self.topology, group, url_map)
        self.problems += misplaced(self.topology, group, self._listeners)
        for listener in self._listeners:
            port, pool = listener["port"], listener["pool"]
            self._pool_by_port[port] = pool
            leads = [pool, *listener["routes"]]
            self._pools_by_protocol.setdefault(listener["protocol"], set()).update(leads)
            flows = [f for f in self.topology.flows if (f.target, f.port) == (group, port)]
            clients = listing(flow.source for flow in flows)
            spoken = "https" if listener["tls"] else listener["protocol"]
            text = f"admits {clients}, leads to {listing(leads)} ({spoken})"
            self.rows.append((f"listener {port}", text))
        used = set().union(*self._pools_by_protocol.values())
        stack = self.stack
        for protocol, served in zip(("http", *STORES), (stack.application, *stack.every()[2:])):
            self.problems += flows_without_listener(self.topology, group, protocol, served, used)

    def prove_pools(self, member_settings: MemberSettings, pool_settings: t.Any) -> None:
        """Add the members of each pool; each load balancer has to reach each of them.

        `prove_listeners` comes before, as only pools that listeners lead to can scatter rows.
        """
        flows = pool_flows(self.topology, self.stack.balancer)
        if not flows:
            self.problems.append(f"topology.flows: none leads from {self.stack.balancer} to a pool")
        self._pools = pools(self.topology, self.stack.balancer, member_settings, pool_settings)
        for pool in self._pools:
            flow = flows[pool["name"]]
            names = listing(member["name"] for member in pool["members"])
            self.rows.append((f"pool {pool['name']}", f"{names} at port {flow.port}"))
            parsed = Pool.parse(pool)
            for protocol, names_of_pools in self._pools_by_protocol.items():
                if pool["name"] in names_of_pools:
                    refuse_unsupported(parsed, protocol, NEWEST)
            if flow.protocol in STORES and pool["name"] in self._pool_by_port.values():
                self.problems += unreplicated_members(parsed, pool_settings)
            if pool["name"] in self._pools_by_protocol.get("http", ()) and (
                judged := judged_members(parsed)
            ):
                self.rows.append((f"warning {pool['name']}", f"{listing(judged)}: {JUDGED}"))
            for balancer in self.topology.members(self.stack.balancer):
                self._require_flow(balancer, self.topology.members(flow.target), flow.port)

    def prove_ports(self) -> None:
        """Add a problem (as a TopologyError) if a service has no port to serve."""
        self._ports = service_ports(self.topology, self.stack)

    def prove_hosts(self, variables: HostVars) -> None:
        """Add problems with what hosts use without a flow: ports, and addresses for containers.

        `prove_listeners` and `prove_ports` come before. variables: HOST_VARIABLES by host.
        """
        hosts = [self.topology.members(group) for group in self.stack.every()]
        alone = [own[0].name for own in hosts if len(own) == 1]
        self.problems += [
            f"host {name}: stands alone in two groups of the stack, and what is between them passes"
            " no network; give each group a host of its own"
            for name in dict.fromkeys(alone)
            if alone.count(name) > 1
        ]
        ranges = declared_ranges(self.topology)
        settings = engine_networks(ranges)
        if settings:
            bases = [each["base"] for each in settings[POOLS]]
            self.rows.append(("Docker's networks", f"lie in {listing(bases)}"))
        for name in dict.fromkeys(host.name for own in hosts for host in own):
            own = variables.get(name, {})
            try:
                found = overlaps(own.get("docker_daemon_config"), [*ranges, *used_ranges(own)])
                if self._ports:
                    found += clashes(self._binds(name, own))
            except ValueError as exc:
                found = [str(exc)]
            self.problems += [f"host {name}: {problem}" for problem in found]

    def _binds(self, name: str, variables: Variables) -> list[Bind]:
        # A listener that leads nowhere is refused already, and its port is bound all the same.
        ports = listener_flows(self.topology, self.stack.balancer)
        bound = self._listeners or [{"port": port, "address": ""} for port in ports]
        return host_binds(self.topology, self.stack, name, bound, self._ports, variables)

    def prove_edge(self, variables: HostVars) -> None:
        """Add what listeners of TLS show, and where the application finds Valkey if there is any.

        `prove_listeners` and `prove_pools` come before. variables: OF_BALANCER by host, and
        `lists` as in `prove_servers`.
        """
        own = (self.topology, self.stack, self._listeners)
        found = [prove_certificates(*own, variables)]
        # What a listener without a certificate lacks is said already.
        if self._listeners and self._pools and not found[0][1]:
            found.append(prove_servers(*own, self._pools, variables))
        found.append(prove_store(self.topology, self.stack, self._pool_by_port))
        for rows, problems in found:
            self.rows += rows
            self.problems += problems

    def prove_mysql(self) -> None:
        """Add where the application finds MySQL, and whom MySQL sees and admits there."""
        topology, stack = self.topology, self.stack
        flow = only_flow(topology, stack.application, protocol="mysql")
        contacts = topology.members(flow.target)
        contact = contacts[0]  # the host to which the application connects
        clients, servers = topology.members(stack.application), topology.members(stack.database)
        for client in clients:
            self._require_flow(client, [contact], flow.port)
        where = f"{contact.address}:{flow.port} on {contact.name}"
        row = f"{where} in {contact.network or 'no network'}"
        self.rows.append((f"{stack.application} finds MySQL at", row))
        if self._pool_by_port and contact in topology.members(stack.balancer):
            self._prove_relay(flow)
        self._show_missing_peerings(clients, servers)
        self._prove_grant(clients if contact in servers else contacts)

    def _show_missing_peerings(self, clients: list[Host], servers: list[Host]) -> None:
        """Add the pairs of networks for which the application needs a relay to MySQL."""
        pairs = {(client.network, server.network) for client in clients for server in servers}
        for one, other in sorted((a, b) for a, b in pairs if a and b):
            if not self.topology.routed(one, other):
                relays = " or ".join(self.topology.relays(one, other))
                self.rows.append((f"{one} -> {other}", f"not peered, only through {relays}"))

    def _prove_relay(self, flow: Flow) -> None:
        """Add a problem if the application's listener for MySQL does not lead to MySQL."""
        group, database = self.stack.balancer, self.stack.database
        pool = pool_flows(self.topology, group).get(self._pool_by_port.get(flow.port, ""))
        members = {host.name for host in self.topology.members(pool.target)} if pool else set()
        if not members or not members <= {host.name for host in self.topology.members(database)}:
            self.problems.append(
                f"flow {flow}: {group} leads to {pool.target if pool else 'nothing'} at this port,"
                f" not to {database}"
            )

    def _prove_grant(self, visitors: list[Host]) -> None:
        """Add the hosts that MySQL sees; it has to be open to them and to grant their addresses."""
        database, topology = self.stack.database, self.topology
        servers = topology.members(database)
        ports = {flow.port for flow in topology.flows if flow.protocol == "mysql"}
        granted = grant_hosts(topology, database)
        ranges = [IPv4Network("0.0.0.0/0" if part == "%" else part) for part in granted]
        for host in visitors:
            if not any(topology.admits(host, each, port) for each in servers for port in ports):
                self.problems.append(f"{host.name} cannot reach {database}: no flow admits it")
            elif not any(IPv4Address(host.address) in cidr for cidr in ranges):
                self.problems.append(
                    f"{database} will see {host.address} ({host.name}), which its grant for"
                    f" {listing(granted)} does not cover"
                )
        seen = listing(f"{host.address} ({host.name})" for host in visitors)
        self.rows.append((f"{database} sees", f"{seen}, granted to {listing(granted)}"))

    def _require_flow(self, source: Host, targets: list[Host], port: int) -> None:
        self.problems += [
            f"{source.name} cannot reach {target.name}:{port}: no flow admits it"
            for target in targets
            if target != source and not self.topology.admits(source, target, port)
        ]


def prove(
    topology: Topology,
    stack: StackGroups,
    member_settings: MemberSettings,
    pool_settings: t.Any = (),
    listener_settings: t.Any = (),
    variables: HostVars | None = None,
) -> Proof:
    """Return the proof of the flows, the listeners, the pools, and the application's way to MySQL.

    The settings are those of `_derive/pools.py`; variables: HOST_VARIABLES by host, and
    OF_BALANCER of load balancers. A part that cannot be derived adds its errors to the problems,
    and the other parts are proven all the same.
    """
    proof = Proof(topology, stack)
    if empty := [name for name in stack.names() if not topology.members(name)]:
        proof.problems = [f"group {name}: has no host; the stack needs one" for name in empty]
        return proof
    known = variables or {}
    proof.prove_flows()
    for prove_part in (
        lambda: proof.prove_listeners(listener_settings, known),
        lambda: proof.prove_pools(member_settings, pool_settings),
        proof.prove_ports,
        proof.prove_mysql,
        lambda: proof.prove_edge(known),
        lambda: proof.prove_hosts(known),
    ):
        proof.attempt(prove_part)
    proof.problems = list(dict.fromkeys(proof.problems))
    return proof


def path(topology: Topology, source: str, target: str) -> str:
    """Return by which networks a flow comes: "vpc-lb: from outside, by peering with vpc-web".

    There is one part for each network of the target.
    """
    parts = []
    origins = topology.networks_of(source)
    for network in topology.networks_of(target):
        passing = [origin for origin in origins if topology.routed(origin, network)]
        peers = [origin for origin in passing if origin and origin != network]
        ways = ["from outside"] if None in passing else []
        ways += ["within it"] if network and network in passing else []
        if peers:
            ways.append(f"{'by peering with' if network else 'from'} {listing(peers)}")
        parts.append(f"{network or 'outside'}: {', '.join(ways)}")
    return "; ".join(parts)
