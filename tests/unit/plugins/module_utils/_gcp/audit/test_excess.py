# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.excess import merged_services
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import Service
from support import gcp_samples
from support.gcp_samples import FLOW_FINDINGS, allow, deny, found, obey, policy_rule

IDS = ("excess", "excess-neighbours", "excess-nobody", "excess-ping", "excess-undecided")


@pytest.mark.parametrize(
    ("rule", "kind", "explanation"),
    [
        (
            allow("vpc-web", "ssh", "tcp:22", "0.0.0.0/0"),
            "excess",
            "admits anywhere but 10.2.0.0/16, 35.235.240.0/20 to tcp:22 on web1, web2;"
            " that is not declared",
        ),
        (
            allow("vpc-web", "ping", "icmp", "10.0.0.0/16"),
            "excess-ping",
            "admits 10.0.0.0/16 to icmp on web1, web2; that is not declared",
        ),
        (
            allow("vpc-db", "near", "tcp:3300-3310", "10.0.0.0/24"),
            "excess",
            "admits 10.0.0.0/24 to tcp:3300-3305, tcp:3307-3310 on db1; that is not declared",
        ),
        (
            allow("vpc-lb", "wide", "tcp:3306", "10.1.0.0/16"),
            "excess-nobody",
            "admits the rest of the network that the flow comes from, where no VM is now,"
            " to tcp:3306 on lb1; that is not declared",
        ),
    ],
)
def test_rule_that_admits_too_much_is_found_and_narrowed(rule, kind, explanation) -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(rule)
    finding = found(document, *IDS)[0]
    assert (finding["id"], finding["explanation"]) == (kind, explanation)
    assert finding["object"] == f"{rule['name']} (VPC firewall rule, priority 1000)"
    obey(document, finding["command"])
    assert found(document) == []


def test_rule_with_several_findings_is_narrowed_by_one_command() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [r for r in document["firewalls"] if r["name"] != "db-mysql"]
    rule = allow("vpc-db", "wide", "tcp:22,3306", "10.0.0.0/16")
    rule["allowed"].append({"IPProtocol": "icmp"})
    document["firewalls"].append(rule)
    first, *others = found(document)
    assert [each["id"] for each in (first, *others)] == ["excess", "excess-nobody", "excess-ping"]
    for other in others:
        assert other["command"] == ""
        assert other["explanation"].endswith("; the command of the finding excess fixes this too")
    assert "create wide-declared " in first["command"]
    obey(document, first["command"])
    assert found(document) == []


@pytest.mark.parametrize(
    ("place", "address", "tags", "more", "kept"),
    [
        ("vpc-db", "10.2.0.77", ["db"], {}, True),
        ("vpc-db", "10.2.0.77", ["db"], {"targetTags": ["db"]}, True),
        ("vpc-db", "10.2.0.77", ["other"], {"targetTags": ["db"]}, False),
        ("vpc-web", "10.1.0.77", ["db"], {}, False),
    ],
)
def test_rule_that_applies_to_unlisted_vms_has_no_command(place, address, tags, more, kept) -> None:
    document = gcp_samples.stack()
    gcp_samples.add_instance(document, "mon1", place, address, *tags)
    rule = allow("vpc-db", "scrape", "tcp:9100", "10.0.0.50/32", **more)
    document["firewalls"].append(rule)
    (finding,) = found(document, *IDS)
    text = "; it also applies to VMs outside of the inventory (mon1): their owners have to decide"
    assert (finding["command"] == "", finding["explanation"].endswith(text)) == (kept, kept)


def test_no_rule_is_narrowed_if_vms_could_not_be_read() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-db", "scrape", "tcp:9100", "10.0.0.50/32"))
    document["incomplete"] = [{"what": "instances", "where": "zones/a", "why": "unreachable"}]
    (finding,) = found(document, *IDS)
    assert finding["command"] == ""
    assert "it may apply to VMs that could not be read" in finding["explanation"]


