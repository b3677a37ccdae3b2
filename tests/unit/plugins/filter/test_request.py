# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.request import (
    FilterModule,
    request_explanation,
    request_problems,
    stored_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import parse_tests
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool

INFO = {
    "listeners": [{"port": 80, "protocol": "http", "pool": "webapp"}],
    "pools": [{"name": "webapp", "members": [{"name": "web1"}]}],
}


def test_filters_are_those_of_the_file() -> None:
    names = {"request_explanation", "request_problems", "stored_tests"}
    assert set(FilterModule().filters()) == names


def test_request_is_explained_with_what_is_declared() -> None:
    lines = request_explanation("http://shop.example/", INFO, "lb1", client="203.0.113.7")
    told = (
        "GET http://shop.example/ from 203.0.113.7 on lb1 is answered by web1 100 % of pool webapp"
    )
    assert lines[0] == told
    declared = {"nginx_lb_server_names": ["a.example"]}
    lines = request_explanation("http://shop.example/", INFO, "lb1", declared=declared)
    assert lines[0].endswith("gets 421 (Misdirected Request)")


def test_files_of_lists_lie_below_the_inventory(tmp_path) -> None:
    (tmp_path / "bad.txt").write_text("203.0.113.0/24\n")
    rule = {"name": "bad", "priority": 1, "match": {"lists": ["bad"]}, "action": "deny"}
    gatekeeper = {"lists": {"bad": {"file": "bad.txt"}}, "rules": [rule]}
    declared = {"peerlb_gatekeeper": gatekeeper, "inventory_dir": str(tmp_path)}
    lines = request_explanation(
        "http://shop.example/", INFO, "lb1", client="203.0.113.9", declared=declared
    )
    assert any("by the rule bad of the gatekeeper" in line for line in lines)


def test_wrong_request_is_an_error_of_the_filter() -> None:
    with pytest.raises(AnsibleFilterError, match="url is 'x', not a URL"):
        request_explanation("x", INFO, "lb1")


@pytest.mark.parametrize(
    ("url", "others", "problems"),
    [
        ("http://x/", [], []),
        ("http://x/", ["from", "to"], ["url is given together with from, to: explain one of them"]),
        ("x", [], ["url is 'x', not a URL such as https://shop.example/cart, without a fragment"]),
    ],
)
def test_problems_are_named(url, others, problems) -> None:
    assert request_problems(url, others) == problems


POOL = {"name": "web", "members": [{"name": "a", "address": "10.1.0.2", "port": 80}]}
SETTINGS = {
    "listeners": [{"port": 80, "pool": "web"}],
    "pools": [Pool.parse(POOL).params()],
    "version": "1.30",
}


def test_tests_of_the_url_map_are_those_that_the_module_takes() -> None:
    tests = [{"url": "http://shop.example/x", "expect": {"pool": "web"}}]
    settings = {**SETTINGS, "url_map": {"hosts": [{"default": "web"}], "tests": tests}}
    (found,) = parse_tests(stored_tests(settings))
    assert (found.host, found.target, found.expect.pools) == ("shop.example", "/x", ("web",))
    assert stored_tests(SETTINGS) == []
    with pytest.raises(AnsibleFilterError, match="peerlb_url_map|url_map"):
        stored_tests({**SETTINGS, "url_map": {"hosts": [{"default": "none"}]}})
