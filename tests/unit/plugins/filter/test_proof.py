# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.filter.proof import (
    FilterModule,
    proof,
    topology_problems,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._hostvars import UNREADABLE

STACK = {"balancer": "nginx_lb", "application": "webapp", "database": "mysql"}
SECRETS = {
    "mysql": ["mysql_root_password", "webapp_mysql_password"],
    "webapp": ["webapp_mysql_password"],
}


def problems(inventory, **options) -> list[str]:
    return proof(*inventory.read(), **STACK, secrets=SECRETS, **options)["problems"]


def test_stack_is_proven(inventory) -> None:
    proven = proof(*inventory.read(), **STACK, secrets=SECRETS)
    assert proven["problems"] == []
    assert proven["lines"][1] == "webapp -> nginx_lb:3306 (mysql)  vpc-lb: by peering with vpc-web"
    assert topology_problems(*inventory.read()) == []


def test_a_key_in_an_error_of_the_certificates_is_not_shown(inventory) -> None:
    """Other hosts than load balancers are not asked for them."""
    inventory.variables["peerlb_certificates"] = [
        {"name": "shop", "key": "{{ lookup('file', vault_key) }}"}
    ]
    inventory.variables["vault_key"] = "oyster"
    assert problems(inventory) == [f"host lb1: peerlb_certificates: {UNREADABLE}"]


def test_what_the_declaration_needs_and_is_not_defined_is_named(inventory) -> None:
    """A playbook hands over none for such a declaration."""
    inventory.hosts["nginx_lb"]["hosts"]["lb1"]["topology"] = "{{ vpcs }}"
    _declaration, groups, hostvars = inventory.read()
    assert topology_problems(None, groups, hostvars) == ["host lb1: topology: 'vpcs' is undefined"]


def test_ports_are_those_that_each_host_binds(inventory) -> None:
    ports = proof(*inventory.read(), **STACK, secrets=SECRETS)["ports"]
    assert ports["web1"] == [{"address": "10.1.0.2", "port": 3000}]
    assert ports["db1"] == [{"address": "10.2.0.2", "port": 3306}]
    assert ports["lb1"][0] == {"address": "0.0.0.0", "port": 80}
    assert ports["lb1"][-2] == {"address": "127.0.0.1", "port": 8081}
    assert ports["lb1"][-1] == {"address": "127.0.0.1", "port": 8053}


def section(name, value):
    return lambda inventory: inventory.variables["topology"].__setitem__(name, value)


def flow(**values):
    return lambda inventory: inventory.variables["topology"]["flows"].append(
        {"from": "any", "to": "nginx_lb", "port": 81, **values}
    )


def host(group, name, **values):
    return lambda inventory: inventory.hosts[group].setdefault("hosts", {}).update({name: values})


def network(**values):
    return lambda inventory: inventory.variables["topology"]["networks"].append(values)


