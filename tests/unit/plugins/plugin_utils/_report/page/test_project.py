# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import audit_html
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.project import (
    SHOWN,
    project,
    verdict,
)
from support import gcp_samples


def page(document: dict) -> str:
    return str(project(audit(gcp_samples.topology(), document)))


def test_without_an_audit_there_is_no_part() -> None:
    assert project({}) is None
    assert project(None) is None


def unread(*parts: str) -> dict:
    """Return an audit of a project of which these parts may not be read."""
    document = gcp_samples.stack()
    for part in parts:
        document[part] = []
    document["incomplete"] = [{"what": each, "where": "acme", "why": "403"} for each in parts]
    return audit(gcp_samples.topology(), document)


@pytest.mark.parametrize(
    ("found", "title", "line"),
    [
        (unread(), "✓ The project is as declared", None),
        (
            unread("firewalls"),
            "? The project could not be judged in full",
            "? The audit of the project could not judge 20 things",
        ),
        (
            unread("instances"),
            "? The project could not be judged in full",
            "? The audit of the project could not judge 5 things",
        ),
        (
            {**unread("firewalls"), "summary": {"error": 4, "warning": 20, "info": 0}},
            "✗ The project is not as declared",
            "✗ The audit of the project found 4 errors",
        ),
    ],
)
def test_as_declared_is_said_only_if_all_was_judged(found, title, line) -> None:
    assert f"<h1>{title}</h1>" in audit_html(found)
    assert (line in str(verdict(found))) if line else verdict(found) is None


def test_findings_are_shown_with_what_mends_them() -> None:
    document = gcp_samples.stack()
    document["networks"][1]["peerings"] = []
    found = page(document)
    assert '<article class="failure error">' in found
    assert "peering-one-sided" in found
    assert "<pre>gcloud compute networks peerings create vpc-web-to-vpc-lb " in found
    assert '<p class="failed">✗ acme: ' in found


def test_ways_out_are_a_table() -> None:
    found = page(gcp_samples.stack())
    assert found.count("<tr>") == 4
    assert '<span class="badge ok">✓ nat</span>' in found


def test_names_stay_names() -> None:
    document = gcp_samples.stack()
    document["firewalls"][3]["name"] = "<script>alert(1)</script>"
    document["firewalls"][3]["sourceRanges"] = ["10.0.0.0/8"]
    assert "<script>" not in page(document)
    assert "&lt;script&gt;" in page(document)


def test_very_many_findings_are_cut() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    finding = {"id": "x", "severity": "info", "object": "o", "explanation": "e", "command": ""}
    assert "and 3 more in the JSON file" in project({**found, "findings": [finding] * (SHOWN + 3)})
