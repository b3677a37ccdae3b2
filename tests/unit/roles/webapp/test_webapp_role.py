# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the role's variables and templates, evaluated by Ansible itself."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    built_name,
    read_context,
)
from ansible_collections.peerlb.stack.plugins.modules.service_release import ARGUMENT_SPEC
from support import ROOT

ROLE = ROOT / "roles/webapp"
MODULE = "peerlb.stack.service_release"
PASSWORD = "s3cret'$x"

GIVEN = {
    "inventory_hostname": "web1",
    "webapp_publish_address": "10.1.0.2",
    "webapp_mysql_host": "10.0.0.2",
    "webapp_mysql_password": PASSWORD,
}


def templar(role: Path = ROLE, **given: t.Any) -> Templar:
    """Return Ansible's template engine with the role's variables. Those *given* win."""
    loader = DataLoader()
    variables = {"role_path": str(role), "ansible_search_path": [str(role)]}
    for part in ("defaults", "vars"):
        path = str(role / part / "main.yml")
        variables.update(loader.load_from_file(path, trusted_as_template=True))
    return Templar(loader=loader, variables={**variables, **GIVEN, **given})


def call() -> dict[str, t.Any]:
    """Return the options of the role's one call of the module, as the task has them."""
    tasks = DataLoader().load_from_file(str(ROLE / "tasks/main.yml"), trusted_as_template=True)
    (task,) = [task for task in tasks if MODULE in task]
    return task[MODULE]


def options(role: Path = ROLE, **given: t.Any) -> dict[str, t.Any]:
    """Return the options as the module gets them."""
    result = ArgumentSpecValidator(ARGUMENT_SPEC).validate(templar(role, **given).template(call()))
    assert result.error_messages == []
    return result.validated_parameters


def service(**given: t.Any) -> dict[str, t.Any]:
    """Return the only service of the Compose project, without what is None."""
    found = options(**given)["compose"]["services"]["webapp"]
    return {key: value for key, value in found.items() if value is not None}


def problems(**given: t.Any) -> list[str]:
    """Return the problems that the role finds in the variables."""
    return templar(**given).template(trust_as_template("{{ __webapp_problems }}"))


def test_defaults_are_the_documented_ones() -> None:
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    documented = {name: o["default"] for name, o in spec["options"].items() if "default" in o}
    assert {name: defaults[name] for name in documented} == documented
    # These follow from other variables.
    following = {"webapp_container_port", "webapp_operator", "webapp_ready_path"}
    assert set(defaults) - set(documented) == following


