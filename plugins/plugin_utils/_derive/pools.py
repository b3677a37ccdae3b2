# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pools and listeners of the load balancers, which follow from the flows from and to them."""

from __future__ import annotations

import typing as t

from ...module_utils._nginx.checks import PoolError
from ...module_utils._nginx.health import OF_HTTP, TYPES
from ...module_utils._nginx.pool import MEMBER_SETTINGS, Listener, Pool
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, Flow
from ...module_utils._values.entries import is_list, listing, misfit, shown, unknown_keys
from ...module_utils._values.protocols import PROTOCOLS
from ...module_utils._values.ranges import Span, cidrs, union
from .._url_map.named import named_pools

MemberSettings = t.Mapping[str, t.Any]  # the variable peerlb_member by host


def pool_flows(topology: Topology, balancer: str) -> dict[str, Flow]:
    """Return the flows from the load balancers by the name of their pool.

    A pool has the name of its flow's target. A second flow to the same target adds its port:
    {"webapp": ..., "mysql": ..., "webapp-9000": ...}.
    """
    flows: dict[str, Flow] = {}
    for flow in topology.flows:
        if flow.source == balancer:
            name = f"{flow.target}-{flow.port}" if flow.target in flows else flow.target
            flows[name] = flow
    return flows


def listener_flows(topology: Topology, balancer: str) -> dict[int, Flow]:
    """Return the flows to the load balancers by port; of several to one port, the first."""
    flows: dict[int, Flow] = {}
    for flow in topology.flows:
        if flow.target == balancer:
            flows.setdefault(flow.port, flow)
    return flows


def pools(
    topology: Topology,
    balancer: str,
    member_settings: MemberSettings,
    pool_settings: t.Any = (),
    health: t.Mapping[str, t.Any] | None = None,
) -> list[dict[str, t.Any]]:
    """Return the pools of the load balancers: one for each flow from them, with its members.

    The pools are as the module nginx_release takes them. pool_settings: what people declared of
    pools in `peerlb_pools`, each entry with its name. health: what a health check asks the
    application. Raises a PoolError with one line for each entry at fault.
    """
    flows = pool_flows(topology, balancer)
    settings, problems = _by_key("pool", "name", pool_settings)
    for name in filter(lambda each: each not in flows, settings):
        lead = f"no flow leads from {balancer} to it; {_flows_lead_to(flows)}"
        problems.append(f"pool {shown(name)}: {lead}")
    problems += _shared_names(topology, balancer, flows)
    params = []
    for name, flow in flows.items():
        try:
            members = _members(topology, flow, member_settings)
            entry = {**settings.get(name, {}), "name": name, "members": members}
            _refuse_tls_unlike(flow, entry)
            params.append(Pool.parse(_with_health(entry, flow, health or {})).params())
        except PoolError as exc:
            problems.append(str(exc))
    if problems:
        raise PoolError("\n".join(problems))
    return params


def listeners(
    topology: Topology, balancer: str, listener_settings: t.Any = (), host: str = ""
) -> list[dict[str, t.Any]]:
    """Return the listeners of the load balancers: one for each port that flows lead to.

    [{"port": 3306, "pool": "mysql", "protocol": "tcp", "address": "", "allow": ["10.1.0.2/31"]}]:
    the pool is that of the only flow from the load balancers with the same protocol, unless the
    settings name another. host: whose listeners to return, where flows lead to single hosts.
    listener_settings: what people declared of listeners in `peerlb_listeners`, each entry with its
    port. Raises a PoolError with one line for each entry at fault.
    """
    flows, by_pool = listener_flows(topology, balancer), pool_flows(topology, balancer)
    settings, problems = _by_key("listener", "port", listener_settings)
    problems += [
        f"listener {shown(port)}: no flow admits anybody to {balancer}:{shown(port)};"
        f" {_flows_lead_to(flows)}"
        for port in settings
        if port not in map(str, flows)
    ]
    params = []
    for port, flow in flows.items():
        try:
            allow = _sources(topology, [host] if host else _names(topology, balancer), port)
            entry = {"allow": allow, **settings.get(str(port), {})}
            listener = vars(_listener(flow, by_pool, entry))
            lists = {key: list(listener[key]) for key in ("allow", "routes")}
            params.append({**listener, **lists})
        except PoolError as exc:
            problems.append(str(exc))
    if problems:
        raise PoolError("\n".join(problems))
    return params


def with_routes(
    entries: t.Iterable[dict[str, t.Any]], topology: Topology, balancer: str, url_map: t.Any
) -> list[dict[str, t.Any]]:
    """Return listeners with the pools to which a URL map, as it was written, leads requests."""
    flows = pool_flows(topology, balancer)
    asked = [name for name in named_pools(url_map) if name in flows]
    routes = [n for n in asked if PROTOCOLS[flows[n].protocol].balanced_as == "http"]
    return [
        {**each, "routes": [name for name in routes if name != each["pool"]]}
        if each["protocol"] == "http"
        else each
        for each in entries
    ]


