# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What contradicts the web application firewall, and which files it needs."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.edge import (
    EdgeError,
    edge_files,
    read_edge,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf import WafError
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_nginx import WafPorts
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf_parts import (
    read_ports,
    told_of,
)
from support.routed import pool_settings

RULE = {"path": "/a/*", "pool": "webapp", "waf": True}
PLAIN = {
    "listeners": [{"port": 80, "pool": "webapp"}],
    "pools": [pool_settings("webapp")],
    "version": "1.30",
}


def settings(*rules: dict, **more: object) -> dict:
    hosts = [{"rules": list(rules), "default": "webapp"}]
    return {**PLAIN, "url_map": {"hosts": hosts}, "waf": {"paranoia": 1}, **more}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (settings(RULE, waf={}), "hosts[0].rules[0] /a/*: waf is true, and peerlb_waf is not decl"),
        (settings(), "peerlb_waf: no rule of peerlb_url_map has waf: true"),
        ({**PLAIN, "waf": {"paranoia": 1}}, "peerlb_waf: no rule of peerlb_url_map has waf: true"),
        (settings({**RULE, "body_size": "1g"}), "refuses what is larger than 16m"),
        (settings({**RULE, "body_size": "0"}), "body_size is 0, and peerlb_waf.body_limit"),
        (settings(RULE, waf_ports={"waf": 80}), "nginx_lb_waf_ports: 80 is the port of a listener"),
        (
            settings(
                RULE,
                waf_ports={"waf": 3306},
                listeners=[*PLAIN["listeners"], {"port": 3306, "pool": "db", "protocol": "tcp"}],
                pools=[pool_settings("webapp"), pool_settings("db")],
            ),
            "nginx_lb_waf_ports: 3306 is the port of a listener",
        ),
        (
            settings(RULE, waf_ports={"tls": 8081}, status_port=8081),
            "nginx_lb_waf_ports: 8081 is the port of nginx_lb_status_port",
        ),
        (
            settings(RULE, waf_ports={"inner": 8053}, pool_port="8053"),
            "nginx_lb_waf_ports: 8053 is the port of nginx_lb_pool_port",
        ),
        (settings(RULE, waf={"fail": "x"}), "peerlb_waf: fail is 'x'"),
        (settings({**RULE, "answer": {"status": 200}}), "give one of pool"),
    ],
)
def test_contradiction_is_refused_in_words(given, problem) -> None:
    with pytest.raises(EdgeError) as caught:
        read_edge(given)
    assert problem in str(caught.value)


def test_redirect_has_nothing_to_inspect() -> None:
    rule = {"path": "/a", "redirect": "https://a.example/", "waf": True}
    with pytest.raises(EdgeError, match="waf is for requests that a pool gets"):
        read_edge(settings(rule))


def test_firewall_adds_its_files_and_a_place_where_its_failure_ends() -> None:
    files = edge_files(read_edge(settings(RULE)), "image:1")
    assert {"waf.conf", "waf.yml"} <= set(files)
    assert '"image": "image:1"' in files["waf.yml"]
    assert "include waf.conf;" in files["servers.conf"]
    assert "location @peerlb_waf { return 502; }" in files["servers.conf"]
    plain = edge_files(read_edge({**PLAIN, "url_map": {"hosts": [{"default": "webapp"}]}}))
    assert list(plain) == ["servers.conf", "live-pools.conf"]
    assert "peerlb_waf" not in plain["servers.conf"]


@pytest.mark.parametrize(
    ("rules", "waf", "told"),
    [
        ([RULE], {"paranoia": 1}, "for 1 rule, fails open"),
        (
            [RULE, {**RULE, "path": "/b"}],
            {"preview": True, "fail": "closed"},
            "as a preview, for 2 rules, fails closed",
        ),
    ],
)
def test_firewall_is_told_in_words(rules, waf, told) -> None:
    assert told_of(read_edge(settings(*rules, waf=waf))) == told
    assert told_of(read_edge(PLAIN)) == "none"


def test_log_needs_no_variable_of_the_gatekeeper_that_is_not_set() -> None:
    gatekeeper = {"default": {"action": "allow"}}
    files = edge_files(read_edge(settings(RULE, gatekeeper=gatekeeper)))
    assert 'set $peerlb_rule "";' in files["waf.conf"]


def test_default_of_a_host_can_be_guarded() -> None:
    hosts = [{"default": {"pool": "webapp", "waf": True}}]
    edge = read_edge({**PLAIN, "url_map": {"hosts": hosts}, "waf": {"paranoia": 1}})
    assert "http://peerlb_waf" in edge_files(edge)["servers.conf"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([1], "nginx_lb_waf_ports: is [1], not a mapping"),
        ({"waff": 1}, "nginx_lb_waf_ports: unknown key waff"),
        ({"waf": 0}, "nginx_lb_waf_ports: port is 0"),
        ({"waf": 8092}, "nginx_lb_waf_ports: 8092, 8092, 8093 are not three different ports"),
    ],
)
def test_ports_that_cannot_be_are_refused(given, problem) -> None:
    with pytest.raises(WafError) as caught:
        read_ports(given)
    assert problem in str(caught.value)


def test_ports_have_defaults() -> None:
    assert read_ports({"inner": "9000"}) == WafPorts(8091, 9000, 8093)
