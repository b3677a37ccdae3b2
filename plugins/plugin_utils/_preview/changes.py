# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare what the declaration asks for with what is deployed, as lines of text by section.

Services, listeners, upstreams and grants are on the hosts, and are compared with what the hosts
told of them. Networks, peerings, flows, management and rules are not on the hosts. They are
compared with the note of the last deployment.
"""

from __future__ import annotations

import re
import typing as t

from ...module_utils._nginx.pool import Pool
from ...module_utils._nginx.upstreams import render_upstream
from ...module_utils._nginx.versions import NEWEST
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, Flow
from ...module_utils._values.entries import listing
from .._derive.pools import MemberSettings, listeners, pools, with_routes
from .._stack import StackGroups
from .services import NAMES, service_lines

NOTED = ("networks", "peerings", "flows", "management", "rules")

Lines = list[str]
Key = tuple[str, str]  # the name of a section and its host: ("grants", "db1"); ("flows", "")
Sections = dict[Key, Lines]
Record = t.Mapping[str, t.Any]
States = t.Mapping[str, Record]  # by host, as `read_state` in state.py returns a state


def declaration_lines(topology: Topology) -> dict[str, Lines]:
    """Return the declaration as lines, which a deployment notes for the next preview.

    {"networks": ["vpc-db 10.2.0.0/16"], "peerings": ["vpc-db - vpc-lb"], "flows": [...],
    "management": [...], "rules": ["admit tcp:80 to 10.0.0.2 (lb1) from any"]}
    """
    return {
        "networks": [
            f"{network.name} {cidr}"
            for network in topology.networks.values()
            for cidr in network.cidrs
        ],
        "peerings": sorted(" - ".join(sorted(pair)) for pair in topology.peerings),
        "flows": [str(flow) for flow in topology.flows],
        "management": [str(entry) for entry in topology.management],
        "rules": [rule for flow in topology.flows for rule in _rules(topology, flow)],
    }


def _rules(topology: Topology, flow: Flow) -> Lines:
    """Return what firewalls have to admit for a flow, a line for each target."""
    sources = [host.address for host in topology.members(flow.source) if host.address]
    has_hosts = flow.source != ANY and "/" not in flow.source
    origin = f"{flow.source} ({listing(sources)})" if has_hosts else flow.source
    return [
        f"admit tcp:{flow.port} to {host.address} ({host.name}) from {origin}"
        for host in topology.members(flow.target)
    ]


def desired(
    topology: Topology,
    stack: StackGroups,
    member_settings: MemberSettings,
    settings: Record,
    users: t.Iterable[Record],
) -> Sections:
    """Return the sections as the inventory asks for them.

    settings: what people declared of `pools`, `listeners` and the `url_map`; users: the accounts of
    MySQL, each with its name and hosts.
    """
    sections: Sections = {(key, ""): lines for key, lines in declaration_lines(topology).items()}
    sections |= _of_balancers(topology, stack, member_settings, settings)
    groups = {
        **{"mysql": stack.database, "valkey": stack.store},
        **{"webapp": stack.application, "nginx_lb": stack.balancer},
    }
    for layer in NAMES:
        # The host itself compares the service.
        sections |= {(layer, host.name): [] for host in topology.members(groups[layer])}
    accounts = [f"{user['name']}@{part}" for user in users for part in user["hosts"]]
    for host in topology.members(stack.database):
        sections["grants", host.name] = accounts
    return sections


def _of_balancers(
    topology: Topology, stack: StackGroups, member_settings: MemberSettings, settings: Record
) -> Sections:
    """Return the sections of the load balancers' listeners and upstreams."""
    every_listener = with_routes(
        listeners(topology, stack.balancer, settings["listeners"]),
        topology,
        stack.balancer,
        settings.get("url_map"),
    )
    every_pool = pools(topology, stack.balancer, member_settings, settings["pools"])
    sections: Sections = {}
    for host in topology.members(stack.balancer):
        sections["listeners", host.name] = _listeners(every_listener)
        sections["upstreams", host.name] = _upstreams(every_pool, every_listener)
    return sections


