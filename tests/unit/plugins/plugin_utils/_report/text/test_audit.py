# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.finding import Finding
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.audit import (
    SHOWN,
    audit_lines,
    conclusion,
)
from support import gcp_samples


def test_finding_is_shown_with_severity_explanation_and_command() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [r for r in document["firewalls"] if r["name"] != "db-mysql"]
    lines = audit_lines(audit(gcp_samples.topology(), document))
    assert lines[0] == "ERROR    flow-closed            nginx_lb -> mysql:3306 (mysql)"
    assert lines[1] == "         from 10.0.0.2/32 on db1: closed, since no rule admits it"
    assert lines[2].startswith("         $ gcloud compute firewall-rules create nginx-lb-mysql-")
    assert lines[2].endswith("--destination-ranges=10.2.0.2/32")


def test_ways_and_summary_come_last() -> None:
    lines = audit_lines(audit(gcp_samples.topology(), gcp_samples.stack()))
    assert lines[-4].split() == ["nat", "Cloud", "NAT", "nat-vpc-db", "db1"]
    assert lines[-2] == (
        "acme: 4 VMs, 4 flows, 7 rules, 0 policies judged: 0 errors, 0 warnings, 0 for information"
    )


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([], "The project is as declared, with 0 warnings"),
        (["rule-shadowed"], "The project is as declared, with 1 warning"),
        (
            ["document-incomplete", "rule-shadowed", "way-undecided"],
            "Nothing contradicts the declaration, but 2 things could not be judged",
        ),
        (
            ["excess-undecided"],
            "Nothing contradicts the declaration, but 1 thing could not be judged",
        ),
        (["flow-closed", "flow-undecided"], "The project is not as declared: 1 error"),
    ],
)
def test_conclusion_is_as_declared_only_if_everything_was_judged(ids, words) -> None:
    findings = [Finding(kind, "o", "e").record() for kind in ids]
    summary = {"error": 0, "warning": 0, "info": 0}
    for each in findings:
        summary[each["severity"]] += 1
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    assert conclusion({**found, "findings": findings, "summary": summary}) == words
    lines = audit_lines({**found, "findings": findings, "summary": summary})
    assert lines[-1] == words


def test_only_the_first_findings_are_shown() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    finding = {"id": "x", "severity": "info", "object": "o", "explanation": "e", "command": ""}
    lines = audit_lines({**found, "findings": [finding] * (SHOWN + 7)})
    assert "and 7 more findings" in lines
