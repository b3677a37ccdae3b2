# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A field that nobody here knows may narrow a rule, so what the rule decides is undecided."""

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project import document as peerings
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project import (
    document_routes,
    document_rules,
)
from support import ROOT, gcp_samples
from support.gcp_samples import found

SCHEMA = json.loads((ROOT / "tests/support/gcp_schema/compute.v1.json").read_text())["schemas"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Firewall", document_rules.FIREWALL_FIELDS),
        ("FirewallPolicyRule", document_rules.POLICY_RULE_FIELDS),
        ("FirewallPolicyRuleMatcher", document_rules.MATCH_FIELDS),
        ("FirewallPolicyRuleMatcherLayer4Config", document_rules.SERVICE_FIELDS),
        ("Route", document_routes.ROUTE_FIELDS),
        ("NetworkPeering", peerings.PEERING_FIELDS),
    ],
)
def test_every_field_that_google_publishes_is_known(name, known) -> None:
    assert set(SCHEMA[name]["properties"]) <= known


NEW = {"srcNetworkScope": "INTERNET"}
NEW_IN_RULE = {"sourceNetworkScope": "INTERNET"}


def of_rule(document, name: str) -> dict:
    return next(rule for rule in document["firewalls"] if rule["name"] == name)


@pytest.mark.parametrize("where", ["rule", "allowed"])
def test_a_rule_that_may_be_narrower_leaves_its_flow_undecided(where) -> None:
    document = gcp_samples.stack()
    rule = of_rule(document, "db-mysql")
    (rule if where == "rule" else rule["allowed"][0]).update(NEW_IN_RULE)
    (finding,) = found(document)
    assert finding["id"] == "flow-undecided"
    assert "the field sourceNetworkScope, which is not known here" in finding["explanation"]
    assert finding["command"] == ""


@pytest.mark.parametrize("value", [None, "", [], {}, False])
def test_an_empty_field_narrows_nothing(value) -> None:
    document = gcp_samples.stack()
    of_rule(document, "db-mysql")["sourceNetworkScope"] = value
    assert found(document) == []


@pytest.mark.parametrize("place", ["match", "rule", "layer4"])
def test_a_rule_of_a_policy_that_may_be_narrower_is_undecided(place) -> None:
    document = gcp_samples.stack()
    rule = gcp_samples.policy_rule(5, "deny", "tcp:3306", srcIpRanges=["0.0.0.0/0"])
    part = {"match": rule["match"], "rule": rule, "layer4": rule["match"]["layer4Configs"][0]}
    part[place].update(NEW)
    gcp_samples.add_policy(document, "vpc-db", "NETWORK", rule)
    document["networks"][2]["networkFirewallPolicyEnforcementOrder"] = "BEFORE_CLASSIC_FIREWALL"
    (finding,) = found(document)
    assert finding["id"] == "flow-undecided"
    assert "srcNetworkScope" in finding["explanation"]


def test_no_command_deletes_a_rule_that_may_be_narrower() -> None:
    document = gcp_samples.stack()
    wide = gcp_samples.allow("vpc-db", "wide", "all", "10.0.0.0/8", **NEW_IN_RULE)
    dead = gcp_samples.allow("vpc-db", "dead", "all", "10.1.0.0/16", **NEW_IN_RULE)
    document["firewalls"] += [wide, dead]
    assert not [each for each in found(document) if "delete" in each["command"]]


def test_a_route_that_may_be_narrower_leaves_the_way_undecided() -> None:
    document = gcp_samples.stack()
    before = found(document)
    for route in document["routes"]:
        route["sourceRange"] = "10.0.0.0/24"
    findings = [each for each in found(document) if each not in before]
    assert {each["id"] for each in findings} <= {"way-undecided", "excess-undecided"}
    assert any("the field sourceRange" in each["explanation"] for each in findings)


def test_a_peering_with_an_unknown_field_is_undecided() -> None:
    document = gcp_samples.stack()
    document["networks"][0]["peerings"][0]["onlySubnets"] = ["a"]
    findings = found(document, "peering-undecided")
    assert [each["object"] for each in findings] == ["vpc-lb and vpc-web"]
    assert "onlySubnets" in findings[0]["explanation"]


def test_what_is_behind_a_peering_is_not_judged_so_nothing_deletes_it() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_network(document, "vpc-old", "10.9.0.0/16")
    gcp_samples.peer(document, "vpc-db", "vpc-old")
    (finding,) = found(document, "peering-outside")
    assert finding["command"] == ""


def test_a_peering_that_others_may_need_is_not_deleted() -> None:
    document = gcp_samples.stack()
    gcp_samples.peer(document, "vpc-web", "vpc-db")
    (finding,) = found(document, "peering-undeclared")
    assert "peerings delete" in finding["command"]
    gcp_samples.add_instance(document, "mon1", "vpc-db", "10.2.0.99")
    (finding,) = found(document, "peering-undeclared")
    assert finding["command"] == ""
    assert "mon1 may need it: their owners have to decide" in finding["explanation"]


def test_a_peering_with_settings_of_its_own_is_not_made_anew() -> None:
    document = gcp_samples.stack()
    peering = document["networks"][2]["peerings"][0]
    peering.update(state="INACTIVE", exportCustomRoutes=True)
    (finding,) = found(document, "peering-inactive")
    assert finding["command"] == ""
    assert "a new one needs its exportCustomRoutes too" in finding["explanation"]
