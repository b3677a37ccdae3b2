# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would change on which host, as lines of text: what is wanted against what is deployed.

No Ansible, no I/O.

What has a state of its own is compared with that: upstreams, environment, published ports and
grants. Networks, peerings, flows, management and rules have none on the hosts; they are compared
with the note that the last deployment left.
"""

from __future__ import annotations

import typing as t

from ...module_utils._nginx.pool import Pool
from ...module_utils._nginx.upstreams import render_upstream
from ...module_utils._path.docker import Container
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import ANY, Flow
from ...module_utils._values.entries import listing
from .._derive.flows import flow_address, service_port
from .._derive.pools import listeners, pools
from .._stack import StackGroups

NOTED = ("networks", "peerings", "flows", "management", "rules")
KEYS = ("MYSQL_HOST", "MYSQL_PORT", "WEBAPP_TRUSTED_PROXIES")  # what follows from the declaration

Lines = list[str]
Sections = dict[tuple[str, str], Lines]  # by what it is and the host, "" where it is all of them
Found = t.Mapping[str, t.Any]


def declared(topology: Topology) -> dict[str, Lines]:
    """Return the declaration as lines: what a deployment notes for the next preview."""
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
    """Say what firewalls have to admit for a flow, a line for each target."""
    sources = [host.address for host in topology.members(flow.source) if host.address]
    known = flow.source != ANY and "/" not in flow.source
    origin = f"{flow.source} ({listing(sources)})" if known else flow.source
    return [
        f"admit tcp:{flow.port} to {host.address} ({host.name}) from {origin}"
        for host in topology.members(flow.target)
    ]


def wanted(
    topology: Topology, stack: StackGroups, settings: Found, given: Found, users: t.Iterable[Found]
) -> Sections:
    """Return what the inventory asks for.

    settings holds peerlb_member by host, given pools and listeners as declared, users the accounts
    of MySQL, each with its name and hosts.
    """
    found: Sections = {(name, ""): lines for name, lines in declared(topology).items()}
    heard = listeners(topology, stack.balancer, given["listeners"])
    ready = pools(topology, stack.balancer, settings, given["pools"])
    for host in topology.members(stack.balancer):
        found["listeners", host.name] = _listeners(heard)
        found["upstreams", host.name] = _upstreams(ready, heard)
    address, port = flow_address(topology, stack.application, protocol="mysql")
    proxies = ",".join(host.address for host in topology.members(stack.balancer))
    environment = zip(KEYS, (address, port, proxies))
    lines = [f"{key}={value}" for key, value in environment]
    for group, spoken in ((stack.application, "http"), (stack.database, "mysql")):
        own = service_port(topology, group, spoken, stack.balancer)
        for host in topology.members(group):
            found.setdefault(("published", host.name), []).append(f"{host.address}:{own}")
    for host in topology.members(stack.application):
        found["environment", host.name] = lines
    for host in topology.members(stack.database):
        found["grants", host.name] = [f"{u['name']}@{part}" for u in users for part in u["hosts"]]
    return found


def deployed(told: t.Mapping[str, Found]) -> Sections:
    """Return what hosts told of their state: release, containers, accounts and the note."""
    found: Sections = {}
    for host, own in told.items():
        for name in NOTED:
            note = own.get("note") or {}
            if name in note:
                found.setdefault((name, ""), note[name])
        release = own.get("release") or {}
        if release.get("listeners"):
            found["listeners", host] = _listeners(release["listeners"])
            found["upstreams", host] = _upstreams(release["declared"], release["listeners"])
        for entry in own.get("containers") or ():
            container = Container.parse(entry)
            places = [f"{p.address}:{p.port}" for p in container.published]
            found.setdefault(("published", host), []).extend(places)
            if container.name == "peerlb-webapp":
                env = entry.get("Config", {}).get("Env") or ()
                found["environment", host] = [e for e in env if e.partition("=")[0] in KEYS]
        if own.get("accounts"):
            found["grants", host] = list(own["accounts"])
    return found


def _listeners(entries: t.Iterable[Found]) -> Lines:
    return [f"{each['port']} ({each['protocol']}) leads to {each['pool']}" for each in entries]


def _upstreams(entries: t.Iterable[Found], heard: t.Iterable[Found]) -> Lines:
    """Return the lines of nginx's upstreams, each with its pool."""
    spoken = {each["pool"]: each["protocol"] for each in heard}
    found = []
    for entry in entries:
        pool = Pool.parse(entry)
        text = render_upstream(pool, spoken.get(pool.name, "tcp"))
        found += [f"{pool.name}: {line.strip()}" for line in text.splitlines()[1:-1]]
    return found


def changes(told: t.Mapping[str, Found], wish: Sections) -> Lines:
    """Return what goes (-) and what comes (+), under a heading for each section that changes.

    What hosts did not tell is named, and not compared.
    """
    present = deployed(told)
    found, silent = [], []
    for key in sorted({*present, *wish}, key=_order):
        name, host = key
        heading = f"{name} of {host}" if host else name
        if not _told(told, key):
            silent.append(heading)
            continue
        old, new = present.get(key, []), wish.get(key, [])
        lines = [f"  - {line}" for line in old if line not in new]
        lines += [f"  + {line}" for line in new if line not in old]
        found += [f"{heading}:", *lines] if lines else []
    return found + ([f"not known: {listing(silent)}"] if silent else [])


def _told(told: t.Mapping[str, Found], key: tuple[str, str]) -> bool:
    """Tell whether a host said anything of a section, were it that it has nothing."""
    name, host = key
    if not host:
        # An empty note is a bare host's; one that lacks the section is from before it was noted.
        notes = [own["note"] for own in told.values() if _known(own, "note")]
        return any(not note or name in note for note in notes)
    sources = {"grants": "accounts", "environment": "containers", "published": "containers"}
    return _known(told.get(host, {}), sources.get(name, "release"))


def _known(own: Found, source: str) -> bool:
    """Tell it from None, of which ansible-core before 2.19 makes an empty text."""
    return own.get(source) not in (None, "")


def _order(key: tuple[str, str]) -> tuple[int, str, str]:
    return (NOTED.index(key[0]) if key[0] in NOTED else len(NOTED), *key)
