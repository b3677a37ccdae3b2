# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._preview.changes import (
    changes,
    declaration_lines,
    desired,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
    {"name": "db1", "address": "10.2.0.2", "port": 3306},
]
USERS = [{"name": "webapp", "hosts": ["10.0.0.0/255.255.0.0"]}]


def wanted(stack, users=None, **member_settings) -> dict:
    settings = {"pools": [], "listeners": []}
    return desired(stack.parse(), STACK, member_settings, settings, users or USERS)


STAYS = {"effect": "keep", "differs": [], "previous": "3f9a1c52be07"}
FIRST = {"effect": "create", "differs": ["there is no container"], "previous": ""}


@pytest.fixture
def states(stack) -> dict:
    """What the hosts of the stack tell once it is deployed."""
    release = {
        "declared": [
            {"name": "webapp", "members": MEMBERS[:2]},
            {"name": "mysql", "members": MEMBERS[2:]},
        ],
        "listeners": [
            {"port": 80, "protocol": "http", "pool": "webapp"},
            {"port": 3306, "protocol": "tcp", "pool": "mysql"},
        ],
    }
    return {
        "lb1": {
            "release": release,
            "note": declaration_lines(stack.parse()),
            "services": {"nginx_lb": STAYS},
        },
        "web1": {"services": {"webapp": STAYS}},
        "web2": {"services": {"webapp": STAYS}},
        "db1": {"services": {"mysql": STAYS}, "accounts": ["webapp@10.0.0.0/255.255.0.0"]},
    }


def test_deployed_stack_has_no_changes(stack, states) -> None:
    assert changes(states, wanted(stack)) == []


def test_changed_port_changes_every_section_that_names_it(stack, states) -> None:
    stack.topology["flows"][1]["port"] = 3307
    assert changes(states, wanted(stack)) == [
        "flows:",
        "  - webapp -> nginx_lb:3306 (mysql)",
        "  + webapp -> nginx_lb:3307 (mysql)",
        "rules:",
        "  - admit tcp:3306 to 10.0.0.2 (lb1) from webapp (10.1.0.2, 10.1.0.3)",
        "  + admit tcp:3307 to 10.0.0.2 (lb1) from webapp (10.1.0.2, 10.1.0.3)",
        "listeners of lb1:",
        "  - 3306 (tcp) leads to mysql",
        "  + 3307 (tcp) leads to mysql",
    ]


def test_changed_network_changes_the_grant(stack, states) -> None:
    stack.topology["networks"][0]["cidrs"] = ["10.0.0.0/24"]
    users = [{"name": "webapp", "hosts": ["10.0.0.0/255.255.255.0"]}]
    assert changes(states, wanted(stack, users)) == [
        "networks:",
        "  - vpc-lb 10.0.0.0/16",
        "  + vpc-lb 10.0.0.0/24",
        "grants of db1:",
        "  - webapp@10.0.0.0/255.255.0.0",
        "  + webapp@10.0.0.0/255.255.255.0",
    ]


def test_changed_weight_and_new_member_change_the_upstreams(stack, states) -> None:
    stack.add("web3", "10.1.0.4", "webapp")
    lines = changes(states, wanted(stack, web1={"weight": 3}))
    upstreams = lines[lines.index("upstreams of lb1:") + 1 :]
    line = "max_fails=0 fail_timeout=10s;  #"
    assert upstreams == [
        f"  - webapp: server 10.1.0.2:3000 {line} web1",
        f"  + webapp: server 10.1.0.2:3000 weight=3 {line} web1",
        f"  + webapp: server 10.1.0.4:3000 {line} web3",
        "not known: the application of web3",
    ]


def test_port_that_moves_is_said_before_all_else(stack, states) -> None:
    stack.topology["flows"][2]["port"] = 3001
    lines = changes(states, wanted(stack))
    assert lines[0].startswith("port of webapp changes from 3000 to 3001: requests fail from")
    assert [line for line in lines[1:] if line.startswith("port of ")] == []


