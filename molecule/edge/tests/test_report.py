# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a verification: TLS, routes, guards and Valkey, in picture and tables."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from support.edge import ROOT

REPORT = ROOT / "report/peerlb-report.json"


@pytest.fixture(scope="module", autouse=True)
def verified(lab) -> None:
    """Write the report: another test may have written one of a failure."""
    lab.play("verify")


def test_report_knows_what_the_load_balancer_does_with_requests() -> None:
    report = json.loads(REPORT.read_text())
    assert report["summary"]["state"] == "ok"
    (edge,) = report["edge"]
    assert edge["host"] == "lb1"
    assert {each["port"] for each in edge["listeners"] if each["tls"]} == {443}
    assert [each["name"] for each in edge["certificates"]] == ["shop"]
    assert {"/old/*", "/gone", "/shop/*", "/slow/*"} < {each["path"] for each in edge["routes"]}
    assert {"admin", "guests", "no-agent", "login"} < {each["name"] for each in edge["rules"]}
    assert edge["notes"] == []
    cell = report["matrix"]["lb1"]["kv1:6379"]
    assert (cell["protocol"], cell["state"], cell["ok"]) == ("redis", "open", True)


def test_picture_tells_it_of_the_load_balancer_alone() -> None:
    page = REPORT.with_suffix(".html").read_text()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", page[: page.index('id="edge"')])
    drawn = Counter(re.sub(r"[0-9]+ days", "N days", text) for text in texts)
    # The page has a drawing for wide screens and one for narrow ones.
    for told in ("TLS: shop, N days", "URL map: 5 routes", "gatekeeper: 4 rules", "kv1"):
        assert drawn[told] == 2, told
