# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from support import gcp_samples

SUBNET = "acme/regions/us-central1/subnetworks/vpc-web-0"


def listed(*ranges: str) -> dict:
    """Return NAT for these ranges of one subnet."""
    subnet = {"name": f"https://compute/projects/{SUBNET}", "sourceIpRangesToNat": list(ranges)}
    return {"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS", "subnetworks": [subnet]}


@pytest.mark.parametrize(
    ("nat", "subnets"),
    [
        ({"sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES"}, [None]),
        (listed(), [{SUBNET}]),
        (listed("ALL_IP_RANGES"), [{SUBNET}]),
        (listed("PRIMARY_IP_RANGE", "LIST_OF_SECONDARY_IP_RANGES"), [{SUBNET}]),
        (listed("LIST_OF_SECONDARY_IP_RANGES"), [set()]),
        ({"sourceSubnetworkIpRangesToNat64": "ALL_IPV6_SUBNETWORKS"}, []),
        ({**listed(), "type": "PRIVATE"}, []),
        ({**listed(), "endpointTypes": []}, [{SUBNET}]),
        ({**listed(), "endpointTypes": ["ENDPOINT_TYPE_SWG", "ENDPOINT_TYPE_VM"]}, [{SUBNET}]),
        ({**listed(), "endpointTypes": ["ENDPOINT_TYPE_MANAGED_PROXY_LB"]}, []),
        ({**listed(), "endpointTypes": ["ENDPOINT_TYPE_SWG"]}, []),
    ],
)
def test_nat_has_the_subnets_whose_vms_it_serves(nat, subnets) -> None:
    document = gcp_samples.stack()
    document["routers"] = [{**document["routers"][1], "nats": [{"name": "one", **nat}]}]
    (router,) = read_project(document).routers_of("acme/global/networks/vpc-web", "us-central1")
    assert [nat.subnets for nat in router.nats] == subnets
    assert (router.name, router.nat_names) == ("router-vpc-web", {"one"})


def test_router_without_a_network_serves_no_network() -> None:
    document = gcp_samples.stack()
    document["routers"].append({**document["routers"][1], "name": "ncc"})
    del document["routers"][-1]["network"]
    found = read_project(document)
    assert [router.name for router in found.routers][-1] == "ncc"
    (router,) = found.routers_of("acme/global/networks/vpc-web", "us-central1")
    assert router.name == "router-vpc-web"
    assert gcp_samples.found(document) == []


def test_other_next_hops_are_named() -> None:
    document = gcp_samples.stack()
    del document["routes"][0]["nextHopGateway"]
    document["routes"][0]["nextHopInstance"] = f"{gcp_samples.API}/zones/a/instances/proxy"
    document["routes"][1]["destRange"] = "::/0"
    assert [route.next_hop for route in read_project(document).routes] == [
        "Instance proxy",
        "internet",
    ]
