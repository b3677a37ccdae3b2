# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example project of the fake: the three peered networks of inventories/gcp."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

PROJECT = "shop-42"
LINK = "https://www.googleapis.com/compute/v1/projects"
REGION = "us-central1"
NETWORKS = {"vpc-nginx-lb": "10.0", "vpc-webapp": "10.1", "vpc-db": "10.2"}
PEERINGS = [("vpc-nginx-lb", "vpc-webapp"), ("vpc-nginx-lb", "vpc-db")]
BORN = "2026-01-02T03:04:05.000-08:00"
IAP = "35.235.240.0/20"

Object = dict[str, t.Any]


@dataclass
class Cloud:
    """A project's objects by collection, and the effective firewall policies by network."""

    project: str = PROJECT
    objects: dict[str, list[Object]] = field(default_factory=dict)
    policies: dict[str, list[Object]] = field(default_factory=dict)
    _ids: int = 1000

    def add(self, collection: str, kind: str, place: str, name: str, **fields: t.Any) -> Object:
        """Add an object at "global", "regions/R" or "zones/Z"."""
        self._ids += 1
        made = {
            "kind": f"compute#{kind}",
            "id": str(self._ids),
            "creationTimestamp": BORN,
            "name": name,
            "selfLink": f"{LINK}/{self.project}/{place}/{collection}/{name}",
        }
        scope, _slash, where = place.partition("/")
        if where:
            made[scope.rstrip("s")] = f"{LINK}/{self.project}/{place}"
        made.update(fields)
        self.objects.setdefault(collection, []).append(made)
        return made

    def link(self, place: str) -> str:
        """Return the URL of an object, such as "global/networks/vpc-db"."""
        return f"{LINK}/{self.project}/{place}"

    def network(self, name: str) -> str:
        """Return the URL of a network."""
        return self.link(f"global/networks/{name}")

    def named(self, collection: str, name: str) -> Object:
        """Return the object of this name."""
        (found,) = (each for each in self.objects[collection] if each["name"] == name)
        return found

    def scopes(self, collection: str) -> dict[str, list[Object]]:
        """Return a collection's objects by zone or region, as aggregated lists do."""
        found: dict[str, list[Object]] = {}
        for each in self.objects.get(collection, []):
            place = each["selfLink"].split(f"/projects/{self.project}/")[1]
            found.setdefault(place.rsplit("/", 2)[0], []).append(each)
        return found


def add_network(cloud: Cloud, name: str, prefix: str) -> None:
    """Add a network with a subnetwork, its routes, and a rule for SSH through IAP."""
    subnet = f"{name}-{REGION}"
    cloud.add(
        "networks",
        "network",
        "global",
        name,
        autoCreateSubnetworks=False,
        mtu=1460,
        routingConfig={"routingMode": "REGIONAL"},
        subnetworks=[cloud.link(f"regions/{REGION}/subnetworks/{subnet}")],
        networkFirewallPolicyEnforcementOrder="AFTER_CLASSIC_FIREWALL",
    )
    cloud.add(
        "subnetworks",
        "subnetwork",
        f"regions/{REGION}",
        subnet,
        network=cloud.network(name),
        ipCidrRange=f"{prefix}.0.0/16",
        gatewayAddress=f"{prefix}.0.1",
        privateIpGoogleAccess=True,
        purpose="PRIVATE",
        stackType="IPV4_ONLY",
    )
    route = {"network": cloud.network(name)}
    internet = {**route, "nextHopGateway": cloud.link("global/gateways/default-internet-gateway")}
    cloud.add(
        *("routes", "route", "global", f"default-route-{name}"),
        **internet,
        destRange="0.0.0.0/0",
        priority=1000,
    )
    cloud.add(
        *("routes", "route", "global", f"subnet-route-{name}"),
        **route,
        destRange=f"{prefix}.0.0/16",
        priority=0,
        nextHopNetwork=cloud.network(name),
    )
    add_rule(cloud, f"{name}-ssh-from-iap", name, 22, [IAP])


def add_rule(
    cloud: Cloud, name: str, network: str, port: int, sources: list[str], **fields: t.Any
) -> Object:
    """Add a VPC firewall rule that allows a TCP port."""
    return cloud.add(
        *("firewalls", "firewall", "global", name),
        **{
            "network": cloud.network(network),
            "direction": "INGRESS",
            "priority": 1000,
            "disabled": False,
            "sourceRanges": sources,
            "allowed": [{"IPProtocol": "tcp", "ports": [str(port)]}],
            "logConfig": {"enable": False},
            **fields,
        },
    )


