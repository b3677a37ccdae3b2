# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample project as gcp_network_info returns it, which tests change, and its declaration."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology

API = "https://www.googleapis.com/compute/v1/projects/acme"
REGION = "us-central1"
Document = dict[str, t.Any]


def network(name: str) -> str:
    """Return the API's URL of a network."""
    return f"{API}/global/networks/{name}"


def add_network(document: Document, name: str, *cidrs: str) -> None:
    """Add a network with a subnetwork for each range, a default route and a Cloud NAT."""
    document["networks"].append({"name": name, "selfLink": network(name), "peerings": []})
    for number, cidr in enumerate(cidrs):
        subnet = f"{name}-{number}"
        document["subnetworks"].append(
            {
                "name": subnet,
                "selfLink": f"{API}/regions/{REGION}/subnetworks/{subnet}",
                "network": network(name),
                "region": f"{API}/regions/{REGION}",
                "ipCidrRange": cidr,
                "purpose": "PRIVATE",
                "privateIpGoogleAccess": False,
            }
        )
    document["routes"].append(
        {
            "name": f"default-route-{name}",
            "network": network(name),
            "destRange": "0.0.0.0/0",
            "priority": 1000,
            "nextHopGateway": f"{API}/global/gateways/default-internet-gateway",
        }
    )
    document["routers"].append(
        {
            "name": f"router-{name}",
            "network": network(name),
            "region": f"{API}/regions/{REGION}",
            "nats": [
                {
                    "name": f"nat-{name}",
                    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
                }
            ],
        }
    )
    document["effective_firewalls"].append(
        {"network": network(name), "region": REGION, "response": {"firewallPolicys": []}}
    )


def peer(document: Document, one: str, other: str) -> None:
    """Peer two networks, on both sides."""
    for own, there in ((one, other), (other, one)):
        found = next(each for each in document["networks"] if each["name"] == own)
        found["peerings"].append(
            {"name": f"{own}-{there}", "network": network(there), "state": "ACTIVE"}
        )


def add_instance(document: Document, name: str, place: str, address: str, *tags: str) -> Document:
    """Add a VM in the network `place` without an external address, and return it."""
    entry = {
        "name": name,
        "selfLink": f"{API}/zones/{REGION}-a/instances/{name}",
        "zone": f"{API}/zones/{REGION}-a",
        "status": "RUNNING",
        "tags": {"items": list(tags)},
        "serviceAccounts": [{"email": f"{place}@acme.example"}],
        "networkInterfaces": [
            {
                "network": network(place),
                "subnetwork": f"{API}/regions/{REGION}/subnetworks/{place}-0",
                "networkIP": address,
                "accessConfigs": [],
            }
        ],
    }
    document["instances"].append(entry)
    return entry


def allow(place: str, name: str, service: str, *sources: str, **more: t.Any) -> Document:
    """Return a VPC firewall rule that allows a service, such as "tcp:80" or "all"."""
    return {**_rule(place, name, sources), "allowed": [_layer4(service)], **more}


def deny(place: str, name: str, service: str, *sources: str, **more: t.Any) -> Document:
    """Return a VPC firewall rule that denies a service."""
    return {**_rule(place, name, sources), "denied": [_layer4(service)], **more}


def _rule(place: str, name: str, sources: t.Sequence[str]) -> Document:
    return {
        "name": name,
        "selfLink": f"{API}/global/firewalls/{name}",
        "network": network(place),
        "direction": "INGRESS",
        "priority": 1000,
        "disabled": False,
        **({"sourceRanges": list(sources)} if sources else {}),
    }


def _layer4(service: str, key: str = "IPProtocol") -> Document:
    protocol, _colon, ports = service.partition(":")
    return {key: protocol, **({"ports": ports.split(",")} if ports else {})}


def policy_rule(
    priority: int, action: str, service: str, *sources: str, **match: t.Any
) -> Document:
    """Return a rule of a firewall policy; `match` adds fields to what it matches."""
    layer4 = _layer4(service, "ipProtocol")
    ranges = {"srcIpRanges": list(sources)} if sources else {}
    return {
        "priority": priority,
        "action": action,
        "direction": "INGRESS",
        "match": {"layer4Configs": [layer4], **ranges, **match},
    }


def add_policy(document: Document, place: str, kind: str, *rules: Document) -> None:
    """Put a policy into effect for a network."""
    found = next(e for e in document["effective_firewalls"] if e["network"] == network(place))
    policies = found["response"]["firewallPolicys"]
    policies.append({"name": str(1000 + len(policies)), "type": kind, "rules": list(rules)})