def _with_health(
    entry: dict[str, t.Any], flow: Flow, application: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Return an entry with what follows from its flow and the application, under its own words.

    What cannot be merged is returned as it is, and refused where the pool is parsed.
    """
    own = entry.get("health") or {}
    if not isinstance(own, t.Mapping):
        return entry
    kind = flow.protocol if flow.protocol in TYPES else "tcp"
    asked = application if own.get("type", kind) in OF_HTTP else {}
    tls = entry.get("tls")
    # The members may have no certificate for another name.
    name = {"host": tls["name"]} if isinstance(tls, t.Mapping) and tls.get("name") else {}
    return {**entry, "health": {"type": kind, **name, **asked, **own}}


def _refuse_tls_unlike(flow: Flow, entry: t.Mapping[str, t.Any]) -> None:
    """Raise a PoolError unless a pool has settings of TLS just if its flow is https."""
    declared, place = entry.get("tls"), f"pool {entry['name']}"
    if PROTOCOLS[flow.protocol].tls and declared is None:
        raise PoolError(
            f"{place}: its flow is {flow.protocol}, so nginx needs to know how to verify the"
            " members; write tls: {name, ca}, or tls: {verify: false}, in peerlb_pools"
        )
    if declared is not None and not PROTOCOLS[flow.protocol].tls:
        raise PoolError(
            f"{place}: has tls, but its flow is {flow.protocol}; declare protocol: https in the"
            " flow, or remove tls"
        )


def _names(topology: Topology, balancer: str) -> list[str]:
    return [host.name for host in topology.members(balancer)]


def _sources(topology: Topology, names: t.Sequence[str], port: int) -> list[str]:
    """Return the ranges from which flows lead to a port of these hosts; [] if it is from any.

    A host counts with its address alone, as in the rules of the host's firewall. If no address of a
    source is known, only the hosts themselves are admitted.
    """
    sources = {source for name in names for source in topology.flows_by_port.get((name, port), ())}
    if ANY in sources:
        return []
    admitted: list[Span] = []
    for source in sources:
        admitted = union(admitted, topology.addresses(source))
    return cidrs(admitted) or [f"{topology.host(name).address}/32" for name in names]


def _by_key(what: str, key: str, entries: t.Any) -> tuple[dict[str, dict], list[str]]:
    """Return entries by one of their keys, and a problem for each entry that has to be refused.

    what: pool or listener, for the problems.
    """
    if not is_list(entries):
        return {}, [f"{what}s: {misfit('', entries, 'a list')}"]
    by_key: dict[str, dict] = {}
    problems = []
    for number, entry in enumerate(entries):
        name = str(entry.get(key) or "") if isinstance(entry, t.Mapping) else ""
        if not name:
            problem = misfit("", entry, f"a mapping with {key}")
            problems.append(f"{what}s[{number}]: {problem}")
        elif name in by_key:
            problems.append(f"{what} {shown(name)}: is declared twice; remove one")
        elif "members" in entry:
            problems.append(f"{what} {shown(name)}: members come from the inventory; remove them")
        else:
            by_key[name] = dict(entry)
    return by_key, problems


def _shared_names(topology: Topology, balancer: str, flows: t.Collection[str]) -> list[str]:
    """Return a problem for each pool whose name, file or upstream another one would have."""
    problems = [
        f"pool {name}{mark}any: the last resort of the pool {name} has this name; rename the group"
        for name in flows
        for mark in "-_"
        if f"{name}{mark}any" in flows
    ]
    if len(flows) < sum(flow.source == balancer for flow in topology.flows):
        text = "two flows would make pools of one name, as webapp-9000 for webapp:9000"
        problems.append(f"pools {listing(flows)}: {text}; rename a group")
    return problems


def _flows_lead_to(names: t.Iterable[t.Any]) -> str:
    return f"flows lead to {listing(map(str, names)) or 'nothing'}"


def _members(topology: Topology, flow: Flow, settings: MemberSettings) -> list[dict[str, t.Any]]:
    """Return the members of a flow's pool; a PoolError has a line for each member at fault."""
    members, problems = [], []
    for host in topology.members(flow.target):
        own = settings.get(host.name)
        if own is not None and not isinstance(own, t.Mapping):
            problems.append(f"host {host.name}: {misfit('peerlb_member', own, 'a mapping')}")
            continue
        unknown = unknown_keys(own or (), MEMBER_SETTINGS)
        problems += [f"host {host.name}: peerlb_member: {problem}" for problem in unknown]
        place = {"name": host.name, "address": host.address, "port": flow.port}
        members.append({**(own or {}), **place})
    if problems:
        raise PoolError("\n".join(problems))
    return members


def _listener(flow: Flow, by_pool: dict[str, Flow], settings: dict[str, t.Any]) -> Listener:
    protocol = PROTOCOLS[flow.protocol]
    derived = {"protocol": protocol.balanced_as, "tls": protocol.tls}
    entry = {**derived, **settings, "port": flow.port}
    pool = settings.get("pool") or _pool_name(flow, by_pool)
    listener = Listener.parse({**entry, "pool": pool}, by_pool)
    if listener.tls != protocol.tls:
        raise PoolError(
            f"listener {flow.port}: tls is {shown(listener.tls)}, but its flow is {flow.protocol};"
            " declare protocol: https in the flow for TLS, and http for none"
        )
    spoken = by_pool[listener.pool].protocol
    if listener.protocol == "http" and PROTOCOLS[spoken].balanced_as != "http":
        raise PoolError(f"listener {flow.port}: is http, but its pool {listener.pool} is {spoken}")
    return listener


def _pool_name(flow: Flow, by_pool: dict[str, Flow]) -> str:
    """Return the only pool with the protocol of a flow; raise a PoolError unless there is one.

    nginx takes TLS off, and puts it on. So flows of http and https lead to the pool of http, and if
    there is none to that of https.
    """
    order = ("http", "https") if PROTOCOLS[flow.protocol].balanced_as == "http" else ()
    fitting: list[str] = []
    for protocol in order or (flow.protocol,):
        fitting = fitting or [name for name, each in by_pool.items() if each.protocol == protocol]
    if len(fitting) != 1:
        found = f"flows to {listing(fitting)} are" if fitting else "no flow is"
        raise PoolError(
            f"listener {flow.port}: {found} {flow.protocol} from {flow.target}:"
            " declare one, or name the pool in peerlb_listeners"
        )
    return fitting[0]
