# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import Selector
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.addresses import (
    ALL_ADDRESSES,
    PUBLIC,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.stages import (
    Attachment,
    apply_rule,
    ordered_rules,
    resolve_addresses,
)
from ansible_collections.peerlb.stack.plugins.module_utils._values.addresses import IPv4Network
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import spans
from support import gcp_samples

LB = "acme/global/networks/vpc-lb"
TEN = (IPv4Network("10.0.0.0/8"),)


def order(document) -> list[str]:
    found = ordered_rules(read_project(document), LB, "us-central1", "INGRESS")
    return [rule.policy or rule.name for stage in found for rule in stage]


def test_network_decides_whether_policies_precede_vpc_rules() -> None:
    document = gcp_samples.stack()
    for kind in ("NETWORK_REGIONAL", "NETWORK", "SYSTEM_REGIONAL", "HIERARCHY", "HIERARCHY"):
        gcp_samples.add_policy(document, "vpc-lb", kind, gcp_samples.policy_rule(1, "deny", "all"))
    rules = ["lb-http", "lb-mysql", "vpc-lb-ssh"]
    assert order(document) == ["1003", "1004", "1002", *rules, "1001", "1000"]
    document["networks"][0]["networkFirewallPolicyEnforcementOrder"] = "BEFORE_CLASSIC_FIREWALL"
    assert order(document) == ["1003", "1004", "1002", "1001", "1000", *rules]


@pytest.mark.parametrize(
    ("kind", "names"), [("HIERARCHY", ["1000", "1001"]), ("NETWORK", ["1001", "1000"])]
)
def test_hierarchical_policies_keep_their_order(kind, names) -> None:
    document = gcp_samples.stack()
    document["firewalls"] = []
    for priority in (2, 1):
        gcp_samples.add_policy(document, "vpc-lb", kind, gcp_samples.policy_rule(1, "deny", "all"))
        policies = document["effective_firewalls"][0]["response"]["firewallPolicys"]
        policies[-1]["priority"] = priority
    assert order(document) == names


def test_rules_are_ordered_by_priority_then_deny_first() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [
        gcp_samples.allow("vpc-lb", "late", "all", priority=2000),
        gcp_samples.allow("vpc-lb", "allow", "all"),
        gcp_samples.deny("vpc-lb", "deny", "all"),
        gcp_samples.deny("vpc-lb", "out", "all", direction="EGRESS"),
        gcp_samples.deny("vpc-lb", "off", "all", disabled=True),
    ]
    assert order(document) == ["deny", "allow", "late"]


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({}, True),
        ({"targetTags": ["lb"]}, True),
        ({"targetTags": ["web"]}, None),
        ({"targetServiceAccounts": ["vpc-lb@acme.example"]}, True),
        ({"targetServiceAccounts": ["other@acme.example"]}, None),
        ({"destinationRanges": ["10.0.0.0/24"]}, True),
        ({"destinationRanges": ["10.9.0.0/24"]}, None),
        ({"network": gcp_samples.network("vpc-db")}, None),
    ],
)
def test_rule_applies_to_its_targets(changes, sure) -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [gcp_samples.allow("vpc-lb", "rule", "all", **changes)]
    found = read_project(document)
    ((rule,),) = found.firewalls.values()
    got = apply_rule(rule, Attachment(found.instances[0], found.instances[0].nics[0]))
    assert (got.sure if got else None) is sure


@pytest.mark.parametrize(
    ("ends", "sure", "perhaps"),
    [
        (Selector(), ALL_ADDRESSES, []),
        (Selector(TEN, unrestricted=False), spans(TEN), []),
        (Selector(unresolved=("countries",), unrestricted=False), [], PUBLIC),
        (Selector(unresolved=("domain names",), unrestricted=False), [], ALL_ADDRESSES),
        (Selector(TEN, network_context="INTERNET", unrestricted=False), [], []),
        (Selector(TEN, network_context="INTRA_VPC", unrestricted=False), [], spans(TEN)),
        (Selector(network_context="INTERNET"), [], PUBLIC),
    ],
)
def test_selector_is_resolved_into_sure_and_possible_addresses(ends, sure, perhaps) -> None:
    assert resolve_addresses(ends) == (sure, perhaps)


def test_tags_may_mean_any_address_if_vms_could_not_be_read() -> None:
    ends = Selector(tags=frozenset({"web"}), unrestricted=False)
    assert resolve_addresses(ends, TEN) == (spans(TEN), [])
    sure, perhaps = resolve_addresses(ends, TEN, all_known=False)
    assert sure == spans(TEN) and len(perhaps) == 2