def stack() -> Document:
    """Return the project of the stack, with exactly the rules that its declaration needs."""
    document: Document = {
        **{"project": "acme", "incomplete": [], "calls": 7},
        **{key: [] for key in ("networks", "subnetworks", "firewalls", "routers", "routes")},
        **{"instances": [], "effective_firewalls": []},
    }
    for name, cidr in (("vpc-lb", "10.0.0.0/16"), ("vpc-web", "10.1.0.0/16")):
        add_network(document, name, cidr)
    add_network(document, "vpc-db", "10.2.0.0/16")
    peer(document, "vpc-lb", "vpc-web")
    peer(document, "vpc-lb", "vpc-db")
    lb1 = add_instance(document, "lb1", "vpc-lb", "10.0.0.2", "lb")
    lb1["networkInterfaces"][0]["accessConfigs"] = [{"natIP": "198.51.100.7"}]
    add_instance(document, "web1", "vpc-web", "10.1.0.2", "web")
    add_instance(document, "web2", "vpc-web", "10.1.0.3", "web")
    add_instance(document, "db1", "vpc-db", "10.2.0.2", "db")
    document["firewalls"] = [
        allow("vpc-lb", "lb-http", "tcp:80", "0.0.0.0/0", targetTags=["lb"]),
        allow("vpc-lb", "lb-mysql", "tcp:3306", "10.1.0.2/32", "10.1.0.3/32"),
        allow("vpc-web", "web-http", "tcp:3000", "10.0.0.2/32", targetTags=["web"]),
        allow("vpc-db", "db-mysql", "tcp:3306", "10.0.0.2/32"),
        *(
            allow(place, f"{place}-ssh", "tcp:22", "35.235.240.0/20")
            for place in ("vpc-lb", "vpc-web", "vpc-db")
        ),
    ]
    return document


NETWORKS = {"vpc-lb": "10.0.0.0/16", "vpc-web": "10.1.0.0/16", "vpc-db": "10.2.0.0/16"}
FLOWS = [
    {"from": "any", "to": "nginx_lb", "port": 80, "protocol": "http"},
    {"from": "webapp", "to": "nginx_lb", "port": 3306, "protocol": "mysql"},
    {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"},
    {"from": "nginx_lb", "to": "mysql", "port": 3306, "protocol": "mysql"},
]
DECLARATION = {
    "networks": [{"name": name, "cidrs": [cidr]} for name, cidr in NETWORKS.items()],
    "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
    "flows": FLOWS,
    "management": [{"from": "35.235.240.0/20", "port": 22}],
}
GROUPS = {
    "all": ["lb1", "web1", "web2", "db1"],
    "nginx_lb": ["lb1"],
    "webapp": ["web1", "web2"],
    "mysql": ["db1"],
}
ADDRESSES = {"lb1": "10.0.0.2", "web1": "10.1.0.2", "web2": "10.1.0.3", "db1": "10.2.0.2"}


def topology(**changes: t.Any) -> Topology:
    """Return the declaration of the stack with its hosts; `changes` replace whole sections."""
    hostvars = {name: {"ansible_host": address} for name, address in ADDRESSES.items()}
    return read_topology({**DECLARATION, **changes}, GROUPS, hostvars)


def found(document: Document, *ids: str, **changes: t.Any) -> list[dict[str, str]]:
    """Audit a project and return the findings, those with these ids if any are given."""
    findings = audit(topology(**changes), document)["findings"]
    return [each for each in findings if not ids or each["id"] in ids]


FLOW_FINDINGS = (
    "flow-closed",
    "flow-egress-closed",
    "flow-undecided",
    "management-closed",
    "management-undecided",
)


def obey(document: dict, command: str) -> None:
    """Carry out the gcloud commands of a finding that create and delete VPC firewall rules."""
    for line in command.splitlines():
        words = shlex.split(line)
        options = dict(word[2:].split("=", 1) for word in words if "=" in word)
        if words[2:4] == ["firewall-rules", "delete"]:
            document["firewalls"] = [r for r in document["firewalls"] if r["name"] != words[4]]
            continue
        assert words[2:4] == ["firewall-rules", "create"], line
        services = [entry.partition(":") for entry in options["rules"].split(",")]
        document["firewalls"].append(
            {
                "name": words[4],
                "network": network(options["network"]),
                "direction": options["direction"],
                "priority": int(options["priority"]),
                "sourceRanges": options["source-ranges"].split(","),
                "destinationRanges": options["destination-ranges"].split(","),
                "allowed": [{"IPProtocol": p, "ports": [ports]} for p, _colon, ports in services],
            }
        )
