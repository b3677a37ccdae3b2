# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import (
    Rule,
    Selector,
    Service,
)


@pytest.mark.parametrize(
    ("service", "text"),
    [
        (Service("all"), "all"),
        (Service("icmp"), "icmp"),
        (Service("tcp", 80, 80), "tcp:80"),
        (Service("udp", 1, 65535), "udp:1-65535"),
    ],
)
def test_text_of_a_service_is_as_gcloud_reads_it(service, text) -> None:
    assert str(service) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("VPC", "web (VPC firewall rule, priority 9)"),
        ("NETWORK", "rule 9 of edge (global network policy)"),
        ("SYSTEM_REGIONAL", "rule 9 of edge (system policy)"),
    ],
)
def test_text_of_a_rule_names_its_policy(kind, text) -> None:
    ends = Selector()
    rule = Rule(
        kind, "edge", "web", "EGRESS", 9, "deny", False, (Service("all"),), ends, Selector()
    )
    assert str(rule) == text
    assert rule.local is ends


def test_rules_with_equal_fields_are_not_equal() -> None:
    one, other = (
        Rule("VPC", "", "a", "INGRESS", 1, "deny", False, (), Selector(), Selector()),
    ) * 2
    assert one == other
    twin = Rule("VPC", "", "a", "INGRESS", 1, "deny", False, (), Selector(), Selector())
    assert one != twin
