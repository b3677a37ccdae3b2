# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from support import gcp_samples
from support.gcp_samples import allow, deny, found

IDS = ("rule-disabled", "rule-no-target", "rule-no-source", "rule-no-route", "rule-shadowed")


@pytest.mark.parametrize(
    ("rule", "kind", "explanation"),
    [
        (
            allow("vpc-db", "r", "tcp:9", "10.0.0.0/8", disabled=True),
            "rule-disabled",
            "is disabled, so it decides nothing",
        ),
        (
            allow("vpc-db", "r", "tcp:9", "10.0.0.0/8", targetTags=["gone"]),
            "rule-no-target",
            "no VM of vpc-db has gone",
        ),
        (
            allow("vpc-db", "r", "tcp:9", sourceTags=["web"]),
            "rule-no-source",
            "no VM of vpc-db has web, and tags do not cross a peering",
        ),
        (
            allow("vpc-db", "r", "tcp:3306", "10.1.0.0/24"),
            "rule-no-route",
            "10.1.0.0/24 is vpc-web, which is not peered with vpc-db; peering is not transitive,"
            " so no packet comes from there",
        ),
        (
            deny("vpc-db", "r", "tcp:3306", "10.0.0.2/32", priority=1001),
            "rule-shadowed",
            "never decides: before it comes db-mysql (VPC firewall rule, priority 1000)",
        ),
    ],
)
def test_dead_rule_is_found_with_the_command_that_deletes_it(rule, kind, explanation) -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(rule)
    (finding,) = found(document)
    assert (finding["id"], finding["explanation"]) == (kind, explanation)
    assert finding["object"] == f"vpc-db: r (VPC firewall rule, priority {rule['priority']})"
    assert finding["command"] == "gcloud compute firewall-rules delete r --project=acme"


@pytest.mark.parametrize(
    "ranges",
    [
        {"sourceRanges": ["::/0"]},
        {"sourceRanges": ["2001:db8::/32"], "destinationRanges": ["2600::/64"]},
        {"sourceRanges": ["::/0"], "sourceTags": ["gone"]},
    ],
)
def test_rule_for_ipv6_is_not_called_dead(ranges) -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-db", "r", "tcp:3306", **ranges))
    (finding,) = found(document)
    assert (finding["id"], finding["severity"]) == ("rule-ipv6", "info")
    assert (finding["object"].split()[1], finding["command"]) == ("r", "")
    document["firewalls"][-1]["disabled"] = True
    assert [each["id"] for each in found(document)] == ["rule-disabled"]


def test_command_keeps_the_ranges_of_a_rule_that_can_arrive() -> None:
    document = gcp_samples.stack()
    document["firewalls"][3]["sourceRanges"].append("10.1.0.0/16")
    (finding,) = found(document)
    assert finding["id"] == "rule-no-route"
    assert finding["command"] == (
        "gcloud compute firewall-rules update db-mysql --project=acme --source-ranges=10.0.0.2/32"
    )


def test_rule_from_an_undeclared_peer_is_not_dead() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-db", "r", "tcp:3306", "10.1.0.0/24"))
    gcp_samples.peer(document, "vpc-web", "vpc-db")
    assert found(document, *IDS) == []


def test_range_that_holds_other_addresses_is_not_dead() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(deny("vpc-db", "r", "all", "10.0.0.0/8", priority=3000))
    assert found(document) == []


def test_no_rule_is_called_dead_if_vms_could_not_be_read() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-db", "r", "tcp:9", sourceTags=["web"]))
    document["incomplete"] = [{"what": "instances", "where": "zones/a", "why": "unreachable"}]
    assert found(document, *IDS) == []


def test_second_of_two_equal_rules_is_shadowed() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append({**document["firewalls"][3], "name": "twin"})
    (finding,) = found(document)
    assert (finding["id"], finding["object"].split()[1]) == ("rule-shadowed", "twin")


OPEN_ALL = allow("vpc-lb", "open-all", "all", "0.0.0.0/0", "::/0", priority=900)
NARROW = allow("vpc-db", "near", "tcp:3306", "10.0.0.2/32", priority=900)
WIDE = {**NARROW, "sourceRanges": ["10.0.0.0/16"]}
FENCE = deny("vpc-db", "fence", "tcp:3306", "10.0.0.0/8", priority=900)


@pytest.mark.parametrize(
    ("rule", "policy", "shadowed", "command"),
    [
        (NARROW, (), ["db-mysql"], "gcloud compute firewall-rules delete db-mysql --project=acme"),
        (WIDE, (), ["db-mysql"], ""),  # the command of its finding excess deletes it
        (FENCE, (), ["db-mysql"], ""),  # it has to change, because it closes a flow
        (OPEN_ALL, (), ["lb-http", "lb-mysql", "vpc-lb-ssh"], ""),
        (None, ("allow", "tcp:3306", "10.0.0.2/32"), ["db-mysql"], ""),
        (None, ("deny", "tcp:3306", "10.0.0.0/8"), ["db-mysql"], ""),
    ],
)
def test_shadowed_rule_is_deleted_only_if_the_rules_before_it_stay(
    rule, policy, shadowed, command
) -> None:
    document = gcp_samples.stack()
    document["firewalls"] += [rule] if rule else []
    if policy:
        own = gcp_samples.policy_rule(100, *policy)
        gcp_samples.add_policy(document, "vpc-db", "HIERARCHY", own)
    findings = found(document, "rule-shadowed")
    assert [each["object"].split()[1] for each in findings] == shadowed
    for finding in findings:
        assert finding["command"] == command
        assert finding["explanation"].endswith("; it decides once that is gone") is (not command)


def test_shadowing_rules_of_all_ports_are_named() -> None:
    document = gcp_samples.stack()
    rule = allow("vpc-db", "both", "tcp:3306,3307", "10.0.0.2/32", priority=1001)
    document["firewalls"].append(rule)
    document["firewalls"].append(allow("vpc-db", "more", "tcp:3307", "10.0.0.2/32"))
    (finding,) = found(document, "rule-shadowed")
    assert finding["command"] == ""
    assert finding["explanation"].endswith(
        "before it comes db-mysql (VPC firewall rule, priority 1000), more (VPC firewall rule,"
        " priority 1000); it decides once more (VPC firewall rule, priority 1000) is gone"
    )


def test_deleted_rule_gets_no_second_command() -> None:
    document = gcp_samples.stack()
    rule = allow("vpc-db", "r", "tcp:9", "10.0.0.0/24", "10.1.0.0/24")
    document["firewalls"].append(rule)
    excess, dead = found(document)
    assert (excess["id"], dead["id"]) == ("excess", "rule-no-route")
    assert (excess["command"], dead["command"]) == (
        "gcloud compute firewall-rules delete r --project=acme",
        "",
    )