def add_peering(cloud: Cloud, one: str, other: str) -> None:
    """Peer two networks on both sides, with the routes that the cloud makes of it."""
    for mine, peer in ((one, other), (other, one)):
        name = f"{mine}-to-{peer}"
        cloud.named("networks", mine).setdefault("peerings", []).append(
            {
                "name": name,
                "network": cloud.network(peer),
                "state": "ACTIVE",
                "stateDetails": "[2026-01-02T03:04:05.000-08:00]: Connected.",
                "autoCreateRoutes": True,
                "exchangeSubnetRoutes": True,
                "exportCustomRoutes": False,
                "importCustomRoutes": False,
                "exportSubnetRoutesWithPublicIp": True,
                "importSubnetRoutesWithPublicIp": False,
                "stackType": "IPV4_ONLY",
            }
        )
        cloud.add(
            *("routes", "route", "global", f"peering-route-{mine}-{peer}"),
            network=cloud.network(mine),
            destRange=f"{NETWORKS[peer]}.0.0/16",
            priority=0,
            nextHopPeering=name,
        )


def add_nat(cloud: Cloud, network: str) -> None:
    """Add a Cloud Router with a Cloud NAT for all subnetworks of a network."""
    nat = {
        "name": f"{network}-nat",
        "type": "PUBLIC",
        "natIpAllocateOption": "AUTO_ONLY",
        "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        "minPortsPerVm": 64,
    }
    cloud.add(
        *("routers", "router", f"regions/{REGION}", f"{network}-router"),
        network=cloud.network(network),
        nats=[nat],
    )


def add_instance(
    cloud: Cloud, name: str, zone: str, network: str, address: str, role: str, public: str = ""
) -> Object:
    """Add a VM with a role as its label and tag, and with `public` as its external address."""
    interface: Object = {
        "kind": "compute#networkInterface",
        "name": "nic0",
        "network": cloud.network(network),
        "subnetwork": cloud.link(f"regions/{REGION}/subnetworks/{network}-{REGION}"),
        "networkIP": address,
        "stackType": "IPV4_ONLY",
        "fingerprint": "c2hvcC00Mg==",
    }
    if public:
        access = {"name": "External NAT", "type": "ONE_TO_ONE_NAT", "networkTier": "PREMIUM"}
        interface["accessConfigs"] = [{"kind": "compute#accessConfig", "natIP": public, **access}]
    account = f"{role.replace('_', '-')}@{cloud.project}.iam.gserviceaccount.com"
    return cloud.add(
        *("instances", "instance", f"zones/{zone}", name),
        status="RUNNING",
        machineType=cloud.link(f"zones/{zone}/machineTypes/e2-small"),
        tags={"items": [role.replace("_", "-")], "fingerprint": "c2hvcC00Mg=="},
        labels={"role": role},
        labelFingerprint="c2hvcC00Mg==",
        metadata={
            "kind": "compute#metadata",
            "fingerprint": "c2hvcC00Mg==",
            "items": [{"key": "startup-script", "value": "echo hidden-in-metadata"}],
        },
        networkInterfaces=[interface],
        serviceAccounts=[
            {"email": account, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
        ],
        canIpForward=False,
        deletionProtection=False,
    )


def example(webs: int = 2) -> Cloud:
    """Return the stack of the example inventory, as declared, with so many web servers."""
    cloud = Cloud()
    for name, prefix in NETWORKS.items():
        add_network(cloud, name, prefix)
    for one, other in PEERINGS:
        add_peering(cloud, one, other)
    for network in ("vpc-webapp", "vpc-db"):
        add_nat(cloud, network)
    add_rule(cloud, "lb-http", "vpc-nginx-lb", 80, ["0.0.0.0/0"], targetTags=["nginx-lb"])
    add_rule(cloud, "lb-mysql", "vpc-nginx-lb", 3306, ["10.1.0.0/16"], targetTags=["nginx-lb"])
    add_rule(cloud, "webapp-http", "vpc-webapp", 3000, ["10.0.0.0/16"], targetTags=["webapp"])
    add_rule(cloud, "db-mysql", "vpc-db", 3306, ["10.0.0.0/16"], targetTags=["mysql"])
    lb = ("vpc-nginx-lb", "10.0.0.2", "nginx_lb", "203.0.113.80")
    add_instance(cloud, "lb1", f"{REGION}-c", *lb)
    for number in range(webs):
        address = f"10.1.{(number + 2) // 250}.{(number + 2) % 250}"
        zone = f"{REGION}-{'ab'[number % 2]}"
        add_instance(cloud, f"web{number + 1}", zone, "vpc-webapp", address, "webapp")
    add_instance(cloud, "db1", f"{REGION}-a", "vpc-db", "10.2.0.2", "mysql")
    return cloud
