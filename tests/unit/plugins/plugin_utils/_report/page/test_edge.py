# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.edge import (
    edge_marks,
    edge_rows,
)
from support import report_samples


@pytest.fixture
def edge() -> dict:
    (only,) = report_samples.edge()["edge"]
    return only


def rows(*edges: dict) -> list[tuple[str, ...]]:
    return [(r["part"], r["name"], r["does"], r["seen"]) for r in edge_rows(edges)]


def test_every_part_has_its_rows(edge) -> None:
    assert rows(edge) == [
        ("Maintenance", "webapp-next", "answers 503", ""),
        ("Bans", "2 ranges", "refused", ""),
        ("Listener", "80", "leads to webapp, webapp-next", ""),
        ("Listener", "443 TLS", "leads to webapp, webapp-next", ""),
        ("Certificate", "shop", "serves shop.example, *.shop.example", "acme, 89 days"),
        ("WAF", "container", "inspects requests", "running, 3 refused"),
        ("Gatekeeper", "scrapers", "deny", "deny 31"),
        ("Gatekeeper", "logins", "throttle, in preview", "would throttle 4"),
        ("Gatekeeper", "default", "allow", "allow 1204"),
        ("URL map", "shop.example /api/* (2 names)", "webapp, inspected", "passed 90, refused 3"),
        ("URL map", "POST shop.example /cart (2 names)", "webapp 90 %, webapp-next 10 %", ""),
        ("URL map", "shop.example /old/* (2 names)", "redirect 301 to /new/…", ""),
        ("URL map", "shop.example /secret/* (2 names)", "answer 404", ""),
        ("URL map", "shop.example (default) (2 names)", "webapp", ""),
        ("URL map", "* (default)", "webapp", ""),
        ("URL map", "1 stored test", "have to pass before a release goes live", ""),
    ]
    assert {each["hosts"] for each in edge_rows([edge])} == {""}


def test_what_is_the_same_on_two_load_balancers_is_one_row(edge) -> None:
    other = {**copy.deepcopy(edge), "host": "lb2", "maintenance": ["all"]}
    other["rules"][0]["did"] = {"deny": 2}
    found = edge_rows([edge, other])
    told = [(each["name"], each["seen"], each["hosts"]) for each in found if each["hosts"]]
    assert told == [
        ("webapp-next", "", "lb1"),
        ("all pools", "", "lb2"),
        ("scrapers", "deny 31", "lb1"),
        ("scrapers", "deny 2", "lb2"),
    ]


def test_rule_and_route_are_told_with_their_conditions(edge) -> None:
    edge["rules"] = [{"name": "old", "action": "", "preview": False, "did": {}, "would": {}}]
    edge["routes"][1] |= {"names": [], "conditional": True}
    edge["notes"] = ["the URL map is not shown"]
    found = rows(edge)
    assert ("Gatekeeper", "old", "not declared any more", "") in found
    assert ("URL map", "POST * /cart (by headers)", "webapp 90 %, webapp-next 10 %", "") in found
    assert found[-1] == ("URL map", "", "the URL map is not shown", "")


def test_listener_has_its_address(edge) -> None:
    edge["listeners"][0]["address"] = "10.0.0.2"
    assert rows(edge)[2][1] == "10.0.0.2:80"


def test_columns_of_the_matrix_are_marked_at_listeners_of_http(edge) -> None:
    words = ["6 routes", "2 rules", "WAF"]
    assert edge_marks([edge]) == {"lb1:80": words, "lb1:443": words}
    assert edge_marks([{**edge, "routes": [], "rules": [], "waf": {}}]) == {}
