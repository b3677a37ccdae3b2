# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

import pytest
from support.valkey import program

SHOP = {"name": "shop", "password": "pa'ss\"word"}
RELEASE = "peerlb.stack.service_release"
ACCOUNTS = "peerlb.stack.valkey_accounts"


@pytest.fixture
def variables() -> dict:
    """Return the required variables."""
    return {"valkey_publish_address": "10.2.0.3", "valkey_users": [SHOP]}


def test_defaults_are_the_documented_ones(role, spec) -> None:
    documented = {name: o.get("default") for name, o in spec.items() if not o.get("required")}
    defaults = role.load("defaults/main.yml")
    assert list(documented) == list(defaults)
    # The operator is looked up on the controller.
    assert documented == {**defaults, "valkey_operator": None}


def test_secrets_have_no_log(spec) -> None:
    assert spec["valkey_users"]["options"]["password"]["no_log"]


def test_container_has_few_rights_and_no_password(role, variables) -> None:
    project = role.get("__valkey_compose", **variables)
    service = project["services"]["valkey"]
    assert service["user"] == "999:999"
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "always"
    assert service["ports"] == ["10.2.0.3:6379:6379"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert project["volumes"]["data"]["name"] == "peerlb-valkey-data"
    limited = role.get("__valkey_compose", **variables, valkey_memory_limit="1g")
    assert [each["services"]["valkey"]["mem_limit"] for each in (project, limited)] == [None, "1g"]
    assert SHOP["password"] not in str(project)


def test_health_check_asks_valkey_and_shows_no_password(role, variables) -> None:
    kind, command = role.get("__valkey_compose", **variables)["services"]["valkey"]["healthcheck"][
        "test"
    ]
    assert kind == "CMD-SHELL"
    assert "ping" in command and "$(cat /etc/valkey/access/health_password)" in command
    assert " -a " not in command and "--pass" not in command


def test_only_the_module_of_accounts_gets_passwords(role) -> None:
    tasks = [*role.load("tasks/main.yml"), *role.load("tasks/discard.yml")]
    for task in tasks:
        (options,) = [task[name] for name in task if name.startswith(("peerlb.", "ansible."))]
        assert ("valkey_users" in str(options)) == (ACCOUNTS in task), task["name"]


def test_accounts_come_before_the_container_that_reads_them(role) -> None:
    names = [name for task in role.load("tasks/main.yml") for name in task]
    assert names.index(ACCOUNTS) < names.index(RELEASE)


@pytest.mark.parametrize(
    "given, lines",
    [
        (
            {},
            [
                "aclfile /etc/valkey/access/users.acl",
                "appendfsync everysec",
                "appendonly yes",
                "dir /data",
                "maxmemory 256mb",
                "maxmemory-policy volatile-ttl",
                'save ""',
            ],
        ),
        ({"valkey_maxmemory_policy": "volatile-lru"}, ["maxmemory-policy volatile-lru"]),
        ({"valkey_config": {"maxclients": 500}}, ["maxclients 500"]),
        ({"valkey_config": {"lazyfree-lazy-eviction": False}}, ["lazyfree-lazy-eviction no"]),
        ({"valkey_config": {"save": ["60 1", "300 5"]}}, ["save 60 1", "save 300 5"]),
    ],
)
def test_setting_becomes_lines(role, variables, given, lines) -> None:
    text = role.render("valkey.conf.j2", **variables, **given).splitlines()
    assert [line for line in text if line in lines] == lines
    assert len([line for line in text if line.startswith("maxmemory ")]) == 1


@pytest.mark.parametrize(
    "change, problem",
    [
        ({}, ""),
        ({"valkey_maxmemory": "2gb"}, ""),
        ({"valkey_maxmemory": 67108864}, ""),
        ({"valkey_maxmemory": "63mb"}, 'valkey_maxmemory: "63mb" is not at least 64mb'),
        ({"valkey_maxmemory": "0"}, 'valkey_maxmemory: "0" is not at least 64mb'),
        ({"valkey_maxmemory": "50%"}, 'valkey_maxmemory: "50%" is not at least 64mb'),
        ({"valkey_config": {"A B": 1}}, 'valkey_config: "A B" is not the name of a setting'),
        ({"valkey_config": {"maxclients": "1\nuser x on nopass"}}, "the value has a line break"),
        ({"valkey_config": {"requirepass": "x"}}, "requirepass: is not for valkey_config"),
        ({"valkey_config": {"maxmemory": "1mb"}}, "Set valkey_maxmemory."),
        ({"valkey_users": [{**SHOP, "password": 4711}]}, "shop: the password is not text"),
        ({"valkey_users": [{**SHOP, "password": ""}]}, "shop: the password is empty"),
    ],
)
def test_wrong_variables_are_problems(role, variables, change, problem) -> None:
    found = role.get("__valkey_problems", **{**variables, **change})
    assert problem in "\n".join(found)
    assert len(found) == bool(problem)


@pytest.mark.skipif(not program("valkey-server"), reason="no Valkey here, nor the lab's image")
@pytest.mark.parametrize(
    "given, said",
    [
        ({}, ""),
        ({"maxclients": 500}, ""),
        ({"appendfsync": "sometimes"}, "argument(s) must be one of the following"),
        ({"no-such-setting": 1}, "Bad directive or wrong number of arguments"),
    ],
)
def test_real_server_tries_the_settings(role, variables, given, said, tmp_path) -> None:
    conf = tmp_path / "valkey.conf"
    text = role.render("valkey.conf.j2", **variables, valkey_config=given)
    conf.write_text(text.replace("dir /data", f"dir {tmp_path}"))
    for name in ("valkey-server", "valkey-cli"):
        words = " ".join(f"'{word}'" for word in program(name))
        (tmp_path / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (tmp_path / name).chmod(0o755)
    script = role.get("__valkey_test")
    for place, here in (("/tmp", tmp_path), ("/etc/valkey/valkey.conf", conf)):
        script = script.replace(place, str(here))
    done = subprocess.run(
        ["sh", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, said in done.stderr) == (int(bool(said)), True), done.stderr
