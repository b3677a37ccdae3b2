# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the role's variables and templates, evaluated by Ansible itself."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.peerlb.stack.plugins.lookup.build_context import pack
from support import ROOT

ROLE = ROOT / "roles/webapp"

GIVEN = {
    "inventory_hostname": "web1",
    "webapp_publish_address": "10.1.0.2",
    "webapp_mysql_host": "10.0.0.2",
    "webapp_mysql_password": "s3cret",
}


def templar(role: Path = ROLE, **given: t.Any) -> Templar:
    """Return Ansible's template engine with the role's variables. Those *given* win."""
    loader = DataLoader()
    variables = {"role_path": str(role), "ansible_search_path": [str(role)]}
    for part in ("defaults", "vars"):
        path = str(role / part / "main.yml")
        variables.update(loader.load_from_file(path, trusted_as_template=True))
    return Templar(loader=loader, variables={**variables, **GIVEN, **given})


def evaluate(expression: str, role: Path = ROLE, **given: t.Any) -> t.Any:
    """Return the value of a Jinja expression."""
    return templar(role, **given).template(trust_as_template("{{ " + expression + " }}"))


def compose(**given: t.Any) -> dict[str, t.Any]:
    """Return the role's Compose project, as the module gets it."""
    return evaluate("__webapp_compose", **given)


def service(**given: t.Any) -> dict[str, t.Any]:
    """Return the only service of the Compose project."""
    return compose(**given)["services"]["webapp"]


def problems(**given: t.Any) -> list[str]:
    """Return the problems that the role finds in the variables."""
    return evaluate("__webapp_problems", **given)


def arguments() -> dict[str, t.Any]:
    """Return what the role gives to the module."""
    (task,) = [
        task["peerlb.stack.service_release"]
        for task in DataLoader().load_from_file(
            str(ROLE / "tasks/main.yml"), trusted_as_template=True
        )
        if "peerlb.stack.service_release" in task
    ]
    return task


@pytest.mark.parametrize("value", [3, True, None, 1.10])
def test_environment_that_is_not_text_is_refused_by_name(value: t.Any) -> None:
    (problem,) = problems(webapp_environment={"X": value})
    assert problem.startswith("webapp_environment: X: ")
    assert problem.endswith("quote it")


def test_own_environment_is_text_and_no_part_of_the_project() -> None:
    assert all(isinstance(value, str) for value in service()["environment"].values())
    assert service(webapp_environment={"TOKEN": "s"})["environment"] == service()["environment"]
    text = templar(webapp_environment={"TOKEN": 'it\'s "$x"'}).template(arguments()["environment"])
    assert json.loads(text) == {"TOKEN": 'it\'s "$x"'}
    # Older versions of Ansible make a dictionary of a text that begins with a brace.
    assert text.startswith(" ")


def test_password_is_a_secret_of_the_release() -> None:
    assert arguments()["secrets"] == {"mysql_password": "{{ webapp_mysql_password }}"}
    assert compose()["secrets"]["mysql_password"] == {"file": "./secrets/mysql_password"}


def test_compose_project_has_no_password() -> None:
    text = str(compose())
    assert "s3cret" not in text
    assert "/run/secrets/mysql_password" in text


def test_container_has_few_rights() -> None:
    wanted = {
        "user": "10001:10001",
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": [],
        "security_opt": ["no-new-privileges:true"],
        "restart": "always",
        "ports": ["10.1.0.2:3000:3000"],
    }
    got = service()
    assert {key: got[key] for key in wanted} == wanted
    assert got["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert got["mem_limit"] is got["command"] is got["entrypoint"] is None


@pytest.mark.parametrize("text", ["false", "no"])
def test_boolean_from_the_command_line_may_be_text(text: str) -> None:
    assert service(webapp_read_only=text)["read_only"] is False


def test_published_image_is_not_built_and_keeps_its_own_health_check() -> None:
    other = service(webapp_image="registry.example/other:2", webapp_container_port=8080)
    assert other["ports"] == ["10.1.0.2:3000:8080"]
    assert other["healthcheck"] is None
    given = {"webapp_image": "registry.example/other:2"}
    found = {name: templar(**given).template(arguments()[name]) for name in ("context", "image")}
    assert found == {"context": "", "image": "registry.example/other:2"}


def test_given_health_check_is_used() -> None:
    got = service(webapp_image="x:1", webapp_healthcheck=["CMD", "/check", "$x"])
    assert got["healthcheck"]["test"] == ["CMD", "/check", "$x"]


def test_settings_of_an_own_application_reach_compose() -> None:
    got = compose(
        webapp_volumes=[{"name": "uploads", "path": "/data"}, {"name": "db", "path": "/db"}],
        webapp_command=["serve"],
        webapp_entrypoint=["/run"],
        webapp_memory_limit="512m",
    )
    web = got["services"]["webapp"]
    assert (web["command"], web["entrypoint"], web["mem_limit"]) == (["serve"], ["/run"], "512m")
    assert web["volumes"] == ["uploads:/data", "db:/db"]
    assert got["volumes"] == {
        "uploads": {"name": "peerlb-webapp-uploads"},
        "db": {"name": "peerlb-webapp-db"},
    }
    assert compose()["volumes"] == {}


def test_source_is_built_from_all_its_files() -> None:
    # The lookup is called as such: which plugins a templar finds depends on what was imported.
    assert (
        "lookup('peerlb.stack.build_context', role_path ~ '/files/app')" in arguments()["context"]
    )
    archive = pack(ROLE / "files/app")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as tar:
        files = tar.getnames()
    app = ROLE / "files/app"
    assert set(files) == {
        str(path.relative_to(app))
        for path in app.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert templar().template(arguments()["build_arguments"]) == {
        "PYTHON_IMAGE": "python:3.13-slim"
    }


def test_valid_variables_have_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("webapp_port", 70000),
        ("webapp_port", "0"),
        ("webapp_container_port", -1),
        ("webapp_mysql_port", 65536),
        ("webapp_publish_address", "10.1.0.256"),
        ("webapp_publish_address", "10.1.0"),
        ("webapp_publish_address", "0::1"),
        ("webapp_mysql_host", ""),
        ("webapp_mysql_password", ""),
        ("webapp_mysql_password", None),
        ("webapp_mysql_password", "two\nlines"),
        ("webapp_version", "1 0"),
        ("webapp_version", 1.10),
        ("webapp_health_path", "healthz"),
    ],
)
def test_problem_names_the_bad_variable(name: str, value: t.Any) -> None:
    given = {"webapp_container_port": 3000, name: value}
    (problem,) = problems(**given)
    assert problem.startswith(f"{name}: ")
    assert "two" not in problem
