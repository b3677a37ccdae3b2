# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove what stands before and beside the application: listeners of TLS, and the way to Valkey."""

from __future__ import annotations

import typing as t
from functools import partial

from ...module_utils._nginx.versions import NEWEST, show_version
from ...module_utils._topology.hosts import HostVars, Variables
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host
from ...module_utils._values.entries import is_list, listing
from .._derive.flows import only_flow, source_ranges
from .._derive.pools import pool_flows
from .._derive.served_names import CERTIFICATES, certificate_names
from .._edge.edge import read_edge
from .._edge.front import decide_first
from .._edge.servers import HTTP
from .._edge.waf_parts import told_of
from .._stack import StackGroups
from .._url_map.stored import First, failed_tests
from .._url_map.values import UrlMap

# The variables of the load balancers of which this depends.
OF_BALANCER = (
    *(CERTIFICATES, "peerlb_tls", "peerlb_url_map", "peerlb_gatekeeper", "peerlb_waf"),
    *("nginx_lb_server_names", "nginx_lb_waf_ports", "inventory_dir"),
)

Entries = t.Sequence[t.Mapping[str, t.Any]]
Found = tuple[list[tuple[str, str]], list[str]]  # rows as `Proof.rows`, and problems


def prove_certificates(
    topology: Topology,
    stack: StackGroups,
    listeners: t.Iterable[t.Mapping[str, t.Any]],
    variables: HostVars,
) -> Found:
    """Return the names that listeners of TLS answer to, and a problem for each that has none.

    variables: OF_BALANCER by host.
    """
    listeners = list(listeners)
    rows, problems = _prove_challenges(topology.members(stack.balancer), listeners, variables)
    by_tls = [each["port"] for each in listeners if each["tls"]]
    for host in topology.members(stack.balancer) if by_tls else ():
        names = certificate_names([host], variables)
        if names:
            rows.append((f"{host.name} has certificates", f"for {listing(names)}"))
        problems += [
            f"listener {port}: is https, and {host.name} has no certificate; declare one in"
            f" {CERTIFICATES}, such as {{name: shop, names: [shop.example], source: own_ca}}"
            for port in by_tls
            if not names
        ]
    return rows, problems


def _prove_challenges(hosts: t.Iterable[Host], listeners: Entries, variables: HostVars) -> Found:
    """Return whether a CA of the internet finds port 80, at which alone it asks by http-01."""
    own = [variables.get(host.name, {}).get(CERTIFICATES) or [] for host in hosts]
    plain = [each for each in listeners if each["protocol"] == "http" and not each["tls"]]
    if not plain or all(each.get("source") != "acme" for entries in own for each in entries):
        return [], []
    # Proxies in front, which alone are admitted, may hand on to another port.
    if all(each["port"] != HTTP and not each["allow"] for each in plain):
        ports = listing(str(each["port"]) for each in plain)
        return [], [
            f"{CERTIFICATES}: a CA asks at port 80 for certificates of source acme, and the"
            f" listeners of http have {ports}: declare {{from: any, to: nginx_lb, port: {HTTP},"
            " protocol: http}"
        ]
    if all(each["allow"] for each in plain):
        admitted = listing(str(each) for entry in plain for each in entry["allow"])
        text = f"source acme: the CA has to come by {admitted}, as http admits nobody else"
        return [(f"warning {CERTIFICATES}", text)], []
    return [], []


def prove_servers(
    topology: Topology,
    stack: StackGroups,
    listeners: Entries,
    pools: Entries,
    variables: HostVars,
) -> Found:
    """Return what the URL map, the gatekeeper and the firewall do, and what is wrong with them.

    Stored tests of the URL map that fail are problems too. variables: OF_BALANCER by host, and the
    text of the files that lists of the gatekeeper name, as `lists`.
    """
    rows: list[tuple[str, str]] = []
    problems: list[str] = []
    for host in topology.members(stack.balancer):
        try:
            edge = read_edge(_settings(listeners, pools, variables.get(host.name, {})))
        except ValueError as exc:
            problems += str(exc).splitlines()
            continue
        if edge.url_map:
            stored = f"with {len(edge.url_map.tests)} stored tests"
            rows.append((f"{host.name} has a URL map", stored))
            problems += _failed(edge.url_map, partial(decide_first, edge))
        if edge.gatekeeper:
            names = listing(rule.name for rule in edge.gatekeeper.rules) or "no rule"
            rows.append((f"{host.name} has a gatekeeper", f"with {names}"))
        if edge.waf:
            rows.append((f"{host.name} has a web application firewall", told_of(edge)))
    return rows, problems


