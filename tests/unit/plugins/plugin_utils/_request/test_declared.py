# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Served
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.declared import (
    declared_balancer,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import Question


def test_variables_that_are_not_set_mean_their_defaults() -> None:
    balancer = declared_balancer("lb1", {}, {})
    assert (balancer.certificates, balancer.server_names) == ((), ())
    assert (balancer.redirects, balancer.unknown_names) == (True, "refuse")


DECLARED = {
    "peerlb_certificates": [{"name": "shop", "names": ["shop.example"]}],
    "peerlb_tls": {"redirect": False, "unknown_names": "shop"},
    "nginx_lb_server_names": ["shop.example"],
}


def test_variables_are_read() -> None:
    balancer = declared_balancer("lb1", {}, DECLARED)
    assert balancer.certificates == (Served("shop", ("shop.example",)),)
    assert (balancer.redirects, balancer.unknown_names) == (False, "shop")
    assert balancer.server_names == ("shop.example",)


def test_certificates_are_those_that_the_load_balancer_serves() -> None:
    read = [
        {"name": "shop", "names": ["old.example"], "days_left": 12.5, "used": True},
        {"name": "former", "names": ["shop.example"], "days_left": 9.0, "used": False},
        {"name": "damaged", "used": True, "error": "its file is missing or damaged"},
    ]
    balancer = declared_balancer("lb1", {"certificates": read}, DECLARED)
    assert balancer.certificates == (
        *(Served("shop", ("old.example",), 12.5), Served("damaged", ())),
    )


def test_url_map_is_read_for_the_pools_that_are_live() -> None:
    declared = {"peerlb_url_map": {"hosts": [{"default": "webapp"}]}}
    info = {"pools": [{"name": "webapp"}]}
    assert declared_balancer("lb1", info, {}).router is None
    assert declared_balancer("lb1", info, declared).router is not None
    with pytest.raises(ValueError, match="webapp"):
        declared_balancer("lb1", {}, declared)


def test_names_of_the_url_map_are_known() -> None:
    hosts = [{"names": ["a.example", "*.b.example"], "default": "webapp"}, {"default": "webapp"}]
    info = {"pools": [{"name": "webapp"}]}
    balancer = declared_balancer("lb1", info, {"peerlb_url_map": {"hosts": hosts}})
    assert balancer.names_of_map == ("a.example", "*.b.example")
    served = [balancer.is_served(each) for each in ("a.example", "x.b.example", "b.example")]
    assert served == [True, True, False]


def test_gatekeeper_is_read_with_its_files_of_ranges() -> None:
    rule = {"name": "a", "priority": 1, "match": {"lists": ["bad"]}, "action": "deny"}
    gatekeeper = {"lists": {"bad": {"file": "bad.txt"}}, "rules": [rule]}
    declared = {"peerlb_gatekeeper": gatekeeper, "gatekeeper_files": {"bad.txt": "203.0.113.0/24"}}
    assert declared_balancer("lb1", {}, {}).guard is None
    guard = declared_balancer("lb1", {}, declared).guard
    assert guard is not None
    asked = [Question.parse("http://x/", client=f"203.0.{each}.7") for each in (113, 114)]
    assert [guard(each).action for each in asked] == ["deny", "allow"]
