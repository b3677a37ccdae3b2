# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pools and listeners that follow from a declaration. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._nginx.checks import PoolError
from ...module_utils._nginx.pool import MEMBER_SETTINGS, Listener, Pool
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Flow
from ...module_utils._values.entries import is_list, listing, unknown_keys
from ...module_utils._values.protocols import PROTOCOLS

Settings = t.Mapping[str, t.Any]


def outward(topology: Topology, balancer: str) -> dict[str, Flow]:
    """Return the flows from a balancer by the name of their pool.

    A pool bears the name of its flow's target; a second flow to the same target adds its port.
    """
    found: dict[str, Flow] = {}
    for flow in topology.flows:
        if flow.source == balancer:
            taken = flow.target in found
            found[f"{flow.target}-{flow.port}" if taken else flow.target] = flow
    return found


def inward(topology: Topology, balancer: str) -> dict[int, Flow]:
    """Return the flows to a balancer by port; those with the same port make one listener."""
    found: dict[int, Flow] = {}
    for flow in topology.flows:
        if flow.target == balancer:
            found.setdefault(flow.port, flow)
    return found


def pools(
    topology: Topology, balancer: str, settings: Settings, declared: t.Any = ()
) -> list[dict[str, t.Any]]:
    """Return the pools of a balancer group with their members: one for each flow from it.

    settings holds peerlb_member by host; declared holds the settings of pools, each with its
    name. A PoolError has one line for each entry at fault.
    """
    flows = outward(topology, balancer)
    extra, problems = _by_key("pool", "name", declared)
    problems += [
        f"pool {name}: no flow leads from {balancer} to it; {_leading(flows)}"
        for name in extra
        if name not in flows
    ]
    found = []
    for name, flow in flows.items():
        try:
            members = _members(topology, flow, settings)
            pool = Pool.parse({**extra.get(name, {}), "name": name, "members": members})
        except PoolError as exc:
            problems.append(str(exc))
        else:
            found.append(pool.params())
    if problems:
        raise PoolError("\n".join(problems))
    return found


def listeners(topology: Topology, balancer: str, declared: t.Any = ()) -> list[dict[str, t.Any]]:
    """Return the listeners of a balancer group: one for each port that flows lead to.

    The pool is that of the flow from the balancer with the same protocol, unless declared names
    another; declared holds settings of listeners, each with its port. A PoolError has one line
    for each entry at fault.
    """
    flows, targets = inward(topology, balancer), outward(topology, balancer)
    extra, problems = _by_key("listener", "port", declared)
    problems += [
        f"listener {port}: no flow admits anybody to {balancer}:{port}; {_leading(flows)}"
        for port in extra
        if port not in map(str, flows)
    ]
    found = []
    for port, flow in flows.items():
        try:
            found.append(vars(_listener(flow, targets, extra.get(str(port), {}))))
        except PoolError as exc:
            problems.append(str(exc))
    if problems:
        raise PoolError("\n".join(problems))
    return found


def _by_key(what: str, key: str, declared: t.Any) -> tuple[dict[str, dict], list[str]]:
    """Return what is declared by its key, and which entries can not be told apart by it."""
    if not is_list(declared):
        return {}, [f"{what}s: is {declared!r}, not a list"]
    found: dict[str, dict] = {}
    problems = []
    for number, entry in enumerate(declared):
        name = str(entry.get(key) or "") if isinstance(entry, t.Mapping) else ""
        if not name:
            problems.append(f"{what}s[{number}]: is {entry!r}, not a mapping with {key}")
        elif name in found:
            problems.append(f"{what} {name}: is declared twice; remove one")
        elif "members" in entry:
            problems.append(f"{what} {name}: members come from the inventory; remove them")
        else:
            found[name] = dict(entry)
    return found, problems


def _leading(flows: t.Iterable[t.Any]) -> str:
    return f"flows lead to {listing(map(str, flows)) or 'nothing'}"


def _members(topology: Topology, flow: Flow, settings: Settings) -> list[dict[str, t.Any]]:
    """Return the members that a flow leads to, or raise with a line for each one at fault."""
    found, problems = [], []
    for host in topology.members(flow.target):
        own = settings.get(host.name)
        what = f"host {host.name}"
        if own is not None and not isinstance(own, t.Mapping):
            problems.append(f"{what}: peerlb_member is {own!r}, not a mapping")
            continue
        unknown = unknown_keys(own or (), MEMBER_SETTINGS)
        problems += [f"{what}: peerlb_member: {problem}" for problem in unknown]
        found.append({**(own or {}), "name": host.name, "address": host.address, "port": flow.port})
    if problems:
        raise PoolError("\n".join(problems))
    return found


def _listener(flow: Flow, targets: dict[str, Flow], own: dict[str, t.Any]) -> Listener:
    entry = {"protocol": PROTOCOLS[flow.protocol].balanced_as, **own, "port": flow.port}
    listener = Listener.parse({**entry, "pool": own.get("pool") or _pool(flow, targets)}, targets)
    leads = targets[listener.pool].protocol
    if listener.protocol == "http" and leads != "http":
        raise PoolError(f"listener {flow.port}: is http, but its pool {listener.pool} is {leads}")
    return listener


def _pool(flow: Flow, targets: dict[str, Flow]) -> str:
    fitting = [name for name, each in targets.items() if each.protocol == flow.protocol]
    if len(fitting) != 1:
        found = f"flows to {listing(fitting)} are" if fitting else "no flow is"
        raise PoolError(
            f"listener {flow.port}: {found} {flow.protocol} from {flow.target}:"
            " declare one, or name the pool in peerlb_listeners"
        )
    return fitting[0]
