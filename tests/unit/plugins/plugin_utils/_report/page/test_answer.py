# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.answer import answer_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples

ANSWER = {"status": "Connection successful", "ms": 2.1, "row": {"id": 41}, "recent": [{"id": 1}]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (json.dumps(ANSWER), {"status": "Connection successful", "ms": "2.1", "row id": "41"}),
        ('{"reason": "", "zone": null, "down": false}', {"down": "False"}),
        ("pong\n", {"": "pong"}),
        ("[1, 2]", {"": "[1, 2]"}),
        ("x" * 700, {"": "x" * 600}),
        ("", {}),
        (None, {}),
    ],
)
def test_answer_is_told_by_names(text, shown) -> None:
    assert answer_of(text) == shown


def test_page_shows_no_raw_json_and_names_its_subject() -> None:
    report = report_samples.well()
    plain = report_html(report)
    assert "<title>✓ Who reaches whom</title>" in plain
    report["service"] = {**report["service"], "connection": json.dumps(ANSWER)}
    page = report_html({**report, "subject": "the stack of <lab>, commit 3f9a1c5"})
    title = "Who reaches whom in the stack of &lt;lab&gt;, commit 3f9a1c5"
    assert f"<title>✓ {title}</title>" in page
    assert f">{title}</p>" in page
    assert "{&#34;" not in page and '{"' not in page
    assert "Connection successful" in page
