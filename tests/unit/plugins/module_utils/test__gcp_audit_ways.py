# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gcp_samples
import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp_audit import audit
from gcp_samples import deny, found

IDS = ("way-none", "way-blocked", "way-google-only", "way-undecided")


def ways(document: dict) -> dict[str, str]:
    entries = audit(gcp_samples.topology(), document)["ways_out"]
    return {entry["vm"]: entry["way"] for entry in entries}


def listed(*ranges: str) -> dict:
    """Return what makes NAT be for these ranges of the database's subnet."""
    subnet = f"{gcp_samples.API}/regions/us-central1/subnetworks/vpc-db-0"
    return {
        "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
        "subnetworks": [{"name": subnet, "sourceIpRangesToNat": list(ranges)}],
    }


def test_the_ways_of_the_stack() -> None:
    assert ways(gcp_samples.stack()) == {
        "lb1": "external",
        "web1": "nat",
        "web2": "nat",
        "db1": "nat",
    }


def test_without_nat_there_is_google_or_nothing() -> None:
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
def test_nat_has_to_be_for_the_subnet(change, way) -> None:
    document = gcp_samples.stack()
    document["routers"][2]["nats"][0].update(change)
    assert ways(document)["db1"] == way


def test_nat_of_another_region_is_none() -> None:
    document = gcp_samples.stack()
    document["routers"][2]["region"] = f"{gcp_samples.API}/regions/europe-west1"
    assert ways(document)["db1"] == "none"


def test_a_way_needs_a_route() -> None:
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
    assert finding["command"] == ""  # no NAT would be of use


def test_the_first_route_for_the_vm_counts() -> None:
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
def test_what_was_not_read_is_undecided(part) -> None:
    document = gcp_samples.stack()
    document[part] = None
    assert ways(document)["db1"] == ("undecided")


def test_rules_may_close_the_way() -> None:
    document = gcp_samples.stack()
    rule = deny("vpc-db", "out", "tcp:443", direction="EGRESS", destinationRanges=["0.0.0.0/0"])
    document["firewalls"].append(rule)
    (finding,) = found(document)
    assert (finding["id"], finding["object"]) == ("way-blocked", "db1")
    assert finding["explanation"] == (
        "to the internet on tcp:443 it is closed by out (VPC firewall rule, priority 1000)"
    )
    assert "--direction=EGRESS" in finding["command"]


def test_in_a_network_of_another_project_the_way_is_undecided() -> None:
    document = gcp_samples.stack()
    shared = f"{gcp_samples.API}-host/global/networks/vpc-db"
    document["instances"][3]["networkInterfaces"][0]["network"] = shared
    assert ways(document)["db1"] == "undecided"
    (finding,) = found(document, *IDS)
    assert finding["explanation"] == (
        "its network acme-host/global/networks/vpc-db is not in the document"
    )
