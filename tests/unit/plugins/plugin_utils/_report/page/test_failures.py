# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page import (
    failures as _report_failures,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.failures import failures
from support import report_samples


@pytest.fixture(scope="module")
def broken() -> dict:
    return report_samples.broken()


def test_nothing_where_all_is_well() -> None:
    assert failures(report_samples.well()) is None


def test_failure_says_what_was_expected_and_found(broken) -> None:
    page = failures(broken)
    assert "Expected open, by nginx_lb -&gt; webapp:3000 (http). Found refused" in page
    assert "Expected closed, no flow declares it. Found open (MySQL 9.7.0 greeted)" in page
    assert "✗ the application does not reach MySQL: no answer" in page


def test_explanation_is_a_sentence_and_its_hops(broken) -> None:
    first = failures(broken).split("<article")[1]
    assert "<p>lb1 -&gt; web2:3000 (http) fails at container: " in first
    assert re.findall(r'<li class="(\w+)">(.*?)</li>', first) == [
        ("ok", "✓ <b>declared</b> nginx_lb -&gt; webapp:3000 (http)"),
        ("ok", "✓ <b>route</b> vpc-nginx-lb and vpc-webapp are peered"),
        ("not_probed", "? <b>network rule</b> nothing says what the cloud admits"),
        ("failed", "✗ <b>container</b> peerlb-webapp exited 3 minutes ago"),
    ]


def test_explanation_of_sentences_alone_has_no_list(broken) -> None:
    (failure, *_others) = broken["failures"]
    report = {**broken, "failures": [{**failure, "explanation": ["It is off."]}]}
    assert "<p>It is off.</p>" in failures(report)
    assert "<ol>" not in failures(report)


def test_hop_without_evidence_is_a_hop(broken) -> None:
    report = {**broken, "failures": [{**broken["failures"][0], "explanation": ["FAIL  tcp", "-"]}]}
    assert '<li class="failed">✗ <b>tcp</b> </li>' in failures(report)


def test_many_failures_stop(broken, monkeypatch) -> None:
    monkeypatch.setattr(_report_failures, "SHOWN", 1)
    page = failures(broken)
    assert page.count("<article") == 2  # one probe, and what is wrong besides
    assert "and 3 more in the JSON file" in page
