# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.edge import edge
from support import report_samples


def found(**changes: object) -> dict:
    (only,) = edge({"lb1": {**report_samples.balancer(), **changes}})
    return only


def test_load_balancer_with_nothing_of_the_edge_is_left_out() -> None:
    listener = {"port": 80, "pool": "webapp", "protocol": "http", "address": "", "tls": False}
    plain = {"listeners": [listener], "certificates": [], "guard": {"banned": 0}, "rules": {}}
    assert edge({"lb1": {"info": plain, "url_map": {}, "gatekeeper": None}}) == []
    assert edge({"lb1": {}}) == []


def test_edge_can_be_kept_as_json() -> None:
    assert json.loads(json.dumps(found())) == found()


def test_listeners_lead_to_all_pools_of_the_url_map() -> None:
    listeners = found()["listeners"]
    assert [(each["port"], each["tls"], each["pools"]) for each in listeners] == [
        (80, False, ["webapp", "webapp-next"]),
        (443, True, ["webapp", "webapp-next"]),
        (3306, False, ["mysql"]),
    ]


def test_only_certificates_in_service_are_shown() -> None:
    info = report_samples.balancer()["info"]
    info["certificates"] += [{**info["certificates"][0], "name": "old", "used": False}]
    names = ["shop.example", "*.shop.example"]
    shop = {"name": "shop", "names": names, "source": "acme", "days_left": 89.4, "error": ""}
    assert found(info=info)["certificates"] == [shop]


def test_routes_have_their_pools_or_what_nginx_answers() -> None:
    routes = [
        (each["names"][:1], each["path"], [p["weight"] for p in each["pools"]], each["answer"])
        for each in found()["routes"]
    ]
    assert routes == [
        (["shop.example"], "/api/*", [1], ""),
        (["shop.example"], "/cart", [90, 10], ""),
        (["shop.example"], "/old/*", [], "redirect 301 to /new/…"),
        (["shop.example"], "/secret/*", [], "answer 404"),
        (["shop.example"], "(default)", [1], ""),
        ([], "(default)", [1], ""),
    ]
    assert found()["tests"] == 1


@pytest.mark.parametrize(
    ("redirect", "words"),
    [
        ({"url": "https://other.example/"}, "redirect 308 to https://other.example/"),
        ({"scheme": "https"}, "redirect 308 to https://…/…"),
        ({"host": "b.example"}, "redirect 308 to …://b.example/…"),
        ({"host": "b.example", "path": "/x"}, "redirect 308 to …://b.example/x"),
    ],
)
def test_redirect_is_told_with_what_stays(redirect, words) -> None:
    url_map = {"hosts": [{"rules": [{"path": "/a", "redirect": redirect}], "default": "webapp"}]}
    assert found(url_map=url_map)["routes"][0]["answer"] == words


def test_verdicts_of_the_firewall_are_with_their_route() -> None:
    info = report_samples.balancer()["info"]
    info["inspected"] = {"shop.example /api/*": {"passed": 9}, "* default": {"refused": 2}}
    routes = found(info=info)["routes"]
    assert [each["inspected"] for each in routes if each["inspected"]] == [
        {"passed": 9},
        {"refused": 2},
    ]
    assert [each["waf"] for each in routes] == [True] + [False] * 5


def test_rules_stand_by_priority_with_what_they_did_and_would_have_done() -> None:
    assert found()["rules"] == [
        {"name": "scrapers", "action": "deny", "preview": False, "did": {"deny": 31}, "would": {}},
        {
            **{"name": "logins", "action": "throttle", "preview": True},
            **{"did": {}, "would": {"throttle": 4}},
        },
        {
            **{"name": "default", "action": "allow", "preview": False},
            **{"did": {"allow": 1204}, "would": {}},
        },
    ]


def test_rule_that_is_declared_no_more_has_no_action() -> None:
    rules = found(gatekeeper=None)["rules"]
    assert [(each["name"], each["action"]) for each in rules] == [
        ("scrapers", ""),
        ("logins", ""),
        ("default", ""),
    ]


@pytest.mark.parametrize("wrong", ["text", {"hosts": [{"default": "nowhere"}]}])
def test_url_map_that_is_wrong_is_a_note(wrong) -> None:
    only = found(url_map=wrong)
    assert (only["routes"], only["tests"]) == ([], 0)
    assert only["notes"][0].startswith("the URL map is not shown: peerlb_url_map")


def test_bans_maintenance_and_firewall() -> None:
    only = found()
    assert (only["banned"], only["maintenance"]) == (2, ["webapp-next"])
    assert only["waf"] == {"state": "running", "refused": 3, "would_refuse": 0}
