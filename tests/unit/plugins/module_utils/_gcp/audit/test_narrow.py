# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.admitted import Admission
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.comparison import Comparison
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.narrow import (
    narrowing_commands,
    who_decides,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import (
    Rule,
    Service,
)
from support import gcp_samples

DB = "acme/global/networks/vpc-db"
NEEDED = {
    Admission(((0x0A000002, 0x0A000002),), ("db1",), DB, "us-central1"): [
        Service("tcp", 3306, 3306)
    ]
}
GONE = "gcloud compute firewall-rules delete db-mysql --project=acme"


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(gcp_samples.topology(), read_project(gcp_samples.stack()))


@pytest.fixture
def rule(comparison) -> Rule:
    return comparison.project.firewalls[DB][0]


def test_needed_part_is_admitted_before_the_rule_is_deleted(comparison, rule) -> None:
    assert narrowing_commands(comparison, rule, "us-central1", {}) == GONE
    first, last = narrowing_commands(comparison, rule, "us-central1", NEEDED).splitlines()
    assert " create db-mysql-declared " in first
    assert " --source-ranges=10.0.0.2/32 --destination-ranges=10.2.0.2/32" in first
    assert last == GONE


def test_rule_of_priority_0_is_not_narrowed(comparison, rule) -> None:
    assert (
        narrowing_commands(comparison, dataclasses.replace(rule, priority=0), "us-central1", NEEDED)
        == ""
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"kind": "HIERARCHY"}, "; the administrators of the organization's policies"),
        (
            {"target_networks": frozenset({"acme/global/networks/vpc-old"})},
            "; the policy also applies to undeclared networks (vpc-old)",
        ),
    ],
)
def test_others_who_have_to_decide_are_named(comparison, rule, change, words) -> None:
    found = who_decides(comparison, (dataclasses.replace(rule, **change),))
    assert found.startswith(words) and bool(found) is bool(words)