def _failed(url_map: UrlMap, first: First) -> list[str]:
    """Return a problem for each stored test that fails."""
    return [f"peerlb_url_map.{each}" for each in failed_tests(url_map, first)]


def _settings(listeners: Entries, pools: Entries, variables: Variables) -> dict[str, t.Any]:
    """Return what `read_edge` reads of a load balancer."""
    return {
        **{key: variables.get(f"peerlb_{key}") for key in ("tls", "url_map", "gatekeeper", "waf")},
        **{"listeners": listeners, "pools": pools, "lists": variables.get("lists")},
        **{"version": show_version(NEWEST), "certificates": _named(variables)},
        "server_names": variables.get("nginx_lb_server_names"),
        "waf_ports": variables.get("nginx_lb_waf_ports"),
    }


def _named(variables: Variables) -> list[dict[str, t.Any]]:
    """Return the certificates that have what the servers need to know of them, all as text.

    What is no text is refused where certificates are judged.
    """
    # As they were read, without keys and without entries that are no mappings.
    entries = [each for each in variables.get(CERTIFICATES) or [] if is_list(each.get("names"))]
    return [
        {
            **{key: str(each[key]) for key in ("name", "source")},
            "names": list(map(str, each["names"])),
        }
        for each in entries
        if {"name", "source"} <= set(each)
    ]


def prove_store(topology: Topology, stack: StackGroups, pool_by_port: t.Mapping[int, str]) -> Found:
    """Return where the application finds Valkey, whom Valkey sees, and what stands against it.

    pool_by_port: where each listener leads. Nothing is proven if no host is in the group. Raises a
    TopologyError if there is not one flow to find Valkey by.
    """
    servers = topology.members(stack.store)
    if not servers:
        return [], []
    flow = only_flow(topology, stack.application, protocol="redis")
    contacts = topology.members(flow.target)
    contact = contacts[0]  # the host to which the application connects
    problems = [
        f"{client.name} cannot reach {contact.name}:{flow.port}: no flow admits it"
        for client in topology.members(stack.application)
        if client != contact and not topology.admits(client, contact, flow.port)
    ]
    if contact in topology.members(stack.balancer) and pool_by_port:
        pool = pool_flows(topology, stack.balancer).get(pool_by_port.get(flow.port, ""))
        members = topology.members(pool.target) if pool else []
        if not members or any(member not in servers for member in members):
            problems.append(
                f"flow {flow}: {stack.balancer} leads to {pool.target if pool else 'nothing'} at"
                f" this port, not to {stack.store}"
            )
    where = f"{contact.address}:{flow.port} on {contact.name} in {contact.network or 'no network'}"
    ranges = source_ranges(topology, stack.store, "redis")
    seen = "any" if ranges is None else listing(map(str, ranges))
    rows = [(f"{stack.application} finds Valkey at", where), (f"{stack.store} admits", seen)]
    return rows, problems + _unreached(topology, contacts, servers)


def _unreached(topology: Topology, visitors: list[Host], servers: list[Host]) -> list[str]:
    """Return a problem for each visitor that no flow of redis admits to any of the servers."""
    if any(host in servers for host in visitors):
        return []
    ports = {flow.port for flow in topology.flows if flow.protocol == "redis"}
    return [
        f"{host.name} cannot reach {listing(each.name for each in servers)}: no flow of redis does"
        for host in visitors
        if not any(topology.admits(host, each, port) for each in servers for port in ports)
    ]
