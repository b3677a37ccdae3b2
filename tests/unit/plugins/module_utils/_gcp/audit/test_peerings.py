# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from support import gcp_samples
from support.gcp_samples import found, network

API = gcp_samples.API


def side(document: dict, number: int, peer: str) -> dict:
    peerings = document["networks"][number]["peerings"]
    return next(each for each in peerings if each["network"] == network(peer))


def test_declared_peering_with_another_project_is_undecided() -> None:
    document = gcp_samples.stack()
    document["networks"] = document["networks"][:2]
    document["instances"].pop()
    side(document, 0, "vpc-db")["network"] = f"{API}-host/global/networks/vpc-db"
    findings = found(document, "peering-undecided", "peering-outside", "vm-undecided", "vm-missing")
    peering, vm = findings
    assert (peering["id"], peering["object"]) == ("peering-undecided", "vpc-db and vpc-lb")
    assert peering["explanation"] == (
        "vpc-lb-vpc-db is ACTIVE; the other side, of acme-host/global/networks/vpc-db, is not in"
        " the document: audit its project too"
    )
    assert (vm["id"], vm["object"]) == ("vm-undecided", "db1")
    assert vm["explanation"].endswith(
        "but acme-host/global/networks/vpc-db is used: audit its project too"
    )
    assert (peering["command"], vm["command"]) == ("", "")


def test_declared_peering_with_missing_network_is_undecided() -> None:
    document = gcp_samples.stack()
    document["networks"] = document["networks"][:2]
    side(document, 0, "vpc-db")["state"] = "INACTIVE"
    document["instances"].pop()
    missing, peering = found(document, "network-missing", "network-undecided", "peering-undecided")
    assert (missing["id"], peering["id"]) == ("network-missing", "peering-undecided")
    assert peering["explanation"].endswith("is not in the document")


def test_peering_missing_on_one_or_both_sides_is_found() -> None:
    document = gcp_samples.stack()
    document["networks"][1]["peerings"] = []
    (finding,) = found(document, "peering-one-sided")
    assert finding["object"] == "vpc-lb and vpc-web"
    assert finding["command"] == (
        "gcloud compute networks peerings create vpc-web-to-vpc-lb --project=acme"
        " --network=vpc-web --peer-network=vpc-lb"
    )
    document["networks"][0]["peerings"].pop(0)
    (finding,) = found(document, "peering-missing")
    assert len(finding["command"].splitlines()) == 2


def test_inactive_peering_is_found_with_the_clouds_details() -> None:
    document = gcp_samples.stack()
    side(document, 2, "vpc-lb").update(state="INACTIVE", stateDetails="Waiting for peer.")
    (finding,) = found(document, "peering-inactive")
    assert finding["explanation"] == "vpc-db-vpc-lb of vpc-db is INACTIVE: Waiting for peer."
    assert "delete vpc-db-vpc-lb" in finding["command"]


def test_undeclared_peerings_are_found() -> None:
    document = gcp_samples.stack()
    gcp_samples.peer(document, "vpc-web", "vpc-db")
    gcp_samples.add_network(document, "vpc-old", "10.9.0.0/16")
    gcp_samples.peer(document, "vpc-db", "vpc-old")
    undeclared, outside = found(document, "peering-undeclared", "peering-outside")
    assert (undeclared["id"], undeclared["object"]) == ("peering-undeclared", "vpc-db and vpc-web")
    assert undeclared["command"].startswith("gcloud compute networks peerings delete vpc-web-vpc")
    assert (outside["id"], outside["object"]) == ("peering-outside", "vpc-db")


def public(cidr: str, exports: bool | None, imports: bool | None) -> list[dict[str, str]]:
    """Return findings about missing routes, with this range for vpc-web and these flags."""
    begin = cidr.partition(".0.0/")[0]
    text = json.dumps([gcp_samples.stack(), gcp_samples.DECLARATION, gcp_samples.ADDRESSES])
    document, declaration, addresses = json.loads(text.replace("10.1.", f"{begin}."))
    flags = {
        "exportSubnetRoutesWithPublicIp": (side(document, 1, "vpc-lb"), exports),
        "importSubnetRoutesWithPublicIp": (side(document, 0, "vpc-web"), imports),
    }
    for key, (peering, value) in flags.items():
        if value is not None:
            peering[key] = value
    hostvars = {name: {"ansible_host": address} for name, address in addresses.items()}
    topology = read_topology(declaration, gcp_samples.GROUPS, hostvars)
    return [f for f in audit(topology, document)["findings"] if f["id"] == "peering-no-routes"]


@pytest.mark.parametrize(
    ("cidr", "exports", "imports", "lacking"),
    [
        ("11.1.0.0/16", True, True, []),
        ("11.1.0.0/16", None, True, []),
        ("11.1.0.0/16", True, False, ["vpc-lb import"]),
        ("11.1.0.0/16", None, None, ["vpc-lb import"]),
        ("11.1.0.0/16", False, True, ["vpc-web export"]),
        ("11.1.0.0/16", False, False, ["vpc-web export", "vpc-lb import"]),
        ("172.20.0.0/16", False, False, []),
        ("100.64.0.0/16", False, False, []),
        ("198.18.0.0/16", False, False, []),
    ],
)
def test_privately_used_public_ranges_need_export_and_import(
    cidr, exports, imports, lacking
) -> None:
    findings = public(cidr, exports, imports)
    lines = [line for each in findings for line in each["command"].splitlines()]
    assert lines == [
        f"gcloud compute networks peerings update {side} --project=acme --network={own}"
        f" --{verb}-subnet-routes-with-public-ip"
        for own, verb in map(str.split, lacking)
        for side in [f"{own}-{'vpc-web' if own == 'vpc-lb' else 'vpc-lb'}"]
    ]


def test_explanation_names_the_side_without_the_flag() -> None:
    (finding,) = public("11.1.0.0/16", True, False)
    assert (finding["severity"], finding["object"]) == ("error", "vpc-web and vpc-lb")
    assert finding["explanation"] == (
        "11.1.0.0/16 of vpc-web are public addresses, used privately, and vpc-lb-vpc-web of vpc-lb"
        " does not import them: vpc-lb has no route there"
    )
