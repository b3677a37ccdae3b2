# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What YAML makes of text that nobody quoted is refused before it reaches a role."""

from __future__ import annotations

import pytest
import yaml
from ansible.errors import AnsibleTemplateError, AnsibleUndefinedVariable
from ansible_collections.peerlb.stack.plugins.plugin_utils._hostvars import UNREADABLE
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.role_variables import (
    wrong_variables,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._roles import ROLES, role_options
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK
from jinja2.exceptions import UndefinedError
from support.lazy_variables import LazyVariables

GROUPS = {
    "all": ["lb1", "web1", "db1", "kv1"],
    "nginx_lb": ["lb1"],
    "webapp": ["web1"],
    "mysql": ["db1"],
    "valkey": ["kv1"],
}
UNQUOTED = ["", "null", "010", "0o17", "1.10", "12:30:00", "yes", "no", "off", "2024-01-01", "42"]


def problems(**variables) -> list[str]:
    return wrong_variables({name: variables for name in GROUPS["all"]}, GROUPS, STACK, role_options)


@pytest.mark.parametrize("written", UNQUOTED)
def test_the_environment_is_text_as_it_was_written(written) -> None:
    value = yaml.safe_load(f"KEY: {written}")
    found = problems(webapp_environment=value)
    if isinstance(value["KEY"], str):  # as 0o17 is in YAML 1.1
        assert found == []
    else:
        assert found == [
            "host web1: webapp_environment: KEY: the value is not text, and YAML may have changed"
            " what was written: quote it"
        ]
    assert problems(webapp_environment={"KEY": written}) == []


@pytest.mark.parametrize("written", ["1.10", "yes", "2024-01-01", "2001-01-04 1:02:03"])
def test_text_of_a_role_is_text(written) -> None:
    found = problems(webapp_version=yaml.safe_load(written))
    assert found[0].startswith("host web1: webapp_version is ")
    assert found[0].endswith("quote it")


@pytest.mark.parametrize(
    ("variables", "start"),
    [
        ({"mysql_config": {"a": 1.1}}, "db1: mysql_config: a is 1.1; YAML may"),
        ({"mysql_config": {"a": ["x", {}]}}, "db1: mysql_config: a is {}, not text, a number"),
        ({"mysql_config": 5}, "db1: mysql_config is 5, not a mapping"),
        ({"peerlb_databases": "text"}, "db1: peerlb_databases is 'text', not a list"),
        ({"peerlb_databases": [{"nam": "x"}]}, "db1: peerlb_databases[0]: unknown key nam"),
        ({"peerlb_mysql_users": {}}, "db1: peerlb_mysql_users: the value is not a list"),
        ({"nginx_lb_files": {"a": 5}}, "lb1: nginx_lb_files: a: the value is not text"),
        ({"nginx_lb_status_port": "x"}, "lb1: nginx_lb_status_port is 'x', not a whole number"),
        ({"docker_source": "magic"}, "lb1: docker_source is 'magic', not one of"),
        ({"webapp_command": "run"}, "web1: webapp_command is 'run', not a list"),
        ({"webapp_valkey_user": "Web App"}, "web1: webapp_valkey_user is 'Web App', not 1 to 63"),
        ({"webapp_valkey_user": "default"}, "web1: webapp_valkey_user is 'default', not 1 to 63"),
        ({"valkey_maxmemory": "256 MB"}, "kv1: valkey_maxmemory is '256 MB', not a size such as"),
        ({"valkey_maxmemory_policy": "lru"}, "kv1: valkey_maxmemory_policy is 'lru', not one of"),
        ({"valkey_start_timeout": 0}, "kv1: valkey_start_timeout is 0, not a whole number from 1"),
        ({"valkey_config": "x"}, "kv1: valkey_config is 'x', not a mapping"),
        ({"peerlb_valkey_users": {}}, "kv1: peerlb_valkey_users: the value is not a list"),
        ({"peerlb_valkey_users": [{"name": "a"}]}, "kv1: peerlb_valkey_users[0]: password is mis"),
    ],
)
def test_a_wrong_type_is_named(variables, start) -> None:
    assert problems(**variables)[0].startswith(f"host {start}")


@pytest.mark.parametrize("value", [123456, 1.5, True])
def test_a_secret_is_not_shown(value) -> None:
    found = problems(peerlb_mysql_users=[{"name": "a", "password": value, "hosts": ["%"]}])
    assert "password: the value is not text" in found[0] or "privileges is missing" in found[0]
    found = problems(webapp_registry={"password": value})
    assert found == [
        "host web1: webapp_registry: password: the value is not text, and YAML may have changed"
        " what was written: quote it"
    ]


@pytest.mark.parametrize(
    "variables",
    [
        {"peerlb_valkey_users": {"a": "oyster"}},
        {"peerlb_valkey_users": ["oyster"]},
        {"peerlb_valkey_users": [{"name": {"password": "oyster"}, "password": "x"}]},
        {"peerlb_mysql_users": "oyster"},
        {"peerlb_mysql_users": [["oyster"]]},
        {"nginx_lb_secrets": ["oyster"]},
        {"nginx_lb_extra": "oyster"},
        {"nginx_lb_files": ["oyster"]},
        {"nginx_lb_acme": ["oyster"]},
        {"nginx_lb_health_account": "health:oyster"},
        {"nginx_lb_certificates": [{"name": "a", "names": ["b"], "source": {"key": "oyster"}}]},
        {"nginx_lb_certificates": [{"name": "a", "names": ["b"], "source": "oyster"}]},
        {"webapp_environment": ["KEY=oyster"]},
        {"webapp_registry": "user:oyster"},
        {"webapp_registry": {"username": ["oyster"]}},
        {"webapp_mysql_password": {"a": "oyster"}},
        {"peerlb_certificates": ["oyster"]},
        {"peerlb_acme": {"directory": {"key": "oyster"}}},
    ],
)
def test_no_value_of_a_wrong_kind_is_shown_where_a_secret_may_stand(variables) -> None:
    told = "\n".join(problems(**variables))
    (name,) = variables
    assert name in told and "is not " in told
    assert "oyster" not in told


@pytest.mark.parametrize("name", ["peerlb_valkey_users", "webapp_environment", "webapp_command"])
def test_what_cannot_be_evaluated_is_refused_without_its_text(name) -> None:
    error = UndefinedError("A captured exception marker was tripped: expected '}}', got 'oyster'")
    error.__cause__ = AnsibleTemplateError("expected '}}', got 'oyster'")
    for each in (error, error.__cause__):
        hostvars = {host: LazyVariables({name: each}) for host in GROUPS["all"]}
        (told,) = wrong_variables(hostvars, GROUPS, STACK, role_options)
        assert told.endswith(f": {name}: {UNREADABLE}")


@pytest.mark.parametrize("kind", [AnsibleUndefinedVariable, UndefinedError])
def test_what_needs_a_fact_of_its_host_is_not_judged(kind) -> None:
    error = kind("object of type 'dict' has no attribute 'memtotal_mb'")
    hostvars = {host: LazyVariables(nginx_lb_memory_limit=error) for host in GROUPS["all"]}
    assert wrong_variables(hostvars, GROUPS, STACK, role_options) == []


def test_the_defaults_of_each_role_are_right() -> None:
    for role in ("docker", "mysql", "nginx_lb", "valkey", "webapp"):
        defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
        plain = {key: each for key, each in defaults.items() if "{{" not in str(each)}
        assert problems(**plain) == []


def test_settings_of_mysql_may_be_numbers_truths_and_nothing() -> None:
    assert problems(mysql_config={"a": 5, "b": True, "c": None, "d": ["x", "y"], "e": "0.5"}) == []


@pytest.mark.parametrize("written", ["010", "1_000", "0x1f", "12:30", "42"])
def test_a_number_is_no_name(written) -> None:
    value = yaml.safe_load(written)
    assert problems(webapp_mysql_user=value)[0].endswith("quote it")
    assert problems(webapp_command=["run", value])[0].startswith("host web1: webapp_command[1] is")
    assert problems(webapp_mysql_user=written) == []


def test_a_number_is_a_size_and_a_time() -> None:
    assert problems(nginx_lb_client_max_body_size=0, nginx_lb_header_timeout=10) == []


@pytest.mark.parametrize("value", [True, "no", "On", 0, 1, "1"])
def test_what_ansible_takes_for_a_truth_is_one(value) -> None:
    assert problems(webapp_diagnostics=value) == []


@pytest.mark.parametrize("name", ["", 1, "A=B", "A B", "a\nb", "1A", "é"])
def test_a_name_that_no_environment_holds_is_refused(name) -> None:
    (problem,) = problems(webapp_environment={name: "x"})
    assert problem.startswith("host web1: webapp_environment: the name is ")


@pytest.mark.parametrize(
    "config", [{"a\n[client]": 1}, {1: 2}, {"a": "x\n[client]"}, {"a": ["x", "y\0"]}]
)
def test_my_cnf_gets_no_lines_of_other_settings(config) -> None:
    assert problems(mysql_config=config)[0].startswith("host db1: mysql_config: ")


def test_certificates_and_their_ca_are_judged_before_any_host_and_no_key_is_shown() -> None:
    shop = {"name": "shop", "names": ["shop.example"], "source": "acme"}
    assert problems(peerlb_certificates=[{"name": "shop"}])
    (told,) = problems(peerlb_certificates=[shop], peerlb_acme={"directory": 7})
    assert told.startswith("nginx_lb_acme (peerlb_acme): ")
    for empty in (False, "", {}, 0):
        (told,) = problems(peerlb_certificates=empty)
        assert told.startswith("peerlb_certificates is not a list")
    assert problems(peerlb_certificates=None) == problems(peerlb_certificates=[]) == []
    good = {"directory": "https://acme.example/dir"}
    (told,) = problems(peerlb_certificates=[shop], peerlb_acme=good, nginx_lb_acme={"foo": 1})
    assert told.startswith("nginx_lb_acme (peerlb_acme): unknown key foo")
    found = problems(peerlb_certificates=[shop], peerlb_acme=["hmac-of-an-account"])
    assert found and "hmac-of-an-account" not in str(found)