def variable(name, value):
    return lambda inventory: inventory.variables.__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "problem_text"),
    [
        (
            network(name="vpc-2", cidrs=["10.1.0.0/24"]),
            "topology.networks vpc-2: 10.1.0.0/24 overlaps 10.1.0.0/16 of vpc-web",
        ),
        (
            network(name="vpc-2", cidrs=["10.9.0.1/24"]),
            "topology.networks[3] vpc-2: 10.9.0.1/24 has host bits set; write 10.9.0.0/24",
        ),
        (
            section("peerings", [["vpc-lb", "vpc-x"]]),
            "topology.peerings[0]: vpc-lb with vpc-x: no network is named vpc-x",
        ),
        (
            section("peerings", [["vpc-lb", "vpc-lb"]]),
            "topology.peerings[0]: vpc-lb cannot be peered with itself",
        ),
        (section("networks", "vpc"), "topology.networks: is 'vpc', not a list"),
        (variable("topology", None), "topology: is not declared"),
        (
            flow(**{"from": "webap"}),
            "topology.flows[4]: webap -> nginx_lb:81: from webap is no group, host or network",
        ),
        (
            flow(to="nginx_bl"),
            "topology.flows[4]: any -> nginx_bl:81: to nginx_bl is no group, host or network",
        ),
        (
            flow(port=70000),
            "topology.flows[4]: any -> nginx_lb:70000: port is 70000, not a whole number"
            " from 1 to 65535",
        ),
        (
            flow(**{"from": "fd00::/8"}),
            "topology.flows[4]: fd00::/8 -> nginx_lb:81: fd00::/8 is IPv6",
        ),
        (
            flow(port=80, protocol="http"),
            "topology.flows[4]: any -> nginx_lb:80 (http) is declared twice",
        ),
        (
            flow(port=80, protocol="tcp"),
            "topology.flows[4]: any -> nginx_lb:80 (tcp) contradicts any -> nginx_lb:80 (http)",
        ),
        (
            flow(**{"from": "webapp", "to": "mysql"}),
            "flow webapp -> mysql:81 (tcp): vpc-web and vpc-db are not peered, and peering is not"
            " transitive; go through nginx_lb:81 in vpc-lb, which is peered with both",
        ),
        (
            flow(**{"from": "webapp", "port": 80, "protocol": "http"}),
            "flow webapp -> nginx_lb:80 (http): can never match: any -> nginx_lb:80 (http) admits",
        ),
        (
            host("mysql", "db1", ansible_host="10.7.0.2"),
            "host db1: 10.7.0.2 lies in none of the declared networks",
        ),
        (
            host("mysql", "db1", ansible_host="db.example.com"),
            "host db1: ansible_host db.example.com is not an IPv4 address",
        ),
        (
            host("mysql", "db1", ansible_host="{{ nowhere }}"),
            "host db1: ansible_host: 'nowhere' is undefined",
        ),
        (
            host("mysql", "db1", peerlb_addresses=["10.2.0.2", "10.1.0.9"]),
            "host db1: has more than one address in the declared networks",
        ),
        (
            host("mysql", "db2", ansible_host="10.2.0.2"),
            "host db2: has the address of db1, 10.2.0.2",
        ),
        (
            host("mysql", "db1", ansible_host="10.2.0.2", peerlb_member={"wieght": 1}),
            "host db1: peerlb_member: unknown key wieght",
        ),
        (
            host("mysql", "db1", ansible_host="10.2.0.2", peerlb_member={"state": "off"}),
            "pool mysql, member db1: state is 'off'",
        ),
        (
            lambda inventory: inventory.hosts.update(mysql={}),
            "topology.flows[3]: nginx_lb -> mysql:3306: group mysql has no hosts",
        ),
        (
            variable("mysql_root_password", ""),
            "mysql_root_password: is not set, or empty, for db1 (mysql)",
        ),
        (
            variable("webapp_mysql_password", None),
            "webapp_mysql_password: is not set, or empty, for web1, web2 (webapp)",
        ),
        (
            variable("mysql_root_password", "{{ vault }}"),
            "host db1: mysql_root_password: 'vault' is undefined",
        ),
        (
            host("mysql", "db1", ansible_host="10.2.0.2", webapp_mysql_password="other"),
            "webapp_mysql_password: is not the same for all hosts of mysql, webapp",
        ),
    ],
)
def test_problems_of_a_wrong_inventory(inventory, change, problem_text) -> None:
    change(inventory)
    assert any(problem.startswith(problem_text) for problem in problems(inventory))


@pytest.mark.parametrize(
    ("options", "problem_text"),
    [
        (
            {"pools": [{"name": "webap"}]},
            "pool webap: no flow leads from nginx_lb to it; flows lead to webapp, mysql",
        ),
        (
            {"pools": [{"name": "webapp", "metod": 1}]},
            "pool webapp: unknown key metod; known: name, ",
        ),
        ({"listeners": [{"port": 81}]}, "listener 81: no flow admits anybody to nginx_lb:81"),
        (
            {"listeners": [{"port": 80, "pool": "x"}]},
            "listener 80: no pool is named x; declared: webapp, mysql",
        ),
    ],
)
def test_problems_of_wrong_settings(inventory, options, problem_text) -> None:
    (problem,) = problems(inventory, **options)
    assert problem.startswith(problem_text)