def test_command_keeps_the_declared_part_of_a_rule() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [
        allow(place, f"{place}-all", "all", "0.0.0.0/0") for place in gcp_samples.NETWORKS
    ]
    assert found(document, *FLOW_FINDINGS) == []
    findings = found(document, "excess")
    assert len(findings) == 3
    for finding in findings:
        obey(document, finding["command"])
    assert found(document) == []


def test_denied_or_unpeered_sources_are_no_excess() -> None:
    document = gcp_samples.stack()
    document["firewalls"] += [
        allow("vpc-web", "from-db", "tcp:3000", "10.2.0.0/16"),
        allow("vpc-db", "late", "tcp:22", "10.0.0.0/16", priority=2000),
        deny("vpc-db", "first", "tcp:22", "10.0.0.0/8", priority=1500),
    ]
    assert found(document, *IDS) == []
    gcp_samples.peer(document, "vpc-web", "vpc-db")
    assert [each["object"].split()[0] for each in found(document, *IDS)] == ["from-db"]


VPN = {"nextHopVpnTunnel": f"{gcp_samples.API}/regions/us-central1/vpnTunnels/t"}
PEERED = {"nextHopPeering": "vpc-db-vpc-lb"}
LOCAL = {"nextHopNetwork": gcp_samples.network("vpc-db")}
GATEWAY = {"nextHopGateway": f"{gcp_samples.API}/global/gateways/default-internet-gateway"}


@pytest.mark.parametrize(
    ("place", "destination", "hop", "kind"),
    [
        ("vpc-db", "10.1.0.0/16", VPN, "excess-undecided"),
        ("vpc-db", "10.0.0.0/8", VPN, "excess-undecided"),
        ("vpc-db", "10.1.0.0/28", VPN, "excess-undecided"),
        ("vpc-db", "10.1.0.0/16", {"nextHopIp": "10.2.0.9"}, "excess-undecided"),
        ("vpc-db", "10.7.0.0/16", VPN, "rule-no-route"),
        ("vpc-web", "10.1.0.0/16", VPN, "rule-no-route"),
        ("vpc-db", "10.1.0.0/16", PEERED, "rule-no-route"),
        ("vpc-db", "10.1.0.0/16", LOCAL, "rule-no-route"),
        ("vpc-db", "0.0.0.0/0", GATEWAY, "rule-no-route"),
    ],
)
def test_source_behind_a_route_is_undecided(place, destination, hop, kind) -> None:
    document = gcp_samples.stack()
    way = {"name": "vpn", "network": gcp_samples.network(place), "priority": 100}
    document["routes"].append({**way, "destRange": destination, **hop})
    document["firewalls"].append(allow("vpc-db", "r", "tcp:3306", "10.1.0.0/16"))
    (finding,) = found(document)
    assert (finding["id"], "delete" in finding["command"]) == (kind, kind == "rule-no-route")


def test_explanation_names_the_route_that_packets_may_come_by() -> None:
    document = gcp_samples.stack()
    way = {"name": "vpn", "network": gcp_samples.network("vpc-db"), "destRange": "10.1.0.0/16"}
    document["routes"].append({**way, **VPN})
    document["firewalls"].append(allow("vpc-db", "r", "tcp:3306", "10.1.0.0/16"))
    text = "admits 10.1.0.0/16 to tcp:3306 on db1; no peering leads there, so whether anything"
    text += " comes is up to "
    (finding,) = found(document)
    assert finding["explanation"] == f"{text}route vpn to VpnTunnel t"
    document["routes"].pop()
    document["routers"][2]["bgpPeers"] = [{"name": "office"}]
    (finding,) = found(document)
    assert finding["explanation"] == f"{text}the routes that router-vpc-db learns"
    for part in ("routers", "routes"):
        document[part] = None
        (finding,) = found(document, *IDS)
        assert finding["explanation"] == f"{text}{part} that could not be read"


def test_neighbouring_vms_are_named() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-lb", "wide", "tcp:3306", "10.1.0.0/16"))
    gcp_samples.add_instance(document, "stray", "vpc-web", "10.1.0.99")
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["severity"]) == ("excess-neighbours", "warning")
    assert "(VMs there: stray)" in finding["explanation"]