def deployed(states: States) -> Sections:
    """Return the sections as the hosts told of them."""
    sections: Sections = {}
    for host, state in states.items():
        note = state.get("note") or {}
        for name in NOTED:
            if name in note:
                sections.setdefault((name, ""), note[name])
        release = state.get("release") or {}
        if release.get("listeners"):
            sections["listeners", host] = _listeners(release["listeners"])
            sections["upstreams", host] = _upstreams(release["declared"], release["listeners"])
        if state.get("accounts"):
            sections["grants", host] = list(state["accounts"])
    return sections


def _listeners(entries: t.Iterable[Record]) -> Lines:
    """Return a line for each listener; one of a release before TLS does not tell of it."""
    spoken = [("https" if each.get("tls") else each["protocol"], each) for each in entries]
    return [f"{each['port']} ({protocol}) leads to {each['pool']}" for protocol, each in spoken]


def _upstreams(pool_entries: t.Iterable[Record], listener_entries: t.Iterable[Record]) -> Lines:
    """Return the lines within nginx's upstreams, each after the name of its pool."""
    protocols = {
        pool: listener["protocol"]
        for listener in listener_entries
        for pool in (listener["pool"], *listener.get("routes", ()))
    }
    lines = []
    for entry in pool_entries:
        pool = Pool.parse(entry)
        upstream = render_upstream(pool, protocols.get(pool.name, "tcp"), NEWEST)
        lines += [f"{pool.name}: {line.strip()}" for line in upstream.splitlines()[1:-1]]
    return lines


def changes(states: States, wanted: Sections) -> Lines:
    """Return what goes (-) and what comes (+), under a heading for each section that changes.

    ["grants of db1:", "  - webapp@%", "  + webapp@10.0.0.0/255.255.0.0", "db1: MySQL is started for
    the first time", "not known: flows"]: services follow the sections. The last line names what no
    host told of, which is not compared. A port that moves comes first.
    """
    present = deployed(states)
    lines, unknown = _moved_ports(present, wanted), []
    for key in sorted({*present, *wanted}, key=_order):
        name, host = key
        heading = f"{NAMES.get(name, name)} of {host}" if host else name
        if not _is_known(states, key):
            unknown.append(heading)
            continue
        if name in NAMES:
            lines += service_lines(host, name, states[host]["services"][name])
            continue
        old, new = present.get(key, []), wanted.get(key, [])
        changed = [f"  - {line}" for line in old if line not in new]
        changed += [f"  + {line}" for line in new if line not in old]
        lines += [f"{heading}:", *changed] if changed else []
    return lines + ([f"not known: {listing(unknown)}"] if unknown else [])


def _moved_ports(present: Sections, wanted: Sections) -> Lines:
    """Return a sentence for each pool whose members stay and get another port."""
    moves: dict[str, None] = {}
    for key in present.keys() & wanted.keys():
        old, new = (
            _ports(lines) if key[0] == "upstreams" else {} for lines in (present[key], wanted[key])
        )
        moves |= {
            f"port of {member[0]} changes from {old[member]} to {port}": None
            for member, port in new.items()
            if old.get(member, port) != port
        }
    return [
        f"{move}: requests fail from the renewal of its last member until the load balancers are"
        " changed; open the new port in the firewalls before"
        for move in sorted(moves)
    ]


def _ports(upstreams: Lines) -> dict[Key, str]:
    """Return the port of each member by pool and address: {("webapp", "10.1.0.2"): "3000"}."""
    found = (re.match(r"(\S+): server ([0-9.]+):([0-9]+) ", line) for line in upstreams)
    return {(each[1], each[2]): each[3] for each in found if each}


def _is_known(states: States, key: Key) -> bool:
    """Tell whether a host told of a section, even if only that the section is empty there."""
    name, host = key
    if host:
        state = states.get(host, {})
        if name in NAMES:
            return _tells_of(state.get("services") or {}, name)
        return _tells_of(state, "accounts" if name == "grants" else "release")
    notes = [state["note"] for state in states.values() if _tells_of(state, "note")]
    # A host without a note has nothing deployed. A note without the section is an older one.
    return any(not note or name in note for note in notes)


def _tells_of(state: Record, part: str) -> bool:
    """Tell whether a part of a state is known."""
    # ansible-core before 2.19 makes None an empty text.
    return state.get(part) not in (None, "")


def _order(key: Key) -> tuple[int, str, str]:
    """Return the place of a section: first what is noted, then what hosts told, then services."""
    order = (*NOTED, "grants", "listeners", "upstreams", *NAMES)
    return (order.index(key[0]), *key)
