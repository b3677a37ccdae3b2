# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.filter.mysql import mysql_differences
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.password import (
    salt_of,
    stored_password,
)

APP = {
    "name": "app",
    "password": "p'a\"s$s\\w",
    "hosts": ["10.0.0.0/255.255.0.0"],
    "privileges": {"app.*": "ALL"},
}


SERVICE_RELEASE = "peerlb.stack.service_release"


@pytest.fixture
def variables() -> dict:
    """Return the required variables, with passwords that are hard to quote."""
    return {
        "mysql_publish_address": "10.2.0.2",
        "mysql_root_password": "r'o\"o$t\\",
        "mysql_users": [APP],
    }


def test_defaults_are_the_documented_ones(role, spec) -> None:
    documented = {name: o.get("default") for name, o in spec.items() if not o.get("required")}
    defaults = role.load("defaults/main.yml")
    assert list(documented) == list(defaults)
    # The operator is looked up on the controller.
    assert documented == {**defaults, "mysql_operator": None}


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
        (
            {},
            [
                "binlog_expire_logs_seconds = 86400",
                "max_connections = 151",
                "mysqlx = OFF",
                "require_secure_transport = ON",
                "secure_file_priv = NULL",
                "skip_name_resolve = ON",
            ],
        ),
        ({"init_connect": "SET @a = 'x' # y"}, ["init_connect = \"SET @a = 'x' # y\""]),
        ({"init_connect": 'a\\n"#'}, ['init_connect = "a\\\\n\\"#"']),
        ({"init_connect": '"quoted # already"'}, ['init_connect = "quoted # already"']),
        ({"ft_boolean_syntax": " +-><()~*:"}, ['ft_boolean_syntax = " +-><()~*:"']),
        ({"require-secure-transport": False}, ["require_secure_transport = OFF"]),
    ],
)
def test_setting_becomes_lines_of_my_cnf(role, setting, lines) -> None:
    text = role.render("my.cnf.j2", mysql_config=setting).splitlines()
    assert [line for line in text if line in lines] == lines
    assert len([line for line in text if line.startswith("skip_name_resolve")]) == 1


def test_mysql_admits_all_connections_of_its_clients(role) -> None:
    text = role.render("my.cnf.j2", mysql_client_connections=320)
    assert "max_connections = 340" in text.splitlines()


