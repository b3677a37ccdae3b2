# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.failures import (
    MAX_FAILURES,
    failures,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples
from support.html import section


@pytest.fixture(scope="module")
def broken() -> dict:
    return report_samples.broken()


def shown(report: dict) -> str:
    return section(report_html(report), "What is not as declared")


def explained(report: dict, *lines: str) -> dict:
    """Return the report with its first failure only, and these lines as its explanation."""
    return {**report, "failures": [{**report["failures"][0], "explanation": list(lines)}]}


def test_section_is_left_out_if_nothing_failed() -> None:
    assert shown(report_samples.well()) == ""
    assert failures(report_samples.well()) == {"shown": [], "left_out": 0}


def test_failure_says_what_was_expected_and_found(broken) -> None:
    page = shown(broken)
    assert "Expected open, by nginx_lb -&gt; webapp:3000 (http). Found refused" in page
    assert "Expected closed, no flow declares it. Found open (MySQL 9.7.0 greeted)" in page
    assert "✗ the application does not reach MySQL: no answer" in page


def test_explanation_is_shown_as_a_sentence_and_its_hops(broken) -> None:
    first = shown(broken).split("<article")[1]
    assert "<p>lb1 -&gt; web2:3000 (http) fails at container: " in first
    assert re.findall(r'<li class="(\w+)">(.*?)</li>', first) == [
        ("ok", "✓ <b>declared</b> nginx_lb -&gt; webapp:3000 (http)"),
        ("ok", "✓ <b>route</b> vpc-nginx-lb and vpc-webapp are peered"),
        ("not_probed", "? <b>network rule</b> nothing says what the cloud admits"),
        ("failed", "✗ <b>container</b> peerlb-webapp exited 3 minutes ago"),
    ]


def test_explanation_without_hops_has_no_list(broken) -> None:
    page = shown(explained(broken, "It is off."))
    assert "<p>It is off.</p>" in page
    assert "<ol>" not in page


def test_hop_without_evidence_is_shown(broken) -> None:
    page = shown(explained(broken, "FAIL  tcp", "-"))
    assert '<li class="failed">✗ <b>tcp</b> </li>' in page


def test_failures_beyond_the_limit_are_counted(broken) -> None:
    report = {**broken, "failures": broken["failures"][:1] * (MAX_FAILURES + 3)}
    page = shown(report)
    # The other problem is shown too.
    assert page.count("<article") == MAX_FAILURES + 1
    assert "and 3 more in the JSON file" in page