MYSQL_USER = {"name": "a", "password": "x", "privileges": "a.*:ALL", "hosts": ["%"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mysql_root_password", 42798),
        ("webapp_mysql_password", True),
        ("webapp_version", 1.10),
        ("peerlb_mysql_users", [{**MYSQL_USER, "password": 1}]),
        ("webapp_registry", {"password": 1234}),
        ("webapp_environment", {"TOKEN": 8}),
    ],
)
def test_text_that_is_not_quoted_is_refused(inventory, name, value) -> None:
    inventory.variables[name] = value
    found = [line for line in problems(inventory) if f": {name}" in line]
    assert found
    assert all("quote it" in line for line in found)


def test_database_that_cannot_serve_the_application_is_a_problem(inventory) -> None:
    inventory.variables |= {"webapp_mysql_database": "sys", "mysql_config": {"max_connections": 9}}
    assert len(problems(inventory)) == 2


@pytest.mark.parametrize("name", ["tls", "url_map", "gatekeeper", "waf"])
def test_a_variable_of_the_role_is_judged_in_the_place_of_the_stacks(inventory, name) -> None:
    inventory.variables |= {f"peerlb_{name}": None, f"nginx_lb_{name}": {"foo": 1}}
    assert problems(inventory)[0].startswith(f"peerlb_{name}: unknown key foo")
    inventory.variables |= {f"peerlb_{name}": {"foo": 1}, f"nginx_lb_{name}": {}}
    assert problems(inventory) == []


def test_a_name_that_yaml_has_changed_is_refused(inventory) -> None:
    read = yaml.safe_load("{on: '1'}")
    rule = {"name": "a", "priority": 1, "action": "deny", "match": {"headers": read}}
    route = {"path": "/a", "pool": "webapp", "headers": read}
    inventory.variables |= {
        "peerlb_gatekeeper": {"rules": [rule]},
        "peerlb_url_map": {"hosts": [{"default": "webapp", "rules": [route]}]},
        "webapp_environment": read,
        "mysql_config": read,
        "nginx_lb_files": read,
    }
    found = problems(inventory)
    assert len(found) == 5
    assert all("True, not text; " in each and each.endswith("quote it") for each in found)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("name", {"a": 1}, "certificate 1: name: the value is not text"),
        ("names", [{"a": 1}], "shop: names: the value is not text"),
        ("names", 5, "shop: names: the value is not a list"),
        ("source", ["acme"], "shop: source: the value is not text"),
    ],
)
def test_a_certificate_that_has_no_names_is_named(inventory, name, value, problem) -> None:
    own = {"name": "shop", "names": ["shop.example"], "source": "own_ca"}
    inventory.variables["peerlb_certificates"] = [{**own, name: value}]
    assert any(problem in each for each in problems(inventory))
    flow(port=443, protocol="https")(inventory)
    found = problems(inventory)
    assert any(problem in each for each in found)
    assert not any("declares none" in each for each in found)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "nginx_lb_server_names is 5, not a list"),
        ([{"a": 1}], "nginx_lb_server_names[0] is {'a': 1}, not text"),
    ],
)
def test_names_that_are_none_are_refused_by_name(inventory, value, problem) -> None:
    inventory.variables["nginx_lb_server_names"] = value
    inventory.variables["peerlb_url_map"] = {"hosts": [{"default": "webapp"}]}
    (found,) = problems(inventory)
    assert problem in found


def test_topology_problems_of_a_wrong_declaration(inventory) -> None:
    inventory.variables["topology"]["flows"][0]["port"] = 0
    assert topology_problems(*inventory.read()) == [
        "topology.flows[0]: any -> nginx_lb:0: port is 0, not a whole number from 1 to 65535"
    ]


def test_all_filters_are_offered() -> None:
    offered = FilterModule().filters()
    assert offered == {"proof": proof, "topology_problems": topology_problems}


# The playbook, as a user runs it


