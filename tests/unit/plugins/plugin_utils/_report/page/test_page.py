# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ET

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from support import report_samples
from support.html import rows, section


@pytest.fixture(scope="module")
def reports() -> dict:
    names = ("well", "edge", "broken", "hostile", "huge")
    return {name: getattr(report_samples, name)() for name in names}


def heading(page: str) -> str:
    return re.search("<h1>(.*?)</h1>", page).group(1)


@pytest.mark.parametrize("name", ["well", "broken", "hostile", "huge"])
def test_page_has_no_script_and_loads_no_file(reports, name) -> None:
    page = report_html(reports[name])
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "default-src 'none'" in page
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
def test_heading_sums_up_the_probes(found, silent, problems, words) -> None:
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
def test_page_says_from_where_flows_from_any_were_probed(silent, words) -> None:
    page = report_html(report_samples.stack().report(silent=silent))
    assert f"Flows from any were probed {words}" in page


def test_page_says_what_was_not_judged() -> None:
    page = report_html(report_samples.stack().report(unjudged=["what <b> reaches"]))
    assert "<p>what &lt;b&gt; reaches</p>" in page.split("</header>")[0]


def test_service_is_shown_without_the_parts_that_are_missing(reports) -> None:
    page = report_html(reports["well"])
    assert "3f9c01d2a7b4" in page
    assert "row 41 written" in page
    assert "50 %" in page
    report = copy.deepcopy(reports["well"])
    report["service"] = {"client": "client", "connection": None}
    assert "<h2>Service</h2>" in report_html(report)
    report["service"] = {}
    assert "<h2>Service</h2>" not in report_html(report)


def test_page_of_a_thousand_hosts_stays_small(reports) -> None:
    assert len(report_html(reports["huge"])) < 250_000


def test_failed_flows_come_first(reports) -> None:
    found = rows(section(report_html(reports["broken"]), "Flows"))
    assert found[0][:4] == ["Flow", "Protocol", "Measured", "Probes as declared"]
    assert found[1][:4] == ["any → nginx_lb:80", "http", "✗ not as declared", "2 of 4"]
    assert found[3][:4] == ["webapp → mysql:3306", "mysql", "✗ open, not declared", "0 of 1"]
    assert [line[2][0] for line in found[1:]] == ["✗", "✗", "✗", "✗", "?", "✓"]
    assert found[6][4].endswith(" ms")


def test_host_has_its_probes_as_source_and_as_target(reports) -> None:
    found = rows(section(report_html(reports["broken"]), "Hosts"))
    assert found[3] == ["web2", "10.1.0.3", "webapp", "lab-b", "? 0 of 4", "✗ 3 of 4"]
    assert found[5] == ["client", "203.0.113.10", "clients", "-", "✗ 4 of 5", "-"]


def test_rows_beyond_the_limit_are_counted(reports) -> None:
    hosts = section(report_html(reports["huge"]), "Hosts")
    assert len(rows(hosts)) == 1 + 100
    assert "and 900 more rows in the JSON file" in hosts


def svg(page: str, width: str = "wide") -> str:
    """Return the drawing of the topology for a wide or a narrow screen."""
    return re.search(rf'<svg class="topology {width}".*?</svg>', page, re.DOTALL).group()


def by_class(drawing: str, name: str) -> list[ET.Element]:
    return [each for each in ET.fromstring(drawing).iter() if name in each.get("class", "").split()]


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_drawing_has_every_element(reports, width) -> None:
    drawing = svg(report_html(reports["broken"]), width)
    assert [each.get("data-name") for each in by_class(drawing, "network")] == [
        *("vpc-nginx-lb", "vpc-webapp", "vpc-db"),
    ]
    assert len(by_class(drawing, "outside")) == 1
    assert len(by_class(drawing, "peering")) == 2
    assert len(by_class(drawing, "member")) == 5
    assert len(by_class(drawing, "flow")) == len(by_class(drawing, "label")) == 7
    assert len(by_class(drawing, "undeclared")) == 2


def test_drawing_draws_failed_flows_last_and_so_on_top(reports) -> None:
    drawing = svg(report_html(reports["broken"]))
    states = [each.get("data-state") for each in by_class(drawing, "flow")]
    assert states == ["not_probed", "ok", "ok"] + ["failed"] * 4


def test_drawing_says_in_words_what_it_shows(reports) -> None:
    drawing = ET.fromstring(svg(report_html(reports["broken"])))
    assert "2 as declared, 4 not as declared, 1 not probed" in drawing.get("aria-label")
    titles = [each.text for each in drawing.iter("title")]
    assert "nginx_lb -> webapp:3000 (http): not as declared, 1 of 2 probes as declared" in titles
    assert "vpc-nginx-lb and vpc-webapp are peered" in titles


