# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from support import gcp_samples
from support.gcp_samples import FLOW_FINDINGS, allow, deny, found, obey, policy_rule


def test_stack_is_open_as_declared() -> None:
    assert found(gcp_samples.stack()) == []


@pytest.mark.parametrize(
    ("changes", "kind", "explanation"),
    [
        (
            [deny("vpc-lb", "no", "tcp", "10.1.0.3/32", priority=900)],
            "flow-closed",
            "from 10.1.0.3/32 on lb1: closed by no (VPC firewall rule, priority 900)",
        ),
        (
            [deny("vpc-web", "no", "all", "10.0.0.0/8", targetTags=["web"])],
            "flow-closed",
            "from 10.0.0.2/32 on web1, web2: closed by no (VPC firewall rule, priority 1000)",
        ),
        (
            [deny("vpc-web", "out", "all", direction="EGRESS", destinationRanges=["10.0.0.0/8"])],
            "flow-egress-closed",
            "to 10.0.0.2/32 on web1, web2: closed by out (VPC firewall rule, priority 1000)",
        ),
    ],
)
def test_closing_rule_is_named_and_the_command_opens_the_flow(changes, kind, explanation) -> None:
    document = gcp_samples.stack()
    document["firewalls"] += changes
    findings = found(document, *FLOW_FINDINGS)
    assert {finding["id"] for finding in findings} == {kind}
    assert findings[-1]["explanation"] == explanation
    excess = found(document, "excess", "excess-neighbours")
    for finding in findings:
        obey(document, finding["command"])
    assert found(document, *FLOW_FINDINGS) == []
    assert found(document, "excess", "excess-neighbours") == excess == []


@pytest.mark.parametrize("name", ["lb-http", "lb-mysql", "web-http", "db-mysql"])
def test_command_creates_a_missing_rule(name) -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [r for r in document["firewalls"] if r["name"] != name]
    (finding,) = found(document)
    assert finding["id"] == "flow-closed"
    assert finding["explanation"].endswith("closed, since no rule admits it")
    obey(document, finding["command"])
    assert found(document) == []


def test_closed_management_is_a_finding_of_its_own() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [r for r in document["firewalls"] if r["name"] != "vpc-db-ssh"]
    (finding,) = found(document)
    assert (finding["id"], finding["object"]) == (
        "management-closed",
        "management 35.235.240.0/20 -> 22",
    )


def managed(document: dict, *sources: str) -> list[dict]:
    entries = [{"from": source, "port": 22} for source in sources]
    return found(document, *FLOW_FINDINGS, management=entries)


def test_bastion_is_managed_only_from_its_declared_range() -> None:
    document = gcp_samples.stack()
    for rule in document["firewalls"]:
        if rule["name"].endswith("-ssh"):
            rule["sourceRanges"] = ["10.0.0.0/16"]
    bastion = document["firewalls"][-3]
    bastion["sourceRanges"] = ["198.51.100.0/24"]
    assert managed(document, "198.51.100.0/24", "10.0.0.0/16") == []
    # Ansible may run on another VM in the network of the bastion.
    gcp_samples.add_instance(document, "runner", "vpc-lb", "10.0.0.9")
    (finding,) = managed(document, "198.51.100.0/24", "10.0.0.0/16")
    assert finding["explanation"].startswith("from 10.0.0.0/16 on lb1: closed")


def test_management_is_not_expected_from_a_network_without_a_way() -> None:
    findings = managed(gcp_samples.stack(), "10.1.0.0/16")
    assert [finding["explanation"].split(":")[0] for finding in findings] == [
        "from 10.1.0.0/16 on lb1",
        "from 10.1.0.0/16 on web1, web2",
    ]


def test_management_that_can_reach_no_vm_is_found() -> None:
    document = gcp_samples.stack()
    document["instances"][0]["networkInterfaces"][0]["accessConfigs"] = []
    (finding,) = managed(document, "198.51.100.0/24")
    assert (finding["id"], finding["command"]) == ("management-closed", "")
    assert finding["explanation"].startswith("no VM can be reached from there")


def test_commands_create_rules_of_different_names() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = []
    names = [
        re.search(r"create (\S+)", f["command"]).group(1) for f in found(document, *FLOW_FINDINGS)
    ]
    assert len(names) == 7
    assert len(set(names)) == 7


