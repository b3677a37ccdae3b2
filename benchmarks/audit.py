# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the audit of cloud projects of 10 and of 1,000 instances; no cloud is asked.

    benchmarks/audit.py

The rules are drawn by a fixed seed: for tags, for all VMs of a network and for ranges, at ports of
their own, so that there is much to tell apart. Every VM has its own set of tags in the last line.
"""

from __future__ import annotations

import random
import statistics
import time
import typing as t

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology

API = "https://www.googleapis.com/compute/v1/projects/bench"
NETWORKS = {"vpc-lb": 0, "vpc-web": 1, "vpc-db": 2}
ROUNDS = 3


def link(name: str) -> str:
    return f"{API}/global/networks/{name}"


def network(name: str, number: int, document: dict[str, t.Any]) -> None:
    peers = [other for other in NETWORKS if "vpc-lb" in (name, other) and other != name]
    peerings = [{"name": p, "network": link(p), "state": "ACTIVE"} for p in peers]
    document["networks"].append({"name": name, "selfLink": link(name), "peerings": peerings})
    document["subnetworks"].append(
        {
            "name": f"{name}-a",
            "selfLink": f"{API}/regions/us-a1/subnetworks/{name}-a",
            "network": link(name),
            "region": f"{API}/regions/us-a1",
            "ipCidrRange": f"10.{number}.0.0/16",
        }
    )
    document["effective_firewalls"].append(
        {"network": link(name), "region": "us-a1", "response": {"firewallPolicys": []}}
    )


def instance(number: int, tags: list[str]) -> dict[str, t.Any]:
    name = list(NETWORKS)[number % 3]
    address = f"10.{NETWORKS[name]}.{number // 250}.{number % 250 + 2}"
    return {
        "name": f"vm-{number:04}",
        "selfLink": f"{API}/zones/us-a1-b/instances/vm-{number:04}",
        "zone": f"{API}/zones/us-a1-b",
        "status": "RUNNING",
        "tags": {"items": tags},
        "networkInterfaces": [{"network": link(name), "networkIP": address}],
    }


def firewall(number: int, dice: random.Random) -> dict[str, t.Any]:
    ports = [str(dice.randrange(1, 9000)), f"{dice.randrange(9000, 9500)}-9600"]
    found = {
        "name": f"rule-{number:04}",
        "network": link(list(NETWORKS)[number % 3]),
        "direction": dice.choice(["INGRESS"] * 5 + ["EGRESS"]),
        "priority": dice.randrange(800, 1200),
        dice.choice(["allowed", "allowed", "denied"]): [{"IPProtocol": "tcp", "ports": ports}],
    }
    ends = "sourceRanges" if found["direction"] == "INGRESS" else "destinationRanges"
    found[ends] = [f"10.{dice.randrange(3)}.{dice.randrange(4) * 16}.0/20" for _each in range(3)]
    if dice.random() < 0.7:
        found["targetTags"] = [f"tag-{dice.randrange(40)}"]
    return found


def project(size: int, kinds: int) -> dict[str, t.Any]:
    """Return a project with that many instances and rules, and VMs with so many sets of tags."""
    dice = random.Random(size)
    keys = ("networks", "subnetworks", "routers", "routes", "effective_firewalls")
    document: dict[str, t.Any] = {"project": "bench", **{key: [] for key in keys}}
    for name, number in NETWORKS.items():
        network(name, number, document)
    sets = [sorted({f"tag-{dice.randrange(40)}" for _each in range(3)}) for _set in range(kinds)]
    document["instances"] = [instance(at, sets[at % kinds]) for at in range(size)]
    document["firewalls"] = [firewall(at, dice) for at in range(size)]
    return document


def declared(document: dict[str, t.Any]) -> Topology:
    groups: dict[str, list[str]] = {"all": [], "lb": [], "web": [], "db": []}
    hostvars = {}
    for each in document["instances"]:
        interface = each["networkInterfaces"][0]
        groups["all"].append(each["name"])
        groups[interface["network"].rpartition("-")[2]].append(each["name"])
        hostvars[each["name"]] = {"ansible_host": interface["networkIP"]}
    flows = [("any", "lb", 80), ("web", "lb", 3306), ("lb", "web", 3000), ("lb", "db", 3306)]
    declaration = {
        "networks": [{"name": n, "cidrs": [f"10.{at}.0.0/16"]} for n, at in NETWORKS.items()],
        "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
        "flows": [{"from": a, "to": b, "port": port} for a, b, port in flows],
        "management": [{"from": "35.235.240.0/20", "port": 22}],
    }
    return read_topology(declaration, groups, hostvars)


def main() -> None:
    for size, kinds in ((10, 5), (1000, 30), (1000, 1000)):
        document = project(size, kinds)
        topology = declared(document)
        seconds = []
        for _round in range(ROUNDS):
            begun = time.perf_counter()
            found = audit(topology, document)
            seconds.append(time.perf_counter() - begun)
        what = f"audit: {size} VMs ({kinds} sets of tags), {size} rules"
        figure = f"{statistics.median(seconds):.2f} s, {len(found['findings'])} findings"
        print(f"{what:<48} {figure}", flush=True)


if __name__ == "__main__":
    main()
