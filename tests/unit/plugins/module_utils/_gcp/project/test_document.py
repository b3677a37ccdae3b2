# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.values import ProjectError
from support import gcp_samples


def problems(document) -> tuple[str, ...]:
    with pytest.raises(ProjectError) as caught:
        read_project(document)
    return caught.value.problems


def test_sample_project_is_read() -> None:
    found = read_project(gcp_samples.stack())
    assert found.name == "acme"
    assert [network.name for network in found.networks.values()] == ["vpc-lb", "vpc-web", "vpc-db"]
    lb = found.networks["acme/global/networks/vpc-lb"]
    assert [peering.network.rpartition("/")[2] for peering in lb.peerings] == ["vpc-web", "vpc-db"]
    lb1 = found.instances[0]
    assert (lb1.name, lb1.region, lb1.nics[0].address) == ("lb1", "us-central1", "10.0.0.2")
    assert [instance.nics[0].has_external_address for instance in found.instances] == [True] + [
        False
    ] * 3
    assert {route.next_hop for route in found.routes} == {"internet"}
    assert found.gaps == ()


def test_error_names_all_objects_at_fault() -> None:
    document = gcp_samples.stack()
    document["firewalls"][0]["priority"] = 70000
    document["instances"][1]["networkInterfaces"][0]["networkIP"] = "10.1.0"
    document["subnetworks"][2]["ipCidrRange"] = "10.2.0.1/16"
    document["routers"] = {"items": {}}
    assert problems(document) == (
        "subnetworks[2] vpc-db-0: ipCidrRange: 10.2.0.1/16 has host bits set",
        "firewalls[0] lb-http: priority is 70000, not a whole number from 0 to 65535",
        "instances[1] web1 networkInterfaces[0]: networkIP: 10.1.0 is not an IPv4 address"
        " such as 10.0.0.2",
        "routers: is dict, not a list",
    )


@pytest.mark.parametrize("document", [None, [], {}, {"project": "acme"}, {"msg": "failed"}])
def test_document_that_is_no_project_is_refused(document) -> None:
    assert problems(document) == ("project: is not what gcp_network_info returns as project",)


def test_missing_list_is_a_gap() -> None:
    document = gcp_samples.stack()
    del document["routes"]
    document["incomplete"] = [{"what": "instances", "where": "zones/a", "why": "unreachable"}]
    found = read_project(document)
    assert [(gap.what, gap.where) for gap in found.gaps] == [
        ("routes", "everywhere"),
        ("instances", "zones/a"),
    ]
    assert found.lacks("routes") and found.lacks("instances") and not found.lacks("networks")


def test_peer_without_a_project_is_in_the_same_project() -> None:
    document = gcp_samples.stack()
    document["networks"][0]["peerings"][0]["network"] = "global/networks/vpc-web"
    (first, *_others) = read_project(document).networks.values()
    assert first.peerings[0].network == "acme/global/networks/vpc-web"


def test_only_subnetworks_for_vms_are_read() -> None:
    document = gcp_samples.stack()
    document["subnetworks"][0]["purpose"] = "REGIONAL_MANAGED_PROXY"
    assert [subnet.name for subnet in read_project(document).subnets] == ["vpc-web-0", "vpc-db-0"]


@pytest.mark.parametrize("names", [["web1"], ["web1", "web2"]])
def test_interface_without_a_network_is_read(names) -> None:
    document = gcp_samples.stack()
    for instance in document["instances"]:
        if instance["name"] in names:
            del instance["networkInterfaces"][0]["network"]
    assert [each.nics[0].network == "" for each in read_project(document).instances] == [
        instance["name"] in names for instance in document["instances"]
    ]
    findings = gcp_samples.found(document, "vm-network")
    assert [each["object"] for each in findings] == names