def test_container_has_few_rights() -> None:
    wanted = {
        "user": "10001:10001",
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": [],
        "security_opt": ["no-new-privileges:true"],
        "restart": "always",
        "pids_limit": 4096,
        "ports": ["10.1.0.2:3000:3000"],
        "volumes": [],
    }
    got = service()
    assert {key: got[key] for key in wanted} == wanted
    assert got["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert not {"mem_limit", "command", "entrypoint"} & set(got)


def test_environment_of_the_container_is_text() -> None:
    values = service(webapp_port=3000, webapp_workers=4, webapp_diagnostics=False)["environment"]
    assert all(isinstance(value, str) for value in values.values())
    assert values["WEBAPP_WORKERS"] == "4"
    assert values["WEBAPP_DIAGNOSTICS"] == "false"


@pytest.mark.parametrize(
    "value", ['it\'s "quoted"', "$HOME ${x} $$", "two\nlines\n", "ü € 😀", "{{ x }}", "010", ""]
)
def test_environment_values_arrive_unchanged(value: str) -> None:
    got = options(webapp_environment={"X": value})["environment"]
    assert json.loads(got) == {"X": value}


@pytest.mark.parametrize("value", [10, 1.10, True, None, ["a"], {"a": "b"}])
def test_environment_values_that_are_no_text_are_refused_and_not_shown(value: t.Any) -> None:
    (problem,) = problems(webapp_environment={"TOKEN": value, "OTHER": "text"})
    assert problem == (
        "webapp_environment: TOKEN: the value is not text, and YAML may have changed what was"
        " written: quote it"
    )


def test_own_environment_is_no_part_of_the_project() -> None:
    assert service(webapp_environment={"TOKEN": "s"}) == service()
    # Older versions of Ansible make a dictionary of a text that begins with a brace.
    text = templar(webapp_environment={"TOKEN": "s"}).template(call()["environment"])
    assert text == ' {"TOKEN": "s"}'


def test_compose_project_has_no_password() -> None:
    text = json.dumps(options()["compose"])
    assert PASSWORD not in text
    assert "/run/secrets/mysql_password" in text
    assert options()["secrets"] == {"mysql_password": PASSWORD}


def test_secrets_are_only_in_options_that_no_log_shows() -> None:
    login = {"server": "registry.example", "username": "u", "password": "to-ken"}
    secret = {"webapp_registry": login, "webapp_environment": {"TOKEN": "to-ken"}}
    for option, value in options(webapp_image="registry.example/shop:1", **secret).items():
        shown = not ARGUMENT_SPEC[option].get("no_log")
        if option == "registry":
            shown = not ARGUMENT_SPEC[option]["options"]["password"]["no_log"]
        held = [word for word in (PASSWORD, "to-ken") if word in json.dumps(value)]
        assert not (held and shown), option


@pytest.mark.parametrize("text", ["false", "no"])
def test_boolean_from_the_command_line_may_be_text(text: str) -> None:
    assert service(webapp_read_only=text)["read_only"] is False


def test_application_of_the_role_is_built_and_asked_for_its_health() -> None:
    got = options(webapp_health_path="/up")
    assert got["image"] == "1.0.0"
    assert got["build_arguments"] == {"PYTHON_IMAGE": "python:3.13-slim"}
    check = got["compose"]["services"]["webapp"]["healthcheck"]
    assert check["test"][:3] == ["CMD", "python3", "-c"]
    compile(check["test"][3], "the health check", "exec")
    assert "c.request('GET', \"/up\")" in check["test"][3]
    assert check["start_interval"] == "1s"


def test_published_image_is_not_built_and_keeps_its_own_health_check() -> None:
    given = {"webapp_image": "registry.example/other:2", "webapp_container_port": 8080}
    got = options(**given)
    assert (got["image"], got["context"], got["build_arguments"]) == (given["webapp_image"], "", {})
    assert service(**given)["ports"] == ["10.1.0.2:3000:8080"]
    assert "healthcheck" not in service(**given)


def test_given_health_check_is_used() -> None:
    got = service(webapp_image="x:1", webapp_healthcheck=["CMD", "/check", "$x"])
    assert got["healthcheck"]["test"] == ["CMD", "/check", "$x"]


def test_release_is_confirmed_as_its_users_ask_for_it() -> None:
    given = {"webapp_server_name": "shop.example", "webapp_health_statuses": [200, 302]}
    assert options(**given, webapp_health_path="/login")["health"] == {
        "protocol": "http",
        "address": "10.1.0.2",
        "port": 3000,
        "path": "/login",
        "host": "shop.example",
        "statuses": [200, 302],
    }


def test_application_of_the_role_alone_is_asked_whether_it_reaches_mysql() -> None:
    own = {"webapp_image": "registry.example/shop:1"}
    assert options()["ready_path"] == "/readyz"
    assert options(**own)["ready_path"] == ""
    assert options(**own, webapp_ready_path="/up/db")["ready_path"] == "/up/db"


def test_application_verifies_mysql_by_the_ca_that_it_is_given() -> None:
    got = options(webapp_mysql_ca="-----BEGIN")
    container = got["compose"]["services"]["webapp"]
    assert got["files"] == {"mysql_ca.pem": "-----BEGIN"}
    (volume,) = container["volumes"]
    assert volume == f"./mysql_ca.pem:{container['environment']['MYSQL_CA_FILE']}:ro"
    assert options()["files"] == {}
    assert service()["environment"]["MYSQL_CA_FILE"] == ""


@pytest.mark.parametrize("password", ["[1]", '{"a": 1}', "True", "0123", "é%s'\\"])
def test_password_arrives_as_it_is_written(password: str) -> None:
    got = options(webapp_mysql_password=password)
    assert got["secrets"] == {"mysql_password": password}


def test_application_knows_valkey_only_if_one_is_declared() -> None:
    without = options()
    assert not [name for name in service()["environment"] if name.startswith("VALKEY_")]
    assert list(without["compose"]["secrets"]) == service()["secrets"] == ["mysql_password"]
    given = {"webapp_valkey_host": "10.0.0.2", "webapp_valkey_password": "k'\"ey"}
    got = options(**given)
    container = got["compose"]["services"]["webapp"]
    told = {name: v for name, v in container["environment"].items() if name.startswith("VALKEY_")}
    assert told == {
        "VALKEY_HOST": "10.0.0.2",
        "VALKEY_PORT": "6379",
        "VALKEY_USER": "webapp",
        "VALKEY_PASSWORD_FILE": "/run/secrets/valkey_password",
    }
    assert container["secrets"] == list(got["compose"]["secrets"]) == list(got["secrets"])
    assert got["secrets"]["valkey_password"] == given["webapp_valkey_password"]
    assert given["webapp_valkey_password"] not in str(got["compose"])


def test_valkey_without_a_password_is_refused() -> None:
    (problem,) = problems(webapp_valkey_host="10.0.0.2")
    assert problem.startswith("webapp_valkey_password: is empty")


def test_program_of_the_container_may_be_another_one() -> None:
    given = {"webapp_entrypoint": ["/bin/shop"], "webapp_command": ["serve", "$PORT"]}
    got = service(**given, webapp_memory_limit="512m")
    assert (got["entrypoint"], got["command"]) == (["/bin/shop"], ["serve", "$PORT"])
    assert got["mem_limit"] == "512m"


def test_volumes_have_names_that_outlast_releases() -> None:
    volumes = [{"name": "uploads", "path": "/srv/up"}, {"name": "a.b-c", "path": "/srv/abc"}]
    project = options(webapp_volumes=volumes)["compose"]
    assert project["services"]["webapp"]["volumes"] == ["uploads:/srv/up", "a.b-c:/srv/abc"]
    assert project["volumes"] == {
        "uploads": {"name": "peerlb-webapp-uploads"},
        "a.b-c": {"name": "peerlb-webapp-a.b-c"},
    }
    assert options()["compose"]["volumes"] == {}


def test_variables_reach_the_options_of_their_names() -> None:
    given = {
        "digest": ("webapp_image_digest", "sha256:aa"),
        "first_command": ("webapp_first_command", ["migrate", "--yes"]),
        "keep": ("webapp_releases_kept", 3),
        "operator": ("webapp_operator", "ada"),
        "owner": ("webapp_user", 33),
        "reason": ("webapp_reason", "why"),
        "renewing": ("webapp_renewing", True),
        "test_only": ("webapp_test_only", True),
        "timeout": ("webapp_start_timeout", 7.0),
    }
    got = options(**dict(given.values()))
    assert {option: (given[option][0], got[option]) for option in given} == given


def test_what_the_former_version_left_is_named() -> None:
    assert call()["obsolete"] == ["compose.yml", "secrets", "source"]


@pytest.mark.parametrize("change", ["edit", "add", "rename"])
def test_changed_source_changes_the_name_of_the_image(tmp_path: Path, change: str) -> None:
    role = tmp_path / "webapp"
    shutil.copytree(ROLE, role)

    def name(role: Path) -> str:
        return built_name("webapp", "1.0.0", options(role)["context"], {})

    before = name(role)
    assert before == name(ROLE)
    template = role / "files/app/peerlb_webapp/templates/home.html"
    if change == "edit":
        template.write_text(template.read_text() + "<!-- -->")
    elif change == "add":
        template.with_name("new.html").write_text("new")
    else:
        template.rename(template.with_name("house.html"))
    assert name(role) != before
    assert re.fullmatch(r"peerlb-webapp:1\.0\.0-[0-9a-f]{12}", before)


def test_every_file_of_the_source_is_in_the_context() -> None:
    app = ROLE / "files/app"
    source = {
        str(path.relative_to(app)): path.read_bytes()
        for path in app.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert read_context(options()["context"]) == source


def test_valid_variables_have_no_problem() -> None:
    assert problems() == []
    volumes = [{"name": "uploads", "path": "/var/lib/app/uploads"}]
    assert problems(webapp_volumes=volumes, webapp_server_name="shop.example") == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("webapp_port", 70000),
        ("webapp_port", "0"),
        ("webapp_container_port", -1),
        ("webapp_mysql_port", 65536),
        ("webapp_valkey_port", 0),
        ("webapp_valkey_password", 42798),
        ("webapp_valkey_password", "two\nlines"),
        ("webapp_publish_address", "10.1.0.256"),
        ("webapp_publish_address", "10.1.0"),
        ("webapp_publish_address", "0::1"),
        ("webapp_mysql_host", ""),
        ("webapp_mysql_password", ""),
        ("webapp_mysql_password", None),
        ("webapp_mysql_password", "two\nlines"),
        ("webapp_mysql_password", 42798),
        ("webapp_mysql_password", True),
        ("webapp_mysql_database", "mysql"),
        ("webapp_mysql_database", "Information_Schema"),
        ("webapp_version", "1 0"),
        ("webapp_version", 1.10),
        ("webapp_health_path", "healthz"),
        ("webapp_health_path", "/a path"),
        ("webapp_server_name", "shop.example\r\nX: y"),
        ("webapp_volumes", [{"name": "up/loads", "path": "/srv"}]),
        ("webapp_volumes", [{"name": "uploads", "path": "srv"}]),
        ("webapp_volumes", [{"name": "uploads", "path": "/srv:ro"}]),
    ],
)
def test_problem_names_the_bad_variable(name: str, value: t.Any) -> None:
    given = {"webapp_container_port": 3000, name: value}
    (problem,) = problems(**given)
    assert problem.startswith(f"{name}: ")
    assert "two" not in problem
