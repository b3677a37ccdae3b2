# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples


@pytest.fixture(scope="module")
def reports() -> dict:
    names = ("well", "broken", "hostile", "huge")
    return {name: getattr(report_samples, name)() for name in names}


def heading(page: str) -> str:
    return re.search("<h1>(.*?)</h1>", page).group(1)


@pytest.mark.parametrize("name", ["well", "broken", "hostile", "huge"])
def test_page_needs_nothing_else(reports, name) -> None:
    page = report_html(reports[name])
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"<(script|link|img|iframe|object|base)\b", page)
    assert not re.search(r"""\b(src|href|on\w+)=["']""", page)


@pytest.mark.parametrize(
    ("found", "silent", "problems", "words"),
    [
        ({}, [], [], "✓ All 20 probes are as declared"),
        ({"lb1 -> web1:3000": ("refused", "")}, [], [], "✗ 1 of 20 probes are not as declared"),
        ({}, ["db1"], [], "? 4 of 20 probes could not be made"),
        ({}, [], ["x"], "✗ All 20 probes are as declared, but the service is not well"),
    ],
)
def test_heading_is_the_verdict(found, silent, problems, words) -> None:
    page = report_html(report_samples.stack().report(found, silent=silent, problems=problems))
    assert heading(page) == words


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        ([], "from outside by client, and from inside by web1, web2, db1."),
        (["client"], "not from outside, and from inside by web1, web2, db1."),
        (["web1", "web2", "db1"], "from outside by client."),
    ],
)
def test_page_says_from_where_any_was_probed(silent, words) -> None:
    page = report_html(report_samples.stack().report(silent=silent))
    assert f"Flows from any were probed {words}" in page


def test_page_says_what_was_not_judged() -> None:
    page = report_html(report_samples.stack().report(unjudged=["what <b> reaches"]))
    assert "<p>what &lt;b&gt; reaches</p>" in page.split("</header>")[0]


def test_service_is_shown_as_far_as_it_is_known(reports) -> None:
    page = report_html(reports["well"])
    assert "3f9c01d2a7b4" in page
    assert "row 41 written" in page
    assert "50 %" in page
    report = copy.deepcopy(reports["well"])
    report["service"] = {"client": "client", "connection": None}
    assert "<h2>Service</h2>" in report_html(report)
    report["service"] = {}
    assert "<h2>Service</h2>" not in report_html(report)


def test_thousand_hosts_make_a_page_of_some_kilobytes(reports) -> None:
    assert len(report_html(reports["huge"])) < 250_000