def test_command_for_hierarchical_policy_adds_a_rule_to_it() -> None:
    document = gcp_samples.stack()
    taken = policy_rule(8, "deny", "udp")
    gcp_samples.add_policy(
        document, "vpc-db", "HIERARCHY", taken, policy_rule(9, "deny", "tcp:3306")
    )
    (finding,) = found(document, "flow-closed")
    assert "closed by rule 9 of 1000 (hierarchical policy)" in finding["explanation"]
    assert finding["command"] == (
        "gcloud compute firewall-policies rules create 7 --firewall-policy=1000"
        " --direction=INGRESS --action=allow --layer4-configs=tcp:3306"
        " --src-ip-ranges=10.0.0.2/32 --dest-ip-ranges=10.2.0.2/32"
    )


def test_flow_with_uncertain_rule_is_undecided_with_its_reason() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_policy(
        document, "vpc-db", "NETWORK", policy_rule(9, "deny", "all", srcAddressGroups=["x"])
    )
    document["networks"][2]["networkFirewallPolicyEnforcementOrder"] = "BEFORE_CLASSIC_FIREWALL"
    flow, management = found(document, *FLOW_FINDINGS)
    assert (flow["id"], management["id"]) == ("flow-undecided", "management-undecided")
    assert flow["explanation"] == (
        "from 10.0.0.2/32 on db1: undecided, because of rule 9 of 1000 (global network policy)"
        " (address groups)"
    )
    assert flow["command"] == ""


def test_denied_addresses_that_cannot_arrive_close_no_flow() -> None:
    """The source "any" means the internet and the peers. Others may be denied."""
    document = gcp_samples.stack()
    others = ("192.168.0.0/16", "127.0.0.0/8", "172.16.0.0/12")
    document["firewalls"].append(deny("vpc-lb", "no", "all", *others, priority=1))
    assert found(document, *FLOW_FINDINGS) == []


def test_target_of_the_internet_needs_an_external_address() -> None:
    document = gcp_samples.stack()
    document["instances"][0]["networkInterfaces"][0]["accessConfigs"] = []
    (finding,) = found(document)
    assert (finding["id"], finding["object"]) == (
        "flow-no-public-address",
        "any -> nginx_lb:80 (http)",
    )


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("clients", ["flow-no-public-address"]),
        ("203.0.113.0/24", ["flow-no-public-address"]),
        ("vpc-web", []),
        ("webapp", []),
        ("10.0.0.0/8", []),
    ],
)
def test_target_of_public_sources_needs_an_external_address(source, kinds, monkeypatch) -> None:
    monkeypatch.setitem(gcp_samples.GROUPS, "clients", ["client"])
    monkeypatch.setitem(gcp_samples.GROUPS, "all", [*gcp_samples.GROUPS["all"], "client"])
    monkeypatch.setitem(gcp_samples.ADDRESSES, "client", "203.0.113.10")
    document = gcp_samples.stack()
    document["instances"][0]["networkInterfaces"][0]["accessConfigs"] = []
    flows = [{**gcp_samples.FLOWS[0], "from": source}]
    findings = found(document, "flow-no-public-address", flows=flows)
    assert [each["id"] for each in findings] == kinds


def test_unread_policies_leave_flows_undecided() -> None:
    document = gcp_samples.stack()
    del document["effective_firewalls"][2]
    kinds = {each["id"] for each in found(document)}
    assert kinds == {"flow-undecided", "management-undecided", "excess-undecided", "way-undecided"}
    assert [f["object"] for f in found(document, "flow-undecided")] == [
        "any -> nginx_lb:80 (http)",  # its egress from vpc-db
        "nginx_lb -> mysql:3306 (mysql)",
    ]


def test_nothing_can_precede_a_rule_of_priority_0() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(deny("vpc-db", "no", "all", priority=0))
    assert {f["command"] for f in found(document, "flow-closed")} == {""}
    document["firewalls"].append(allow("vpc-db", "yes", "all", priority=0))
    assert len(found(document, "flow-closed")) == 1


def test_only_vm_of_a_range_needs_no_management_from_it() -> None:
    document = gcp_samples.stack()
    for place in ("vpc-web", "vpc-db"):
        document["firewalls"].append(allow(place, f"{place}-b", "tcp:22", "10.0.0.0/16"))
    gcp_samples.add_network(document, "lonely", "10.0.0.0/16")
    gcp_samples.add_instance(document, "other", "lonely", "10.0.0.9")
    management = [{"from": source, "port": 22} for source in ("10.0.0.0/16", "35.235.240.0/20")]
    assert found(document, "management-closed", management=management) == []
