# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from support import gcp_samples
from support.gcp_samples import found

IDS = ("way-none", "way-blocked", "way-google-only", "way-undecided")


def ways(document: dict) -> dict[str, str]:
    entries = audit(gcp_samples.topology(), document)["ways_out"]
    return {entry["vm"]: entry["way"] for entry in entries}


def listed(*ranges: str) -> dict:
    """Return the fields of a NAT for these ranges of the database's subnet."""
    subnet = f"{gcp_samples.API}/regions/us-central1/subnetworks/vpc-db-0"
    return {
        "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
        "subnetworks": [{"name": subnet, "sourceIpRangesToNat": list(ranges)}],
    }


def test_stack_has_external_and_nat_ways() -> None:
    assert ways(gcp_samples.stack()) == {
        "lb1": "external",
        "web1": "nat",
        "web2": "nat",
        "db1": "nat",
    }


def test_vm_without_nat_has_google_or_no_way() -> None:
    document = gcp_samples.stack()
    document["routers"] = document["routers"][:1]
    document["subnetworks"][1]["privateIpGoogleAccess"] = True
    none, google = found(document)
    assert (none["id"], none["severity"], none["object"]) == ("way-none", "error", "db1")
    assert none["command"].splitlines()[0] == (
        "gcloud compute routers create vpc-db-router --project=acme --network=vpc-db"
        " --region=us-central1"
    )
    assert (google["id"], google["object"]) == ("way-google-only", "web1, web2")
    assert "packages and images come only from Artifact Registry" in google["explanation"]


@pytest.mark.parametrize(
    ("change", "way"),
    [
        ({"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS", "subnetworks": []}, "none"),
        (listed("LIST_OF_SECONDARY_IP_RANGES"), "none"),
        (listed("PRIMARY_IP_RANGE"), "nat"),
        ({"type": "PRIVATE"}, "none"),
        (
            {
                "sourceSubnetworkIpRangesToNat": None,
                "sourceSubnetworkIpRangesToNat64": "ALL_IPV6_SUBNETWORKS",
            },
            "none",
        ),
        ({}, "nat"),
    ],
)
def test_nat_counts_only_if_it_serves_the_subnet(change, way) -> None:
    document = gcp_samples.stack()
    document["routers"][2]["nats"][0].update(change)
    assert ways(document)["db1"] == way


def test_nat_of_another_region_does_not_count() -> None:
    document = gcp_samples.stack()
    document["routers"][2]["region"] = f"{gcp_samples.API}/regions/europe-west1"
    assert ways(document)["db1"] == "none"


def test_external_address_without_a_route_is_no_way() -> None:
    document = gcp_samples.stack()
    document["routes"] = [r for r in document["routes"] if r["name"] != "default-route-vpc-lb"]
    assert ways(document)["lb1"] == "none"
    (finding,) = found(document)
    assert finding["explanation"].endswith("no route to the internet")
    document["subnetworks"][0]["privateIpGoogleAccess"] = True
    route = {**document["routes"][0], "network": gcp_samples.network("vpc-lb")}
    document["routes"].append({**route, "destRange": "199.36.153.8/30"})
    assert ways(document)["lb1"] == "google-only"
    (finding,) = found(document)
    assert finding["command"] == ""  # a NAT would not help without a route


def test_route_of_highest_priority_that_applies_to_the_vm_decides() -> None:
    document = gcp_samples.stack()
    proxy = {k: v for k, v in document["routes"][2].items() if k != "nextHopGateway"}
    proxy |= {"name": "proxy", "priority": 10, "tags": ["db"], "nextHopIp": "10.2.0.9"}
    document["routes"].append(proxy)
    assert ways(document)["db1"] == "undecided"
    (finding,) = found(document)
    assert finding["explanation"] == "route proxy hands it to Ip 10.2.0.9, whose way is not known"
    document["routes"][-1]["tags"] = ["web"]
    assert ways(document)["db1"] == "nat"


@pytest.mark.parametrize("part", ["routes", "routers"])
def test_way_without_routes_or_routers_is_undecided(part) -> None:
    document = gcp_samples.stack()
    document[part] = None
    assert ways(document)["db1"] == ("undecided")


def test_way_of_a_vm_in_another_projects_network_is_undecided() -> None:
    document = gcp_samples.stack()
    shared = f"{gcp_samples.API}-host/global/networks/vpc-db"
    document["instances"][3]["networkInterfaces"][0]["network"] = shared
    assert ways(document)["db1"] == "undecided"
    (finding,) = found(document, *IDS)
    assert finding["explanation"] == (
        "its network acme-host/global/networks/vpc-db is not in the document"
    )


def first_interface(document: dict, place: str, **more: object) -> None:
    """Give the load balancer a first interface before the one in the declared network."""
    gcp_samples.add_network(document, "vpc-mgmt", "10.9.0.0/16")
    lb1 = document["instances"][0]
    (own,) = lb1["networkInterfaces"]
    own["accessConfigs"] = []
    subnet = own["subnetwork"].replace("vpc-lb", place)
    first = {"network": gcp_samples.network(place), "subnetwork": subnet, "networkIP": "10.9.0.5"}
    lb1["networkInterfaces"] = [{**first, **more}, own]


@pytest.mark.parametrize(
    ("there", "here", "way"),
    [
        ({"accessConfigs": [{"natIP": "198.51.100.9"}]}, False, "external"),
        ({}, True, "nat"),
        ({"network": gcp_samples.network("gone")}, True, "undecided"),
        ({"network": gcp_samples.network("vpc-old")}, True, "undecided"),
        ({"network": gcp_samples.network("vpc-old")}, False, "none"),
    ],
)
def test_first_interface_decides_the_way(there, here, way) -> None:
    document = gcp_samples.stack()
    first_interface(document, "vpc-mgmt", **there)
    gcp_samples.add_network(document, "vpc-old", "10.9.0.0/16")
    without = {"router-vpc-old"} if here else {"router-vpc-old", "router-vpc-lb"}
    document["routers"] = [r for r in document["routers"] if r["name"] not in without]
    assert ways(document)["lb1"] == way
    assert [each["id"] for each in found(document, *IDS)] == (
        [f"way-{way}"] if way in ("none", "undecided") else []
    )


def halves(hop: dict) -> list[dict]:
    """Return two routes that together precede a default route."""
    place = {"network": gcp_samples.network("vpc-db"), "priority": 2000}
    return [{"name": f"half-{at}", "destRange": f"{at}.0.0.0/1", **place, **hop} for at in (0, 128)]


GATEWAY = {"nextHopGateway": f"{gcp_samples.API}/global/gateways/default-internet-gateway"}
TUNNEL = {"nextHopVpnTunnel": f"{gcp_samples.API}/regions/us-central1/vpnTunnels/t"}


@pytest.mark.parametrize(
    ("routes", "whole", "way"),
    [
        (halves(GATEWAY), False, "nat"),
        (halves(GATEWAY)[:1], False, "none"),
        (halves(GATEWAY)[:1], True, "nat"),
        (halves(TUNNEL), True, "undecided"),
        (halves(TUNNEL)[1:], True, "undecided"),
        (halves(TUNNEL)[1:] + halves(GATEWAY), True, "undecided"),
    ],
)
def test_routes_to_both_halves_precede_the_default_route(routes, whole, way) -> None:
    document = gcp_samples.stack()
    if not whole:
        document["routes"] = [r for r in document["routes"] if not r["name"].endswith("-db")]
    document["routes"] += routes
    assert ways(document)["db1"] == way
