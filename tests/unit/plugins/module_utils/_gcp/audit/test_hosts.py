# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from support import gcp_samples
from support.gcp_samples import found, network

IDS = (
    *("vm-missing", "vm-undecided", "vm-network", "vm-address", "vm-not-running"),
    *("vm-unjudged", "vm-unlisted"),
)


def test_host_is_found_by_name_or_by_address() -> None:
    document = gcp_samples.stack()
    document["instances"][1]["name"] = "web-7f3c"
    assert found(document) == []


def test_host_without_a_vm_is_found() -> None:
    document = gcp_samples.stack()
    del document["instances"][3]
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["object"]) == ("vm-missing", "db1")
    document["incomplete"] = [{"what": "instances", "where": "zones/a", "why": "unreachable"}]
    (finding,) = found(document, *IDS)
    assert finding["id"] == "vm-undecided"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"networkIP": "10.2.0.9"}, "vm-address"),
        ({"network": network("vpc-web")}, "vm-network"),
        ({"networkIP": "10.1.0.9", "network": network("vpc-web")}, "vm-network"),
    ],
)
def test_host_with_another_network_or_address_is_found(changes, kind) -> None:
    document = gcp_samples.stack()
    document["instances"][3]["networkInterfaces"][0].update(changes)
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["object"]) == (kind, "db1")
    assert "the inventory says 10.2.0.2 in vpc-db, the project 10." in finding["explanation"]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("TERMINATED", "gcloud compute instances start web1 --project=acme --zone=us-central1-a"),
        ("SUSPENDED", "gcloud compute instances resume web1 --project=acme --zone=us-central1-a"),
        ("STAGING", ""),
    ],
)
def test_stopped_vm_is_found_with_the_command_that_starts_it(status, command) -> None:
    document = gcp_samples.stack()
    document["instances"][1]["status"] = status
    (finding,) = found(document)
    assert (finding["id"], finding["severity"]) == ("vm-not-running", "error")
    assert (finding["explanation"], finding["command"]) == (f"its status is {status}", command)


def test_stopped_vm_counts_as_having_its_ephemeral_external_address() -> None:
    document = gcp_samples.stack()
    lb1 = document["instances"][0]
    lb1["status"] = "TERMINATED"
    del lb1["networkInterfaces"][0]["accessConfigs"][0]["natIP"]
    document["routers"] = document["routers"][1:]
    assert [each["id"] for each in found(document)] == ["vm-not-running"]
    lb1["networkInterfaces"][0]["accessConfigs"] = []
    assert {each["id"] for each in found(document)} == {
        *("vm-not-running", "flow-no-public-address", "way-none")
    }


def test_host_is_judged_at_the_interface_with_its_address() -> None:
    document = gcp_samples.stack()
    first = {**document["instances"][0]["networkInterfaces"][0], "networkIP": "192.168.0.2"}
    gcp_samples.add_network(document, "vpc-other", "192.168.0.0/24")
    document["instances"][0]["networkInterfaces"].insert(
        0, {**first, "network": network("vpc-other")}
    )
    assert found(document) == []


def test_vms_outside_of_the_inventory_are_named() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_instance(document, "stray", "vpc-db", "10.2.0.77")
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["severity"], finding["object"]) == (
        "vm-unlisted",
        "info",
        "vpc-db",
    )
    assert finding["explanation"].startswith("stray (10.2.0.77): ")


def test_second_interface_of_a_host_is_unjudged() -> None:
    document = gcp_samples.stack()
    interfaces = document["instances"][3]["networkInterfaces"]
    interfaces.append({"network": network("vpc-web"), "networkIP": "10.1.0.9"})
    document["instances"][3]["name"] = "db-7f3c"  # the inventory's db1, by its address
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["severity"]) == ("vm-unjudged", "warning")
    assert finding["object"] == "vpc-web"
    assert finding["explanation"].startswith("db-7f3c (10.1.0.9): ")


def test_second_vm_of_the_same_name_is_unjudged() -> None:
    document = gcp_samples.stack()
    twin = gcp_samples.add_instance(document, "db1", "vpc-db", "10.2.0.77")
    twin["selfLink"] = twin["selfLink"].replace("-a/", "-f/")
    twin["zone"] = twin["zone"].replace("-a", "-f")
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["object"]) == ("vm-unjudged", "vpc-db")
    assert finding["explanation"].startswith("db1 (10.2.0.77): ")
