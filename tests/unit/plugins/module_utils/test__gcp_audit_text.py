# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gcp_samples
from ansible_collections.peerlb.stack.plugins.module_utils._gcp_audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._gcp_audit_text import (
    SHOWN,
    audit_lines,
)


def test_a_finding_has_its_severity_reason_and_command() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [r for r in document["firewalls"] if r["name"] != "db-mysql"]
    lines = audit_lines(audit(gcp_samples.topology(), document))
    assert lines[0] == "ERROR    flow-closed            nginx_lb -> mysql:3306 (mysql)"
    assert lines[1] == "         from 10.0.0.2/32 on db1: closed, since no rule admits it"
    assert lines[2].startswith("         $ gcloud compute firewall-rules create nginx-lb-mysql-")
    assert lines[2].endswith("--destination-ranges=10.2.0.2/32")


def test_ways_and_the_sum_come_last() -> None:
    lines = audit_lines(audit(gcp_samples.topology(), gcp_samples.stack()))
    assert lines[-3].split() == ["nat", "Cloud", "NAT", "nat-vpc-db", "db1"]
    assert lines[-1] == (
        "acme: 4 VMs, 4 flows, 7 rules, 0 policies judged: 0 errors, 0 warnings, 0 for information"
    )


def test_very_many_findings_are_cut() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    finding = {"id": "x", "severity": "info", "object": "o", "explanation": "e", "command": ""}
    lines = audit_lines({**found, "findings": [finding] * (SHOWN + 7)})
    assert "and 7 more findings" in lines
