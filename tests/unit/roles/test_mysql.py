# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
import yaml

APP = {
    "name": "app",
    "password": "p'a\"s$s\\w",
    "hosts": ["10.0.0.0/255.255.0.0"],
    "privileges": {"app.*": "ALL"},
}


@pytest.fixture
def variables() -> dict:
    """Return the required variables, with passwords that are hard to quote."""
    return {
        "mysql_publish_address": "10.2.0.2",
        "mysql_root_password": "r'o\"o$t\\",
        "mysql_users": [APP],
        "__mysql_password_file": {},
        "__mysql_first_password": "Bootstrap",
    }


def test_defaults_are_the_documented_ones(role, spec) -> None:
    documented = {name: o["default"] for name, o in spec.items() if not o.get("required")}
    assert list(documented.items()) == list(role.load("defaults/main.yml").items())


def test_secrets_have_no_log(spec) -> None:
    assert spec["mysql_root_password"]["no_log"]
    assert spec["mysql_users"]["options"]["password"]["no_log"]


@pytest.mark.parametrize(
    "setting, lines",
    [
        ({"max_connections": 50}, ["max_connections = 50"]),
        ({"skip-name-resolve": False}, ["skip_name_resolve = OFF"]),
        ({"skip-log-bin": None}, ["skip_log_bin"]),
        (
            {"plugin_load_add": ["a.so", "b.so"]},
            ["plugin_load_add = a.so", "plugin_load_add = b.so"],
        ),
        ({}, ["mysqlx = OFF", "secure_file_priv = NULL", "skip_name_resolve = ON"]),
    ],
)
def test_setting_becomes_lines_of_my_cnf(role, setting, lines) -> None:
    text = role.render("my.cnf.j2", mysql_config=setting).splitlines()
    assert [line for line in text if line in lines] == lines
    assert len([line for line in text if line.startswith("skip_name_resolve")]) == 1


def test_container_has_few_rights_and_no_password(role, variables) -> None:
    text = role.render("compose.yml.j2", **variables)
    service = yaml.safe_load(text)["services"]["mysql"]
    assert service["user"] == "999:999"
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["ports"] == ["10.2.0.2:3306:3306"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert variables["mysql_root_password"] not in text


def test_changed_my_cnf_changes_the_compose_file(role, variables) -> None:
    before = role.render("compose.yml.j2", **variables)
    assert before == role.render("compose.yml.j2", **variables)
    assert before != role.render("compose.yml.j2", mysql_config={"max_connections": 9}, **variables)


@pytest.mark.parametrize(
    "change, problem",
    [
        ({}, ""),
        ({"mysql_root_password": ""}, "mysql_root_password is empty"),
        ({"mysql_root_password": "two\nlines"}, "mysql_root_password is empty or has a line break"),
        ({"mysql_users": [{**APP, "password": ""}]}, "The password of app in mysql_users"),
        ({"mysql_users": [{**APP, "name": "root"}]}, 'mysql_users lists "root"'),
        ({"mysql_databases": [{"name": "a`b"}]}, 'mysql_databases lists "a`b"'),
        ({"mysql_databases": [{"name": "a" * 49}]}, "mysql_databases lists"),
        (
            {"mysql_databases": [{"name": "app", "seed": "/no.sql"}]},
            "no file /no.sql, which is the seed of app",
        ),
        ({"mysql_databases": [{"name": "app", "seed": __file__}]}, ""),
    ],
)
def test_wrong_variables_are_problems(role, variables, change, problem) -> None:
    found = role.get("__mysql_problems", **{**variables, **change})
    assert problem in "\n".join(found)
    assert bool(found) is bool(problem)


def account(name: str, host: str, managed_by: str | None = None) -> dict:
    """Return an account as the role reads it from MySQL."""
    return {"name": name, "host": host, "account": f"{name}@{host}", "managed_by": managed_by}


@pytest.mark.parametrize(
    "present, dropped",
    [
        (account("app", "10.0.0.0/255.255.0.0"), False),
        (account("app", "%"), True),
        (account("root", "localhost"), False),
        (account("root", "%"), True),
        (account("", "localhost"), True),
        (account("old", "%", "peerlb.stack.mysql"), True),
        (account("backup", "localhost"), False),
        (account("mysql.sys", "localhost"), False),
    ],
)
def test_accounts_that_are_not_declared_are_dropped(role, variables, present, dropped) -> None:
    state = {"query_result": [[present], []]}
    found = role.get("__mysql_undeclared", __mysql_state=state, **variables)
    assert found == ([present] if dropped else [])


@pytest.mark.parametrize(
    "tables, seeded",
    [
        ({}, False),
        ({"app": 0}, True),
        ({"app": 3}, False),
        ({"app": 3, "peerlb_seeding_app": 0}, True),
        ({"app": 3, "peerlb_seeding_other": 0}, False),
    ],
)
def test_seed_is_loaded_into_an_empty_or_half_loaded_database(role, tables, seeded) -> None:
    state = {"query_result": [[], [{"name": n, "tables": c} for n, c in tables.items()]]}
    wanted = [{"name": "app", "seed": "app.sql"}, {"name": "bare"}]
    found = role.get("__mysql_seeds", __mysql_state=state, mysql_databases=wanted)
    assert [database["name"] for database in found] == (["app"] if seeded else [])


@pytest.mark.parametrize(
    "privileges, expected",
    [
        ({"app.*": "ALL"}, {"app.*": "ALL"}),
        ({"my_app.*": "SELECT,INSERT"}, {r"my\_app.*": "SELECT,INSERT"}),
        ({r"my\_app.*": "ALL"}, {r"my\_app.*": "ALL"}),
        ({"my_app.a_table": "SELECT"}, {"my_app.a_table": "SELECT"}),
        ("my_app.*:ALL/other.*:SELECT", {r"my\_app.*": "ALL", "other.*": "SELECT"}),
    ],
)
def test_underscore_in_the_name_of_a_database_is_escaped(role, privileges, expected) -> None:
    task = role.load("tasks/accounts.yml")[0]["community.mysql.mysql_user"]
    expression = re.sub(r"^\{\{|\}\}$", "", task["priv"])
    item = [{**APP, "privileges": privileges}, "%"]
    assert role.get(expression, __mysql_item=item) == expected


@pytest.mark.parametrize(
    "item, named",
    [
        ([APP, "10.0.0.1"], "app@10.0.0.1: "),
        ({"name": "shop", "seed": "shop.sql"}, "shop: "),
        (None, ""),
    ],
)
def test_failure_names_its_account_or_database_and_no_password(
    role, variables, item, named
) -> None:
    failed = {"failed": True, "msg": f"bad {APP['password']}", "stderr": "ERROR 1146"}
    if item:
        fine = {"failed": False, "msg": "fine"}
        failed = {"failed": True, "results": [fine, {**failed, "__mysql_item": item}]}
    text = role.render("failure.j2", ansible_failed_result=failed, **variables)
    assert text.strip() == f"MySQL on db1: {named}bad ********: ERROR 1146"


def test_refused_login_names_the_variable(role, variables) -> None:
    failed = {"failed": True, "msg": "(1045, 'Access denied')"}
    text = role.render("failure.j2", ansible_failed_result=failed, **variables)
    assert "neither mysql_root_password nor" in text