def play(inventory, playbook: str, *options: str) -> subprocess.CompletedProcess:
    environment = {key: val for key, val in os.environ.items() if not key.startswith("ANSIBLE_")}
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory.write(), *options]
        + [playbook],
        cwd=inventory.path,
        env={**environment, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
def test_playbook_shows_the_proof_and_no_secret_under_limit_too(inventory) -> None:
    ran = play(inventory, "peerlb.stack.check", "--limit", "web1", "-vvv")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "webapp -> nginx_lb:3306 (mysql)  vpc-lb: by peering with vpc-web" in ran.stdout
    assert "webapp finds MySQL at            10.0.0.2:3306 on lb1 in vpc-lb" in ran.stdout
    assert "oyster" not in ran.stdout + ran.stderr


@pytest.mark.slow
def test_playbook_refuses_before_any_host_is_asked(inventory, tmp_path) -> None:
    inventory.variables["mysql_root_password"] = ""
    inventory.variables["topology"]["peerings"].pop()
    inventory.variables["peerlb_pools"] = [{"name": "webapp", "metod": "x"}]
    site = [
        {"name": "First", "import_playbook": "peerlb.stack.check"},
        {"name": "Then", "hosts": "all", "tasks": [{"name": "Ask", "ansible.builtin.ping": {}}]},
    ]
    (tmp_path / "site.yml").write_text(yaml.safe_dump(site))
    ran = play(inventory, str(tmp_path / "site.yml"), "-vv")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "flow nginx_lb -> mysql:3306 (mysql): vpc-lb and vpc-db are not peered" in ran.stdout
    assert "mysql_root_password: is not set, or empty, for db1 (mysql)" in ran.stdout
    assert "Ask" not in ran.stdout
    assert "oyster" not in ran.stdout + ran.stderr


@pytest.mark.slow
def test_playbook_refuses_an_inventory_without_hosts(inventory) -> None:
    """A mistyped project gives an empty inventory, and Ansible is content with it."""
    inventory.hosts = {"all": {"hosts": {}}}
    ran = play(inventory, "peerlb.stack.check")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    said = " ".join(ran.stdout.split())
    assert "the inventory has no host in all" in said
    assert "project, zones, filters and labels" in said
    assert "vpc-" not in said  # one reason, not all that follows from it


@pytest.mark.parametrize(
    "name", ["web 3", 'web"3', "web;3", "web}3", "web\n3", "wéb3", "-web", "web\0", "web#3"]
)
def test_a_name_that_files_of_nginx_cannot_hold_is_refused(inventory, name) -> None:
    declaration, groups, _hostvars = inventory.read()
    groups = {**groups, "all": [*groups["all"], name], "webapp": [*groups["webapp"], name]}
    hostvars = {name: {"ansible_host": "10.1.0.9"}, "lb1": {"ansible_host": "10.0.0.2"}}
    hostvars |= {f"web{n}": {"ansible_host": f"10.1.0.{n}"} for n in (1, 2)}
    hostvars |= {"db1": {"ansible_host": "10.2.0.2"}, "client": {"ansible_host": "192.0.2.1"}}
    (problem,) = topology_problems(declaration, groups, hostvars)
    shown = name if name.isprintable() else repr(name)
    assert problem.startswith(f"host {shown}: the name is not letters")


def test_expected_hosts_are_compared_with_those_of_the_inventory(inventory) -> None:
    inventory.variables["topology"]["expected_hosts"] = {"webapp": ["web1", "web3"]}
    assert problems(inventory) == [
        "topology.expected_hosts webapp: the inventory has no web3 there",
        "topology.expected_hosts webapp: web2 must not be there; remove the host, or expect it",
    ]
    inventory.variables["topology"]["expected_hosts"] = {"webapp": ["web1", "web2"]}
    assert problems(inventory) == []


def test_a_declaration_of_one_group_is_told_to_be_for_all(inventory) -> None:
    declaration = inventory.variables.pop("topology")
    inventory.hosts["webapp"]["vars"] = {"topology": declaration}
    _declaration, groups, hostvars = inventory.read()
    assert proof(None, groups, hostvars)["problems"] == [
        "topology: is declared for some hosts and not for all; it belongs in group_vars/all"
        " (web1, web2 have it)"
    ]