def test_drawing_is_well_formed_whatever_hosts_are_called(reports) -> None:
    drawing = svg(report_html(reports["hostile"]))
    names = [each.get("data-name") for each in by_class(drawing, "member")]
    assert any(name.startswith("</title><script>") for name in names)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_drawing_of_many_hosts_stays_small(reports, width) -> None:
    drawing = svg(report_html(reports["huge"]), width)
    assert len(drawing) < 60_000
    assert len(by_class(drawing, "network")) == 12


# Words of the two reports that come from hosts, from the inventory or from the cloud.
@pytest.mark.parametrize(
    "word",
    [
        *("web1", "lb1", "nginx_lb", "vpc-webapp", "lab-a", "10.1.0.0/16", "10.1.0.2", "client"),
        *("refused", "Connection", "greeted", "peerlb-webapp", "container", "3f9c01d2a7b4", "2026"),
        *("acme", "excess", "gcloud", "nat-webapp", "not reach", "row 41", "http", "left out"),
    ],
)
def test_markup_in_any_text_stays_text(word) -> None:
    broken = {**report_samples.broken(), "project": report_samples.audited()["project"]}
    broken["unjudged"] = ["left out"]
    broken["service"] = report_samples.SERVICE
    assert word in json.dumps(broken)
    page = report_html(json.loads(json.dumps(broken).replace(word, "<b>x</b>")))
    assert "<b>x" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_tls_has_a_mark_of_its_own(reports) -> None:
    page = report_html(reports["edge"])
    drawn = [each.get("data-flow") for each in by_class(svg(page), "tls")]
    assert drawn == ["any -> nginx_lb:443 (https)"]
    assert len(by_class(svg(page), "core")) == 1
    assert "flow in TLS" in page
    # In the table of flows, and in the matrix for each host but the load balancer itself.
    assert page.count('<span class="badge tls">TLS</span>') == 1 + 5
    assert "https <span" in page and "http <span" not in page
    assert "flow in TLS" not in report_html(reports["well"])


TABLE = "What the load balancers do with requests"


def test_table_tells_what_the_load_balancers_do_with_requests(reports) -> None:
    found = rows(section(report_html(reports["edge"]), TABLE))
    assert found[0] == ["Part", "Name", "Does", "Seen"]
    assert found[4] == ["Listener", "443 TLS", "leads to webapp, webapp-next", "-"]
    assert len(found) == 17


def test_table_names_the_load_balancer_where_they_differ(reports) -> None:
    report = copy.deepcopy(reports["edge"])
    report["edge"].append({**report["edge"][0], "host": "lb2", "banned": 0})
    found = rows(section(report_html(report), TABLE))
    assert found[0] == ["Part", "Name", "Does", "Only on", "Seen"]
    assert found[2] == ["Bans", "2 ranges", "refused", "lb1", "-"]


def test_nothing_of_requests_is_shown_where_nothing_is_declared(reports) -> None:
    page = report_html(reports["well"])
    assert TABLE not in page
    assert by_class(svg(page), "note") == []
    older = {key: value for key, value in reports["well"].items() if key != "edge"}
    assert report_html(older) == page


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_picture_notes_what_a_load_balancer_does(reports, width) -> None:
    notes = [each.text for each in by_class(svg(report_html(reports["edge"]), width), "note")]
    assert notes[1:] == [
        *("TLS: shop, 89 days", "URL map: 6 routes", "gatekeeper: 2 rules"),
        *("bans: 2 ranges", "WAF: running"),
    ]
    assert (
        notes[0] == {"wide": "maintenance: webapp-next", "narrow": "maintenance: webapp-ne…"}[width]
    )


def test_matrix_has_routes_and_rules_at_the_listeners(reports) -> None:
    heads = rows(section(report_html(reports["edge"]), "Matrix"))[0]
    assert [head for head in heads if "routes" in head] == [
        "lb1:806 routes2 rulesWAF",
        "lb1:4436 routes2 rulesWAF",
    ]


# Words of the edge that come from load balancers or from the inventory.
@pytest.mark.parametrize(
    "word", ["shop", "webapp-next", "scrapers", "/cart", "acme", "running", "deny", "redirect"]
)
def test_markup_in_what_load_balancers_do_stays_text(reports, word) -> None:
    page = report_html(json.loads(json.dumps(reports["edge"]).replace(word, "<b>x</b>")))
    assert "<b>x" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in section(page, TABLE)


def test_valkey_has_a_place_in_the_picture(reports) -> None:
    drawing = svg(report_html(reports["edge"]))
    assert "kv1" in [each.get("data-name") for each in by_class(drawing, "member")]
    assert "nginx_lb -&gt; valkey:6379 (redis)" in drawing