def test_member_that_comes_or_goes_moves_no_port(stack, states) -> None:
    stack.add("web3", "10.1.0.4", "webapp")
    assert not [each for each in changes(states, wanted(stack)) if each.startswith("port of ")]


def test_changed_management(stack, states) -> None:
    stack.topology["management"] = [{"from": "203.0.113.0/24", "port": 2222}]
    assert changes(states, wanted(stack)) == [
        "management:",
        "  - 35.235.240.0/20 -> 22",
        "  + 203.0.113.0/24 -> 2222",
    ]


def test_section_that_an_older_note_lacks_is_not_known(stack, states) -> None:
    del states["lb1"]["note"]["management"]
    assert changes(states, wanted(stack)) == ["not known: management"]


def test_section_is_known_if_one_of_two_notes_has_it(stack, states) -> None:
    stack.add("lb2", "10.0.0.3", "nginx_lb")
    states["lb2"] = copy.deepcopy(states["lb1"])
    del states["lb1"]["note"]["management"]
    assert "not known" not in str(changes(states, wanted(stack)))


def test_declaration_lines_of_a_smaller_declaration(stack, states) -> None:
    stack.topology["flows"] = [flow for flow in stack.topology["flows"] if flow["to"] != "mysql"]
    stack.topology["peerings"].pop()
    present = declaration_lines(stack.parse())
    assert present["peerings"] == ["vpc-lb - vpc-web"]
    assert present["flows"][-1] == "nginx_lb -> webapp:3000 (http)"


def test_rules_name_the_sources(stack) -> None:
    stack.flow("198.51.100.0/24", "web1", 8080)
    rules = declaration_lines(stack.parse())["rules"]
    assert rules[0] == "admit tcp:80 to 10.0.0.2 (lb1) from any"
    assert rules[-1] == "admit tcp:8080 to 10.1.0.2 (web1) from 198.51.100.0/24"
    assert "admit tcp:3000 to 10.1.0.3 (web2) from nginx_lb (10.0.0.2)" in rules


def test_services_follow_the_sections_in_the_order_of_the_layers(stack, states) -> None:
    stack.topology["management"] = []
    reload = {"effect": "reload", "differs": ["http.conf differs"], "previous": "3f9a1c52be07"}
    states["lb1"]["services"]["nginx_lb"] = reload
    states["web2"]["services"]["webapp"] = FIRST
    states["db1"]["services"]["mysql"] = FIRST
    assert changes(states, wanted(stack)) == [
        "management:",
        "  - 35.235.240.0/20 -> 22",
        "db1: MySQL is started for the first time",
        "web2: the application is started for the first time",
        "lb1: nginx reloads: http.conf differs",
    ]


def test_everything_is_new_on_bare_hosts(stack, states) -> None:
    layers = dict.fromkeys(("mysql", "webapp", "nginx_lb"), FIRST)
    bare = {host: {"services": layers, "accounts": []} for host in states}
    bare["lb1"] |= {"release": {"listeners": [], "declared": []}, "note": {}}
    lines = changes(bare, wanted(stack))
    assert not [line for line in lines if line.startswith("  -") or line.startswith("not known")]
    assert "  + webapp@10.0.0.0/255.255.0.0" in lines
    assert "web2: the application is started for the first time" in lines
    assert "  + any -> nginx_lb:80 (http)" in lines


@pytest.mark.parametrize(
    ("host", "key", "named"),
    [
        ("db1", "accounts", "grants of db1"),
        ("web1", "services", "the application of web1"),
        ("lb1", "note", "networks, peerings, flows, management, rules"),
        ("lb1", "release", "listeners of lb1, upstreams of lb1"),
    ],
)
@pytest.mark.parametrize("unknown", [None, ""])  # as playbooks of ansible-core 2.19, 2.17 say it
def test_unknown_part_is_named_and_not_compared(stack, states, host, key, named, unknown) -> None:
    silent = copy.deepcopy(states)
    silent[host][key] = unknown
    assert changes(silent, wanted(stack)) == [f"not known: {named}"]
