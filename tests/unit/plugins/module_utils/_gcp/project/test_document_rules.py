# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document_rules import (
    read_firewall,
    read_policy,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.fields import Fields
from support import gcp_samples


def rule_of(**changes):
    rule = gcp_samples.allow("vpc-lb", "web", "tcp:80,8000-8080", "10.0.0.0/8")
    return read_firewall(Fields({**rule, **changes}, "firewalls[0]"))


def policy_of(*rules, kind="HIERARCHY"):
    return read_policy(Fields({"name": "42", "type": kind, "rules": list(rules)}, "here"), "us", {})


def test_vpc_firewall_rule_is_read() -> None:
    rule = rule_of(targetTags=["lb"], sourceTags=["web"])
    assert str(rule) == "web (VPC firewall rule, priority 1000)"
    assert [str(service) for service in rule.services] == ["tcp:80", "tcp:8000-8080"]
    assert (rule.action, rule.direction, rule.disabled) == ("allow", "INGRESS", False)
    assert rule.target_networks == {"acme/global/networks/vpc-lb"}
    assert (rule.target_tags, rule.sources.tags) == ({"lb"}, {"web"})
    assert rule.remote is rule.sources and rule.local.unrestricted


@pytest.mark.parametrize(
    ("entry", "services"),
    [
        ({"IPProtocol": "all"}, ["all"]),
        ({"IPProtocol": "TCP"}, ["tcp"]),
        ({"IPProtocol": "17", "ports": ["53"]}, ["udp:53"]),
        ({"IPProtocol": "icmp"}, ["icmp"]),
        ({"IPProtocol": "47"}, ["47"]),
    ],
)
def test_protocols_and_ports_are_read(entry, services) -> None:
    assert [str(service) for service in rule_of(allowed=[entry]).services] == services


def test_rule_with_only_ipv6_sources_is_not_unrestricted() -> None:
    assert rule_of(sourceRanges=["2001:db8::/32"]).sources.unrestricted is False
    assert rule_of(sourceRanges=[]).sources.unrestricted is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"direction": "BOTH"}, "direction is BOTH, not INGRESS or EGRESS"),
        ({"allowed": [{"IPProtocol": "tcp", "ports": ["80-70000"]}]}, "ports holds 80-70000, not"),
        ({"allowed": [{"IPProtocol": "tcp", "ports": ["90-80"]}]}, "ports holds 90-80, not a port"),
        ({"allowed": [{"ports": ["80"]}]}, "allowed[0]: IPProtocol is missing"),
        ({"network": None}, "network is missing"),
    ],
)
def test_refusals(changes, message) -> None:
    with pytest.raises(ValueError, match=r"^firewalls\[0\] web.*" + re.escape(message)):
        rule_of(**changes)


def test_rules_of_a_policy_are_ordered_by_priority() -> None:
    found = policy_of(
        gcp_samples.policy_rule(200, "goto_next", "all"),
        gcp_samples.policy_rule(100, "deny", "tcp:22", "10.0.0.0/8"),
    )
    assert [rule.priority for rule in found.rules] == [100, 200]
    assert str(found.rules[0]) == "rule 100 of 42 (hierarchical policy)"
    assert found.rules[1].sources.unrestricted


def test_fields_that_only_the_cloud_can_resolve_are_named() -> None:
    rule = gcp_samples.policy_rule(1, "deny", "all", srcRegionCodes=["XX"], srcFqdns=["a.example"])
    (found,) = policy_of(rule).rules
    assert found.sources.unresolved == ("domain names", "countries")
    assert found.sources.unrestricted is False
    rule = gcp_samples.policy_rule(1, "deny", "all", "0.0.0.0/0", srcNetworkContext="INTERNET")
    assert policy_of(rule).rules[0].sources.network_context == "INTERNET"


def test_rules_that_apply_to_no_vm_are_not_read() -> None:
    gone = {"name": "tagValues/1", "state": "INEFFECTIVE"}
    live = {"name": "tagValues/2", "state": "EFFECTIVE"}
    rule = gcp_samples.policy_rule(1, "allow", "all")
    found = policy_of(
        {**rule, "targetSecureTags": [gone]},
        {**rule, "targetType": "INTERNAL_MANAGED_LB"},
        {**rule, "targetSecureTags": [gone, live]},
    )
    assert [each.target_secure_tags for each in found.rules] == [True]


def test_deleted_source_tags_match_nothing() -> None:
    gone = {"name": "tagValues/1", "state": "INEFFECTIVE"}
    (found,) = policy_of(gcp_samples.policy_rule(1, "allow", "all", srcSecureTags=[gone])).rules
    assert (found.sources.unresolved, found.sources.unrestricted) == ((), False)


@pytest.mark.parametrize(("kind", "same"), [("HIERARCHY", True), ("NETWORK_REGIONAL", False)])
def test_policy_rule_for_several_networks_is_one_value(kind, same) -> None:
    rules = [gcp_samples.policy_rule(1, "allow", "tcp:443", "0.0.0.0/0")]
    fields = Fields({"name": "42", "type": kind, "rules": rules}, "here")
    known: dict = {}
    one, other = (read_policy(fields, region, known).rules[0] for region in ("us", "eu"))
    assert (one is other) is same
