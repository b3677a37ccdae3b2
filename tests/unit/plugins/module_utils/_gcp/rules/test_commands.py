# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import Service
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.commands import (
    Gcloud,
    Opening,
    valid_name,
)
from support import gcp_samples

OPENING = Opening(
    "web -> db:3306",
    "INGRESS",
    "acme/global/networks/vpc-db",
    (Service("tcp", 3306, 3306),),
    [(0x0A000000, 0x0A0000FF)],
    [(0x0A020002, 0x0A020002)],
)


@pytest.fixture
def gcloud() -> Gcloud:
    return Gcloud(read_project(gcp_samples.stack()))


def test_command_words_are_quoted(gcloud) -> None:
    line = gcloud.command("networks", "create", "a b; rm", network="$(x)", quiet=True, none="")
    assert line == (
        "gcloud compute networks create 'a b; rm' --project=acme '--network=$(x)' --quiet"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("any -> nginx_lb:80 (http)", "any-nginx-lb-80-http"),
        ("10.0.0.0/8 -> a:1", "r-10-0-0-0-8-a-1"),
        ("x" * 80, "x" * 56),
    ],
)
def test_names_are_valid_in_the_cloud(text, name) -> None:
    assert valid_name(text) == name


def test_new_rule_is_exact_and_precedes_the_closing_rule(gcloud) -> None:
    blocking = read_project(gcp_samples.stack()).firewalls["acme/global/networks/vpc-db"][0]
    assert gcloud.admit(OPENING, [], "us") == (
        "gcloud compute firewall-rules create web-db-3306 --project=acme --network=vpc-db"
        " --direction=INGRESS --action=ALLOW --rules=tcp:3306 --priority=1000"
        " --source-ranges=10.0.0.0/24 --destination-ranges=10.2.0.2/32"
    )
    assert "create web-db-3306-2 " in gcloud.admit(OPENING, [blocking], "us")
    assert "--priority=999 " in gcloud.admit(OPENING, [blocking], "us")


def test_rules_of_two_places_have_no_single_command(gcloud) -> None:
    rule = read_project(gcp_samples.stack()).firewalls["acme/global/networks/vpc-db"][0]
    policy = dataclasses.replace(rule, kind="NETWORK", policy="edge")
    assert gcloud.admit(OPENING, [rule, policy], "us") == ""
    assert "--global-firewall-policy" in gcloud.admit(OPENING, [policy], "us")
    system = dataclasses.replace(rule, kind="SYSTEM_REGIONAL", policy="gke")
    assert gcloud.admit(OPENING, [system], "us") == ""


def test_region_is_a_placeholder_if_the_project_has_several(gcloud) -> None:
    assert "--region=us-central1 " in gcloud.create_subnet("vpc-x", "10.9.0.0/16")
    document = gcp_samples.stack()
    document["subnetworks"][0]["region"] = f"{gcp_samples.API}/regions/europe-west1"
    assert "--region=REGION " in Gcloud(read_project(document)).create_subnet(
        "vpc-x", "10.9.0.0/16"
    )


def test_new_subnets_have_unused_names(gcloud) -> None:
    lines = [gcloud.create_subnet("vpc-db", f"10.{at}.0.0/16") for at in (3, 4)]
    assert [line.split()[5] for line in lines] == ["vpc-db-us-central1", "vpc-db-us-central1-2"]
    document = gcp_samples.stack()
    document["subnetworks"][2]["name"] = "vpc-db-us-central1"
    line = Gcloud(read_project(document)).create_subnet("vpc-db", "10.3.0.0/16")
    assert "create vpc-db-us-central1-2 " in line


ALL = "--region=us-central1 --nat-all-subnet-ip-ranges"
NEW = "--region=us-central1 --auto-allocate-nat-external-ips --nat-all-subnet-ip-ranges"
PROXIES = {
    "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
    "endpointTypes": ["ENDPOINT_TYPE_SWG"],
}
LISTED = {"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS", "subnetworks": []}


@pytest.mark.parametrize(
    ("routers", "lines"),
    [
        (
            [],
            [
                "create vpc-db-router --project=acme --network=vpc-db --region=us-central1",
                f"nats create vpc-db-nat --project=acme --router=vpc-db-router {NEW}",
            ],
        ),
        (
            [{"name": "vpc-db-router", "network": "vpc-web"}],
            [
                "create vpc-db-router-2 --project=acme --network=vpc-db --region=us-central1",
                f"nats create vpc-db-nat --project=acme --router=vpc-db-router-2 {NEW}",
            ],
        ),
        (
            [{"name": "own", "network": "vpc-db"}],
            [f"nats create vpc-db-nat --project=acme --router=own {NEW}"],
        ),
        (
            [{"name": "own", "network": "vpc-db", "nats": [{"name": "vpc-db-nat"}]}],
            [f"nats create vpc-db-nat-2 --project=acme --router=own {NEW}"],
        ),
        (
            [{"name": "own", "network": "vpc-db", "nats": [{"name": "some", **LISTED}]}],
            [f"nats update some --project=acme --router=own {ALL}"],
        ),
        (
            [{"name": "own", "network": "vpc-db", "nats": [{"name": "some", **PROXIES}]}],
            [f"nats create vpc-db-nat --project=acme --router=own {NEW}"],
        ),
        (
            [{"name": "own", "network": "vpc-db", "nats": [{"name": "a", **LISTED}] * 2}],
            [],
        ),
    ],
)
def test_nat_is_created_or_updated_as_routers_require(routers, lines) -> None:
    document = gcp_samples.stack()
    place = {"region": document["routers"][0]["region"]}
    document["routers"] = [
        {**each, **place, "network": gcp_samples.network(each["network"])} for each in routers
    ]
    gcloud = Gcloud(read_project(document))
    for _again in range(2):  # asking twice uses up no name
        found = gcloud.create_nat("acme/global/networks/vpc-db", "us-central1")
        assert found.splitlines() == [f"gcloud compute routers {line}" for line in lines]
