# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from support import gcp_samples
from support.gcp_samples import found, network

API = gcp_samples.API


def side(document: dict, number: int, peer: str) -> dict:
    peerings = document["networks"][number]["peerings"]
    return next(each for each in peerings if each["network"] == network(peer))


def test_missing_network_is_found_with_the_command_that_creates_it() -> None:
    document = gcp_samples.stack()
    document["networks"] = document["networks"][:2]
    document["networks"][0]["peerings"].pop()
    document["instances"].pop()
    (finding,) = found(document, "network-missing", "network-undecided")
    assert (finding["id"], finding["object"]) == ("network-missing", "vpc-db")
    assert finding["command"] == (
        "gcloud compute networks create vpc-db --project=acme --subnet-mode=custom"
    )


@pytest.mark.parametrize("how", ["elsewhere", "unread"])
def test_network_in_another_project_or_unread_is_undecided(how) -> None:
    document = gcp_samples.stack()
    document["networks"] = document["networks"][:2]
    if how == "elsewhere":
        side(document, 0, "vpc-db")["network"] = f"{API}-host/global/networks/vpc-db"
    else:
        document["networks"][0]["peerings"].pop()
        document["instances"].pop()
        document["incomplete"] = [{"what": "networks", "where": "", "why": "403"}]
    (finding,) = found(document, "network-missing", "network-undecided")
    assert (finding["id"], finding["severity"]) == ("network-undecided", "warning")


def test_missing_partial_and_undeclared_ranges_are_found() -> None:
    document = gcp_samples.stack()
    document["subnetworks"][1]["ipCidrRange"] = "10.1.0.0/20"
    document["subnetworks"][2]["ipCidrRange"] = "10.7.0.0/16"
    findings = found(document, "range-undeclared", "range-missing", "range-partial")
    assert [(each["id"], each["object"]) for each in findings] == [
        ("range-missing", "vpc-db"),
        ("range-undeclared", "vpc-db vpc-db-0"),
        ("range-partial", "vpc-web"),
    ]
    assert "--range=10.2.0.0/16" in findings[0]["command"]
    assert findings[2]["explanation"].startswith("of 10.1.0.0/16, no subnet has 10.1.16.0/20, ")


@pytest.mark.parametrize(
    ("secondary", "peered", "why"),
    [
        ("10.1.128.0/20", "vpc-lb", "both are peers of vpc-lb"),
        ("10.0.128.0/20", "vpc-lb", "the networks are peered"),
        ("10.1.128.0/20", "", ""),
    ],
)
def test_overlaps_are_found_between_peers_and_networks_with_a_common_peer(
    secondary, peered, why
) -> None:
    document = gcp_samples.stack()
    gcp_samples.add_network(document, "vpc-old", "10.9.0.0/16")
    document["subnetworks"][3]["secondaryIpRanges"] = [
        {"rangeName": "pods", "ipCidrRange": secondary}
    ]
    if peered:
        gcp_samples.peer(document, "vpc-old", peered)
    findings = found(document, "range-overlap")
    assert [each["explanation"].partition("; ")[2] for each in findings] == ([why] if why else [])


def test_finding_about_a_gap_says_what_is_not_judged() -> None:
    document = gcp_samples.stack()
    document["incomplete"] = [{"what": "routes", "where": "projects/acme", "why": "403 forbidden"}]
    (finding,) = found(document, "document-incomplete")
    assert finding["object"] == "routes projects/acme"
    assert finding["explanation"] == (
        "routes could not be read in full (403 forbidden); not judged are which way packets take"
        " to the internet"
    )
