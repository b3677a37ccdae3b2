# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import (
    audit_html,
    report_html,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.project import MAX_FINDINGS
from support import gcp_samples, report_samples
from support.html import section


def shown(found: dict) -> str:
    return section(audit_html(found), "The project")


def audited(document: dict) -> str:
    return shown(audit(gcp_samples.topology(), document))


@pytest.mark.parametrize("audit", [{}, None])
def test_section_is_left_out_without_an_audit(audit) -> None:
    page = report_html({**report_samples.well(), "project": audit})
    assert section(page, "The project") == ""


def unreadable(*parts: str) -> dict:
    """Return the audit of a project in which these parts could not be read."""
    document = gcp_samples.stack()
    for part in parts:
        document[part] = []
    document["incomplete"] = [{"what": each, "where": "acme", "why": "403"} for each in parts]
    return audit(gcp_samples.topology(), document)


@pytest.mark.parametrize(
    ("found", "title", "line"),
    [
        (unreadable(), "✓ The project is as declared", None),
        (
            unreadable("firewalls"),
            "? The project could not be judged in full",
            "? The audit of the project could not judge 20 things",
        ),
        (
            unreadable("instances"),
            "? The project could not be judged in full",
            "? The audit of the project could not judge 5 things",
        ),
        (
            {**unreadable("firewalls"), "summary": {"error": 4, "warning": 20, "info": 0}},
            "✗ The project is not as declared",
            "✗ The audit of the project found 4 errors",
        ),
    ],
)
def test_project_is_as_declared_only_if_all_was_judged(found, title, line) -> None:
    assert f"<h1>{title}</h1>" in audit_html(found)
    header = report_html({**report_samples.well(), "project": found}).split("</header>")[0]
    assert (f">{line}</p>" in header) if line else "The audit" not in header


def test_findings_are_shown_with_the_command_that_mends_them() -> None:
    document = gcp_samples.stack()
    document["networks"][1]["peerings"] = []
    found = audited(document)
    assert '<article class="failure error">' in found
    assert "peering-one-sided" in found
    assert "<pre>gcloud compute networks peerings create vpc-web-to-vpc-lb " in found
    assert '<p class="failed">✗ acme: ' in found


def test_ways_out_are_a_table() -> None:
    found = audited(gcp_samples.stack())
    assert found.count("<tr>") == 4
    assert '<span class="badge ok">✓ nat</span>' in found


def test_markup_in_names_stays_text() -> None:
    document = gcp_samples.stack()
    document["firewalls"][3]["name"] = "<script>alert(1)</script>"
    document["firewalls"][3]["sourceRanges"] = ["10.0.0.0/8"]
    assert "<script>" not in audited(document)
    assert "&lt;script&gt;" in audited(document)


def test_findings_beyond_the_limit_are_counted() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    finding = {"id": "x", "severity": "info", "object": "o", "explanation": "e", "command": ""}
    page = shown({**found, "findings": [finding] * (MAX_FINDINGS + 3)})
    assert page.count("<article") == MAX_FINDINGS
    assert "and 3 more in the JSON file" in page
