# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the model: 100 networks, 1,000 hosts and 1,000 flows, read and proven.

    .venv/bin/python benchmarks/model.py

Prints one line: the seconds for the proof by the filter, as check.yml asks for it, and for the
probes of every host.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.peerlb.stack.plugins.filter.proof import proof
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import probe_targets

NETWORKS, HOSTS, FLOWS = 100, 10, 1000  # hosts in each network

Declaration = dict[str, list[t.Any]]
Lists = dict[str, list[str]]
Values = dict[str, dict[str, t.Any]]


def inventory() -> tuple[Lists, Values]:
    """Return a group for each network, with its hosts: the balancer's is peered with all."""
    groups: Lists = {"all": []}
    hostvars: Values = {}
    for number in range(NETWORKS):
        for host in range(HOSTS):
            name = f"h{number}-{host}"
            hostvars[name] = {"ansible_host": f"10.{number}.0.{host + 2}", "secret": "x"}
            for group in ("all", f"g{number}"):
                groups.setdefault(group, []).append(name)
    return groups, hostvars


def declaration() -> Declaration:
    """Return the stack in the first three networks, and many flows between peers around it."""
    flows = [
        {"from": "any", "to": "g0", "port": 80, "protocol": "http"},
        {"from": "g1", "to": "g0", "port": 3306, "protocol": "mysql"},
        {"from": "g0", "to": "g1", "port": 3000, "protocol": "http"},
        {"from": "g0", "to": "g2", "port": 3306, "protocol": "mysql"},
    ]
    sources = ("g{}", "n{}", "10.{}.0.0/24", "h{}-1")
    for number in range(FLOWS - len(flows)):
        near = 3 + number % (NETWORKS - 4)
        source = sources[number % len(sources)].format(near + number % 2)
        target = f"g{near}" if number % 10 == 0 else f"h{near}-0"
        flows.append({"from": source, "to": target, "port": 10000 + number})
    return {
        "networks": [{"name": f"n{i}", "cidrs": [f"10.{i}.0.0/16"]} for i in range(NETWORKS)],
        "peerings": [["n0", f"n{i}"] for i in range(1, NETWORKS)]
        + [[f"n{i}", f"n{i + 1}"] for i in range(3, NETWORKS - 1)],
        "flows": flows,
    }


def main() -> None:
    declared, (groups, hostvars) = declaration(), inventory()
    begun = time.perf_counter()
    given = {"pools": [{"name": "g2", "method": "least_conn"}], "secrets": {"g2": ["secret"]}}
    found = proof(declared, groups, hostvars, "g0", "g1", "g2", **given)
    proven = time.perf_counter()
    if found["problems"]:
        raise SystemExit("\n".join(found["problems"]))
    topology = read_topology(declared, groups, hostvars)
    begun_probes = time.perf_counter()
    probes = sum(len(probe_targets(topology, host)) for host in topology.hosts.values())
    print(
        f"{NETWORKS} networks, {len(hostvars)} hosts, {FLOWS} flows:"
        f" read and proven in {proven - begun:.2f} s;"
        f" {probes} probes derived in {time.perf_counter() - begun_probes:.1f} s"
    )


if __name__ == "__main__":
    main()
