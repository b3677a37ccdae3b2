# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import ipaddress
import os
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import Service
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.addresses import ALL_ADDRESSES
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.judge import Judge
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.stages import (
    Attachment,
    rules_by_service,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support import gcp_reference, gcp_samples

EXAMPLES = int(os.environ.get("RULE_SETS", "500"))  # RULE_SETS=10000 draws more
HTTP = Service("tcp", 80, 80)
RANGES = (
    *("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24", "10.0.0.2/32", "10.0.1.0/24"),
    *("10.1.0.0/16", "10.1.0.128/25", "192.168.0.0/16", "203.0.113.0/24", "203.0.113.128/25"),
)
SERVICES = ("all", "tcp", "tcp:80", "tcp:80-90", "tcp:85,3306", "udp:53", "icmp")
TAGS, ACCOUNTS = ("red", "green"), ("vpc-lb@acme.example", "other@acme.example")
PACKETS = [("tcp", port) for port in (79, 80, 85, 91, 3306)] + [("udp", 53), ("icmp", 0)]
KINDS = ("HIERARCHY", "SYSTEM_REGIONAL", "NETWORK", "NETWORK_REGIONAL")


def some(values: t.Sequence, most: int = 2) -> st.SearchStrategy[list]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


@st.composite
def firewalls(draw: st.DrawFn, number: int) -> dict:
    make = draw(st.sampled_from((gcp_samples.allow, gcp_samples.deny)))
    rule = make(
        draw(st.sampled_from(("vpc-lb", "vpc-lb", "vpc-lb", "vpc-web"))),
        f"rule-{number}",
        draw(st.sampled_from(SERVICES)),
        priority=draw(st.sampled_from((0, 900, 1000, 1000, 65535))),
        disabled=draw(st.sampled_from((False, False, False, True))),
        direction=draw(st.sampled_from(("INGRESS", "INGRESS", "EGRESS"))),
    )
    rule["destinationRanges"] = draw(some(RANGES))
    rule[draw(st.sampled_from(("targetTags", "targetServiceAccounts")))] = draw(
        st.sampled_from(([], [], ["red"], [ACCOUNTS[0]], ["green", ACCOUNTS[1]]))
    )
    rule["sourceRanges"] = draw(st.sampled_from(([], draw(some(RANGES)))))
    if rule["direction"] == "INGRESS":
        rule["sourceTags"] = draw(some(TAGS, 1))
        rule["sourceServiceAccounts"] = draw(some(ACCOUNTS, 1))
    return rule


@st.composite
def policy_rules(draw: st.DrawFn, number: int) -> dict:
    actions = ("allow", "deny", "goto_next", "goto_next", "apply_security_profile_group")
    rule = gcp_samples.policy_rule(
        number, draw(st.sampled_from(actions)), draw(st.sampled_from(SERVICES))
    )
    rule["direction"] = draw(st.sampled_from(("INGRESS", "INGRESS", "EGRESS")))
    rule["disabled"] = draw(st.sampled_from((False, False, False, True)))
    rule["targetServiceAccounts"] = draw(some(ACCOUNTS, 1))
    rule["targetResources"] = draw(
        st.sampled_from(([], [], [gcp_samples.network("vpc-lb")], [gcp_samples.network("vpc-db")]))
    )
    effective = st.sampled_from(({"state": "EFFECTIVE"}, {"state": "INEFFECTIVE"}))
    rare = st.sampled_from((0, 0, 0, 0, 1))
    rule["targetSecureTags"] = [draw(effective) for _each in range(draw(rare))]
    for side in ("src", "dest"):
        match = rule["match"]
        match[f"{side}IpRanges"] = draw(some(RANGES))
        match[f"{side}SecureTags"] = [draw(effective) for _each in range(draw(rare))]
        for kind in ("RegionCodes", "Fqdns", "AddressGroups", "ThreatIntelligences"):
            match[f"{side}{kind}"] = ["x"] * draw(rare)
        if draw(rare):
            match[f"{side}NetworkContext"] = draw(st.sampled_from(("INTERNET", "INTRA_VPC")))
    return rule


@st.composite
def documents(draw: st.DrawFn) -> dict:
    """Draw a project with rules of all kinds, whose few ranges often overlap."""
    document = gcp_samples.stack()
    count = draw(st.integers(0, 6))
    document["firewalls"] = [draw(firewalls(number)) for number in range(count)]
    for instance in document["instances"]:
        instance["tags"]["items"] = draw(some(TAGS))
    gcp_samples.add_instance(document, "lb2", "vpc-lb", "10.0.1.7", *draw(some(TAGS)))
    kinds = st.lists(st.sampled_from((*KINDS, "HIERARCHY")), max_size=3)
    for kind in draw(kinds):
        rules = [draw(policy_rules(number)) for number in range(draw(st.integers(1, 3)))]
        gcp_samples.add_policy(document, "vpc-lb", kind, *rules)
        document["effective_firewalls"][0]["response"]["firewallPolicys"][-1]["priority"] = draw(
            st.integers(0, 2)
        )
    order = st.sampled_from(("BEFORE_CLASSIC_FIREWALL", "AFTER_CLASSIC_FIREWALL"))
    document["networks"][0]["networkFirewallPolicyEnforcementOrder"] = draw(order)
    missing = draw(
        st.sampled_from((None,) * 8 + ("instances", "instances", "firewalls", "policies"))
    )
    if missing == "policies":
        del document["effective_firewalls"][0]
    elif missing:
        document["incomplete"] = [{"what": missing, "where": "zones/a", "why": "unreachable"}]
    return document


def edges() -> list[int]:
    """Return the addresses at which a range begins or ends, and their neighbours."""
    found = set()
    for text in (*RANGES, *gcp_reference.PRIVATE, "10.0.1.7/32"):
        cidr = ipaddress.ip_network(text)
        for address in (int(cidr[0]), int(cidr[-1])):
            found |= {address - 1, address, address + 1}
    return sorted(number for number in found if 0 <= number < 2**32)


EDGES = edges()
STATES = {
    frozenset({"open"}): "open",
    frozenset({"closed"}): "closed",
    gcp_reference.BOTH: "undecided",
}


def compare(document: dict, direction: str, packets: list[tuple[str, int]]) -> t.Iterator[str]:
    """Evaluate all addresses at once, then packet by packet, and yield the states agreed on."""
    judge = Judge(read_project(document))
    for number in (0, 4):  # the VMs of vpc-lb
        instance = judge.project.instances[number]
        attachment = Attachment(instance, instance.nics[0])
        for protocol, port in packets:
            service = Service(protocol, port, port)
            found = judge.answers(attachment, direction, service)
            for address in EDGES:
                text = str(ipaddress.IPv4Address(address))
                packet = gcp_reference.Packet(
                    document["instances"][number], direction, text, protocol, port
                )
                expected = STATES[gcp_reference.outcomes(document, packet)]
                assert found.at(address).state == expected, (str(service), text)
                yield expected


@pytest.mark.slow
def test_evaluation_of_ranges_equals_that_of_single_packets() -> None:
    agreed: collections.Counter[str] = collections.Counter()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(documents(), st.sampled_from(("INGRESS", "EGRESS")), some(PACKETS, 3).filter(len))
    def agree(document: dict, direction: str, packets: list[tuple[str, int]]) -> None:
        agreed.update(compare(document, direction, packets))
        agreed["rule sets"] += 1

    agree()
    print(f"agreed: {dict(agreed)}")
    assert agreed["rule sets"] >= EXAMPLES
    # The comparison means little if it met only one kind of answer.
    assert min(agreed[state] for state in ("open", "closed", "undecided")) > 1_000


def answers(document: dict) -> list[tuple]:
    """Return the answers of lb1: first address of each piece, state and rules."""
    judge = Judge(read_project(document))
    attachment = Attachment(judge.project.instances[0], judge.project.instances[0].nics[0])
    return [
        (
            str(ipaddress.IPv4Address(first)),
            answer.state,
            list(map(str, answer.undecided_by or answer.rules)),
        )
        for (first, _last), answer in judge.answers(attachment, "INGRESS", HTTP).pieces_in(
            ALL_ADDRESSES
        )
    ]


def test_deny_wins_at_equal_priority() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(gcp_samples.deny("vpc-lb", "no", "all", "10.0.0.0/8"))
    admitted = "lb-http (VPC firewall rule, priority 1000)"
    assert answers(document) == [
        ("0.0.0.0", "open", [admitted]),
        ("10.0.0.0", "closed", ["no (VPC firewall rule, priority 1000)"]),
        ("11.0.0.0", "open", [admitted]),
    ]


def test_uncertain_rules_that_change_nothing_leave_answers_decided() -> None:
    """Countries hold no private address; an uncertain allow before a sure one changes nothing."""
    document = gcp_samples.stack()
    closing = gcp_samples.policy_rule(1, "deny", "all", srcRegionCodes=["XX"])
    opening = gcp_samples.policy_rule(2, "allow", "all", srcFqdns=["a.example"])
    gcp_samples.add_policy(document, "vpc-lb", "HIERARCHY", closing, opening)
    states = {first: state for first, state, _rules in answers(document)}
    assert (states["0.0.0.0"], states["10.0.0.0"]) == ("undecided", "open")


def test_unread_policies_leave_all_answers_undecided() -> None:
    document = gcp_samples.stack()
    document["effective_firewalls"] = []
    ((_first, state, rules),) = answers(document)
    assert state == "undecided"
    assert rules[0] == "the policies of vpc-lb in us-central1, which could not be read"


def test_policy_of_unknown_type_is_undecided() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_policy(document, "vpc-lb", "GALAXY")
    ((_first, state, rules),) = answers(document)
    assert (state, rules[0]) == (
        "undecided",
        "the policy 1000, whose type GALAXY is not known here",
    )


def test_vms_with_the_same_rules_share_their_answers() -> None:
    judge = Judge(read_project(gcp_samples.stack()))
    web1, web2 = (Attachment(i, i.nics[0]) for i in judge.project.instances[1:3])
    service = Service("tcp", 3000, 3000)
    assert judge.answers(web1, "INGRESS", service) is judge.answers(web2, "INGRESS", service)


def test_services_are_divided_where_rules_begin_and_end() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(gcp_samples.allow("vpc-lb", "wide", "tcp:80-90", "10.0.0.0/8"))
    document["firewalls"].append(gcp_samples.allow("vpc-lb", "ping", "icmp", "10.0.0.0/8"))
    judge = Judge(read_project(document))
    attachment = Attachment(judge.project.instances[0], judge.project.instances[0].nics[0])
    found = {
        str(service): [each.rule.name for stage in stages for each in stage]
        for service, stages in rules_by_service(
            judge.stages_for(attachment, "INGRESS"), [Service("tcp", 85, 85)]
        )
    }
    assert found["tcp:80"] == ["lb-http", "wide"]
    assert found["tcp:81-84"] == found["tcp:85"] == found["tcp:86-90"] == ["wide"]
    assert found["icmp"] == ["ping"]
    assert found["other protocols"] == []