def test_container_has_few_rights_and_no_password(role, variables) -> None:
    project = role.get("__mysql_compose", **variables)
    service = project["services"]["mysql"]
    assert service["user"] == "999:999"
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "always"
    assert service["pids_limit"] == 16384
    limited = role.get("__mysql_compose", **variables, mysql_memory_limit="4g")
    assert [each["services"]["mysql"]["mem_limit"] for each in (project, limited)] == [None, "4g"]
    assert service["ports"] == ["10.2.0.2:3306:3306"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert variables["mysql_root_password"] not in str(project)


def test_module_gets_no_password(role) -> None:
    (task,) = [task for task in role.load("tasks/main.yml") if SERVICE_RELEASE in task]
    assert "mysql_root_password" not in str(task)
    assert task[SERVICE_RELEASE]["passwords"] == ["root_password"]
    assert "./my.cnf:/etc/mysql/conf.d/peerlb.cnf:ro" in str(role.load("vars/main.yml"))


@pytest.mark.parametrize(
    "change, problem",
    [
        ({}, ""),
        ({"mysql_root_password": ""}, "mysql_root_password is empty"),
        ({"mysql_root_password": "two\nlines"}, "mysql_root_password is empty or has a line break"),
        (
            {"mysql_root_password": "pässword"},
            "mysql_root_password has a character outside of ASCII",
        ),
        ({"mysql_root_password": "tab\t~"}, ""),
        ({"mysql_users": [{**APP, "password": "pässword"}]}, ""),
        ({"mysql_users": [{**APP, "password": ""}]}, "The password of app in mysql_users"),
        ({"mysql_users": [{**APP, "name": "root"}]}, 'mysql_users lists "root"'),
        ({"mysql_users": [{**APP, "password": 42798}]}, "The password of app is not text"),
        ({"mysql_root_password": True}, "The password of root is not text"),
        ({"mysql_users": [{**APP, "password": "é" * 128}]}, ""),
        ({"mysql_users": [{**APP, "password": "é" * 129}]}, "app has more than 256 bytes"),
        ({"mysql_users": [{**APP, "password": "a\0b"}]}, "The password of app in mysql_users"),
        ({"mysql_config": {"a": "x\n[client]"}}, 'mysql_config: "a": the name is not'),
        ({"mysql_config": {"a": ["x", "y\r"]}}, 'mysql_config: "a": the name is not'),
        ({"mysql_config": {"a\n[client]": 1}}, 'mysql_config: "a\\n[client]": the name is not'),
        ({"mysql_users": [APP, {**APP, "password": "y"}]}, "mysql_users lists app@10.0.0.0/255"),
        ({"mysql_users": [APP, {**APP, "hosts": ["10.9.0.1"]}]}, ""),
        ({"mysql_databases": [{"name": "a"}, {"name": "A"}]}, "mysql_databases lists a twice"),
        ({"mysql_databases": [{"name": "Sys"}]}, "which is one of MySQL's own schemas"),
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


def asked(accounts: list[dict], objects: dict[str, int]) -> list[list[dict]]:
    """Return what the role's query tells of a server."""
    databases = [{"name": n, "objects": c, "folded": 0} for n, c in objects.items()]
    return [accounts, [], [], databases]


def account(name: str, host: str, managed_by: str | None = None) -> dict:
    """Return an account as the role reads it from MySQL."""
    plain = {"plugin": "", "authentication": "", "locked": 0, "tls": "", "restricted": 0}
    attribute = json.dumps({"managed_by": managed_by}) if managed_by else None
    return {"name": name, "host": host, "attribute": attribute, **plain}


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
def test_accounts_that_are_not_declared_are_dropped(variables, present, dropped) -> None:
    found = mysql_differences(asked([present], {}), variables["mysql_users"], [], "db1")
    sql = f"DROP USER '{present['name']}'@'{present['host']}';"
    expected = {"name": present["name"], "host": present["host"], "sql": sql}
    assert found["undeclared"] == ([expected] if dropped else [])


@pytest.mark.parametrize(
    "objects, seeded",
    [
        ({}, True),
        ({"app": 0}, True),
        ({"app": 3}, False),
        ({"app": 3, "peerlb_seeding_app": 0}, True),
        ({"app": 3, "peerlb_seeding_other": 0}, False),
    ],
)
def test_seed_is_loaded_into_an_empty_or_half_loaded_database(objects, seeded) -> None:
    wanted = [{"name": "app", "seed": "app.sql"}, {"name": "bare"}]
    found = mysql_differences(asked([], objects), [], wanted, "db1")
    assert [database["name"] for database in found["seeds"]] == (["app"] if seeded else [])


def test_accounts_are_set_with_a_digest_that_has_their_fixed_salt(variables) -> None:
    found = mysql_differences(asked([], {}), variables["mysql_users"], [], "db1")
    salt = hashlib.sha256(b"app@10.0.0.0/255.255.0.0 db1").hexdigest()[:20]
    assert f"AS 0x{f'$A$005${salt}'.encode().hex()}" in found["accounts"][0]["sql"]
    assert APP["password"] not in str(found)


def test_converged_server_is_asked_by_one_task(role, variables) -> None:
    query, changes = role.load("tasks/reconcile.yml")[0]["block"]
    assert query["ansible.builtin.command"]["stdin"].endswith("{{ __mysql_queries }}")
    assert query["no_log"] is True
    assert changes["ansible.builtin.include_tasks"] == "changes.yml"
    for state, included in (({"notes": []}, False), ({"notes": ["differs"]}, True)):
        told = {"__mysql_asked": {"rc": 0}, "__mysql_differences": state}
        assert role.get(changes["when"], **told) is included
    assert role.get(changes["when"], __mysql_asked={"rc": 1}) is True


@pytest.mark.parametrize("file", ["login.yml", "accounts.yml"])
def test_tasks_that_take_a_password_have_no_log(role, file) -> None:
    tasks = role.load(f"tasks/{file}")
    assert tasks
    for task in tasks:
        assert task.get("no_log") or "absent" in str(task)


@pytest.mark.parametrize(
    "check_mode, stored, password",
    [(False, "", "new"), (False, "old", "new"), (True, "", "new"), (True, "old", "old")],
)
def test_root_logs_in_with_the_password_that_it_has(role, check_mode, stored, password) -> None:
    told = {"content": base64.b64encode(stored.encode()).decode()} if stored else {}
    found = role.get(
        "__mysql_password",
        mysql_root_password="new",
        ansible_check_mode=check_mode,
        __mysql_former_password=told,
    )
    assert found == password


DOCKER = """#!/bin/sh
echo "$*" > "$RECORD.arguments"
cat > "$RECORD.input"
printf 'ERROR near \\377' >&2
exit $STATUS
"""


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("status", [0, 1])
def test_session_that_loads_a_seed_records_it(
    run_tasks, tmp_path, monkeypatch, packed, status
) -> None:
    sql = b"CREATE TABLE t (n INT); -- no line break at the end"
    seed = tmp_path / "app.dump"
    seed.write_bytes(gzip.compress(sql) if packed else sql)
    (tmp_path / "root_password").write_text("r'o t")
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    monkeypatch.setenv("STATUS", str(status))
    output = run_tasks(
        "peerlb.stack.mysql",
        "seed",
        __mysql_directory=str(tmp_path),
        __mysql_differences={"seeds": [{"name": "app", "seed": str(seed)}]},
    )
    password, begins, *rest = (tmp_path / "record.input").read_text().splitlines()
    text = "\n".join(rest)
    mark = '"seeds": {"app": {"state": '
    assert password == "r'o t"
    assert begins.startswith("ALTER USER root@localhost ATTRIBUTE")
    assert f'{mark}"loading"}}' in begins
    assert text.startswith(sql.decode())
    assert "DROP DATABASE IF EXISTS `peerlb_seeding_app`;" in rest
    assert f'{mark}"loaded", "sha256": "{hashlib.sha256(seed.read_bytes()).hexdigest()}"' in text
    assert text.rstrip().endswith("}}}';")
    assert "r'o t" not in (tmp_path / "record.arguments").read_text()
    assert (tmp_path / "app.sql").exists() is bool(status)
    assert ("failed=1" in output) is bool(status)


def test_seed_that_leaves_its_database_ends_the_run_before_a_change(run_tasks, tmp_path) -> None:
    bad, good = tmp_path / "bad.sql", tmp_path / "good.sql"
    bad.write_text("USE other;")
    good.write_text("SELECT 1;")
    output = run_tasks(
        "peerlb.stack.mysql",
        "changes",
        mysql_databases=[{"name": "app", "seed": str(bad)}, {"name": "shop", "seed": str(good)}],
        __mysql_asked={"rc": 0, "stdout_lines": [json.dumps(each) for each in asked([], {})]},
    )
    assert f"{bad}, the seed of app, cannot be loaded. It changes to the database" in output
    assert str(good) not in output
    assert "changed=0" in output
    assert "failed=1" in output


# A server on which root has the password s3cret-old. It writes what it is told to files.
SERVER = """#!/bin/sh
while [ "$1" != -c ]; do shift; done
if [ ! -e "$STATE/password" ]; then printf s3cret-old > "$STATE/password"; fi
mysql() {
    if [ "$MYSQL_PWD" != "$(cat "$STATE/password")" ]; then
        echo "ERROR 1045 (28000): Access denied for user 'root'@'localhost'" >&2; return 1
    fi
    case "$*" in *--execute=*) return ;; esac
    cat > "$STATE/session"; cat "$STATE/session" >> "$STATE/sessions"
    if grep -q "ALTER USER root@localhost IDENTIFIED" "$STATE/session"; then
        printf "%s" "$NEW" > "$STATE/password"
    fi
    if grep -q "^SELECT" "$STATE/session"; then cat "$STATE/rows"; fi
    if grep -q "$FAILS" "$STATE/session"; then
        echo "ERROR 1396 (HY000) at line 1: s3cret-app" >&2; return 1
    fi
}
eval "$(echo "$2" | sed "s/exec mysql/mysql/")"
"""


@pytest.fixture
def reconcile(run_tasks, tmp_path, monkeypatch) -> t.Callable[..., str]:
    """Return a function that runs the role's tasks for accounts on a server that SERVER plays."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("STATE", str(tmp_path))
    docker = tmp_path / "docker"
    docker.write_text(SERVER)
    docker.chmod(0o755)
    rows = asked([account("root", "localhost"), account("app", "%")], {})
    (tmp_path / "rows").write_text("".join(f"{json.dumps(each)}\n" for each in rows))

    def run(
        *options: str,
        root: str = "s3cret-old",
        stored: str = "",
        fails: str = "NOTHING",
        tasks: str = "reconcile",
        clients: t.Sequence[dict] = (),
    ) -> str:
        monkeypatch.setenv("NEW", root)
        monkeypatch.setenv("FAILS", f"^{fails} ")
        if stored:
            (tmp_path / "root_password").write_text(stored)
        return run_tasks(
            "peerlb.stack.mysql",
            tasks,
            *options,
            mysql_clients=clients,
            mysql_root_password=root,
            mysql_users=[{**APP, "password": "s3cret-app"}],
            mysql_databases=[{"name": "shop"}],
            mysql_publish_address="127.0.0.1",
            __mysql_directory=str(tmp_path),
            __mysql_uid=os.getuid(),
        )

    return run


def test_nothing_is_asked_again_where_nothing_differs(run_tasks, reconcile, tmp_path) -> None:
    reconcile()  # makes the server
    digest = hashlib.sha256(b"").hexdigest()[:16]
    root = account("root", "localhost")
    root["attribute"] = json.dumps({"peerlb_stack": {"password_file": digest}})
    rows = "".join(f"{json.dumps(each)}\n" for each in asked([root], {}))
    (tmp_path / "rows").write_text(rows)
    (tmp_path / "sessions").unlink()
    output = run_tasks(
        "peerlb.stack.mysql",
        "reconcile discard",
        mysql_root_password="s3cret-old",
        mysql_publish_address="127.0.0.1",
        __mysql_directory=str(tmp_path),
    )
    assert "failed=0" in output
    assert "changed=0" in output
    assert (tmp_path / "sessions").read_text().count("FROM mysql.procs_priv") == 1


def test_accounts_and_databases_are_set_through_standard_input(reconcile, tmp_path) -> None:
    output = reconcile("-vvv")
    text = (tmp_path / "sessions").read_text()
    assert "failed=0" in output
    assert "CREATE DATABASE `shop`;" in text
    assert "CREATE USER 'app'@'10.0.0.0/255.255.0.0' IDENTIFIED WITH" in text
    assert text.index("CREATE USER 'app'") < text.index("DROP USER 'app'@'%';")
    assert 'ALTER USER root@localhost ATTRIBUTE \'{"peerlb_stack": {"password_file": "' in text
    assert "s3cret" not in output.replace("{", "").split("mysql_root_password", 1)[0] + text


@pytest.mark.parametrize("present", ["s3cret-old", ""])
def test_password_of_root_is_changed_by_the_stored_one_or_none(
    reconcile, tmp_path, present
) -> None:
    (tmp_path / "password").write_text(present)
    output = reconcile(root="it's \\ new", stored="s3cret-old")
    assert "failed=0" in output
    assert "BY 'it''s \\\\ new';" in (tmp_path / "sessions").read_text()
    assert (tmp_path / "root_password").read_text() == "it's \\ new"


@pytest.mark.parametrize(
    "used, discarded",
    [
        (["s3cret-app", "s3cret-app"], True),
        (["s3cret-app", "s3cret-former"], False),
        (["s3cret-app", None], True),  # a host without the file uses no password
    ],
)
def test_former_password_is_discarded_once_every_client_has_the_new_one(
    reconcile, tmp_path, used, discarded
) -> None:
    host = APP["hosts"][0]
    changed = {
        **account("app", host, "peerlb.stack.mysql"),
        "plugin": "caching_sha2_password",
        "authentication": stored_password("s3cret-app", salt_of("app", host, "localhost")),
        "retained": stored_password("s3cret-former", 20 * "s"),
    }
    rows = asked([account("root", "localhost"), changed], {"shop": 0})
    (tmp_path / "rows").write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    clients = []
    for number, password in enumerate(used):
        path = tmp_path / f"client{number}"
        if password:
            path.write_text(password)
        clients.append({"host": "localhost", "user": "app", "path": str(path)})
    output = reconcile("-vvv", tasks="discard", clients=clients)
    text = (tmp_path / "sessions").read_text()
    assert "failed=0" in output
    assert (f"ALTER USER 'app'@'{host}' DISCARD OLD PASSWORD;" in text) is discarded
    assert ("hosts still log in with it: localhost" in output) is not discarded
    assert "s3cret-former" not in output
    predicted = reconcile("--check", tasks="discard", clients=clients)
    assert bool(re.search("changed=[1-9]", predicted)) is discarded


def test_check_mode_says_what_differs_and_changes_nothing(reconcile, tmp_path) -> None:
    output = reconcile("--check")
    assert "database shop: is created" in output
    assert re.search("changed=[1-9]", output)
    assert not re.search("CREATE|ALTER|DROP", (tmp_path / "sessions").read_text())


def test_refused_password_of_root_is_named(reconcile) -> None:
    output = reconcile(root="s3cret-new", stored="s3cret-wrong")
    assert "root accepts neither mysql_root_password nor the password in" in output
    assert "s3cret" not in output


def test_error_of_mysql_is_shown_without_a_password(reconcile) -> None:
    output = reconcile("-vvv", fails="CREATE USER")
    assert "MySQL on localhost: app@10.0.0.0/255.255.0.0: " in output
    assert "ERROR 1396 (HY000) at line 1: ********" in output


@pytest.mark.parametrize(
    "item, named",
    [
        ({"name": "app", "host": "10.0.0.1"}, "app@10.0.0.1: "),
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
    failed = {"failed": True, "msg": "ERROR 1045 (28000): Access denied"}
    text = role.render("failure.j2", ansible_failed_result=failed, **variables)
    assert "neither mysql_root_password nor" in text