def test_policy_rule_with_domain_names_is_undecided() -> None:
    document = gcp_samples.stack()
    document["networks"][2]["networkFirewallPolicyEnforcementOrder"] = "BEFORE_CLASSIC_FIREWALL"
    rule = policy_rule(9, "allow", "tcp:9000", srcFqdns=["a.example"])
    gcp_samples.add_policy(document, "vpc-db", "NETWORK", rule)
    (finding,) = found(document)
    assert (finding["id"], finding["object"]) == (
        "excess-undecided",
        "rule 9 of 1000 (global network policy)",
    )
    assert "to tcp:9000 on db1" in finding["explanation"]


def test_command_deletes_a_rule_from_its_policy() -> None:
    document = gcp_samples.stack()
    rule = policy_rule(9, "allow", "tcp:9000", "10.0.0.0/8")
    gcp_samples.add_policy(document, "vpc-db", "NETWORK_REGIONAL", rule)
    (finding,) = found(document)
    assert finding["command"] == (
        "gcloud compute network-firewall-policies rules delete 9 --project=acme"
        " --firewall-policy=1000 --firewall-policy-region=us-central1"
    )


def test_rule_for_ipv6_is_not_deleted() -> None:
    document = gcp_samples.stack()
    rule = allow("vpc-web", "both", "tcp:22", "::/0", sourceTags=["web"])
    document["firewalls"].append(rule)
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["command"]) == ("excess", "")


def test_organizations_policy_is_one_finding_without_a_command() -> None:
    document = gcp_samples.stack()
    for place in gcp_samples.NETWORKS:
        rule = policy_rule(9, "allow", "tcp:443", "0.0.0.0/0")
        gcp_samples.add_policy(document, place, "HIERARCHY", rule)
    (finding,) = found(document)
    assert (finding["object"], finding["command"]) == ("rule 9 of 1000 (hierarchical policy)", "")
    assert finding["explanation"] == (
        "admits anywhere to tcp:443 on lb1; anywhere but 10.2.0.0/16 to tcp:443 on web1, web2;"
        " anywhere but 10.1.0.0/16 to tcp:443 on db1; that is not declared;"
        " the administrators of the organization's policies have to decide"
    )


def test_policy_of_an_undeclared_network_has_no_command() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_network(document, "vpc-old", "10.9.0.0/16")
    for place in ("vpc-db", "vpc-old"):
        rule = policy_rule(9, "allow", "tcp:9000", "10.0.0.0/8")
        gcp_samples.add_policy(document, place, "NETWORK", rule)
    (finding,) = found(document)
    assert finding["command"] == ""
    assert finding["explanation"].endswith(
        "; that is not declared; the policy also applies to undeclared networks (vpc-old): their"
        " owners have to decide"
    )
    own = document["effective_firewalls"][2]["response"]["firewallPolicys"][0]["rules"][0]
    own["targetResources"] = [gcp_samples.network("vpc-db")]
    (finding,) = found(document)
    assert "rules delete 9 " in finding["command"]


def test_command_keeps_the_declared_part_of_both_networks_of_a_policy() -> None:
    document = gcp_samples.stack()
    del document["firewalls"][2:4]
    for place in ("vpc-web", "vpc-db"):
        rule = policy_rule(9, "allow", "tcp:3000-3306", "10.0.0.0/24")
        gcp_samples.add_policy(document, place, "NETWORK", rule)
    (finding,) = found(document, "excess")
    *kept, gone = finding["command"].splitlines()
    first, second = (re.search(r"create (\d) .*tcp:(\d+) ", line).groups() for line in kept)
    assert (first[1], second[1]) == ("3000", "3306")
    assert first[0] != second[0]
    assert "rules delete 9 " in gone


def test_adjacent_services_are_merged() -> None:
    services = [Service("tcp", 1, 5), Service("tcp", 6, 9), Service("udp"), Service("tcp", 11, 11)]
    assert merged_services(services) == ["tcp:1-9", "udp", "tcp:11"]
