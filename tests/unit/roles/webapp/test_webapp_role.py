# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the role's variables and templates, evaluated by Ansible itself."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from support import ROOT

ROLE = ROOT / "roles/webapp"

GIVEN = {
    "inventory_hostname": "web1",
    "webapp_publish_address": "10.1.0.2",
    "webapp_mysql_host": "10.0.0.2",
    "webapp_mysql_password": "s3cret",
    "__webapp_password_time": "1.5",
}


def templar(role: Path = ROLE, **given: t.Any) -> Templar:
    """Return Ansible's template engine with the role's variables. Those *given* win."""
    loader = DataLoader()
    variables = {"role_path": str(role), "ansible_managed": "managed"}
    for part in ("defaults", "vars"):
        path = str(role / part / "main.yml")
        variables.update(loader.load_from_file(path, trusted_as_template=True))
    return Templar(loader=loader, variables={**variables, **GIVEN, **given})


def evaluate(expression: str, role: Path = ROLE, **given: t.Any) -> t.Any:
    """Return the value of a Jinja expression."""
    return templar(role, **given).template(trust_as_template("{{ " + expression + " }}"))


def compose(**given: t.Any) -> dict[str, t.Any]:
    """Return the role's Compose project."""
    text = (ROLE / "templates/compose.yml.j2").read_text()
    return yaml.safe_load(templar(**given).template(trust_as_template(text)))


def service(**given: t.Any) -> dict[str, t.Any]:
    """Return the only service of the Compose project."""
    return compose(**given)["services"]["webapp"]


def problems(**given: t.Any) -> list[str]:
    """Return the problems that the preflight finds in the variables."""
    (task,) = DataLoader().load_from_file(
        str(ROLE / "tasks/preflight.yml"), trusted_as_template=True
    )
    return templar(**given, **task["vars"]).template(task["vars"]["__webapp_problems"])


@pytest.mark.parametrize(
    "value, arrives",
    [
        ('it\'s "quoted"', 'it\'s "quoted"'),
        ("$HOME ${x} $$", "$HOME ${x} $$"),
        ("two\nlines\n", "two\nlines\n"),
        ("ü € 😀", "ü € 😀"),
        ("a: b #c", "a: b #c"),
        ("back\\slash \\n", "back\\slash \\n"),
        ("", ""),
        (3, "3"),
        (True, "true"),
    ],
)
def test_environment_values_arrive_unchanged(value: t.Any, arrives: str) -> None:
    written = service(webapp_environment={"X": value})["environment"]["X"]
    assert "$" not in written.replace("$$", "")
    assert written.replace("$$", "$") == arrives


def test_given_environment_wins() -> None:
    assert service(webapp_environment={"WEBAPP_ZONE": "z"})["environment"]["WEBAPP_ZONE"] == "z"


def test_compose_project_has_no_password() -> None:
    text = yaml.safe_dump(compose())
    assert "s3cret" not in text
    assert "/run/secrets/mysql_password" in text


def test_container_has_few_rights() -> None:
    wanted = {
        "user": "10001:10001",
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": [],
        "security_opt": ["no-new-privileges:true"],
        "restart": "unless-stopped",
        "ports": ["10.1.0.2:3000:3000"],
    }
    got = service()
    assert {key: got[key] for key in wanted} == wanted
    assert got["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert "mem_limit" not in got


@pytest.mark.parametrize("text", ["false", "no"])
def test_boolean_from_the_command_line_may_be_text(text: str) -> None:
    assert service(webapp_read_only=text)["read_only"] is False


def test_published_image_is_not_built_and_keeps_its_own_health_check() -> None:
    other = service(webapp_image="registry.example/other:2", webapp_container_port=8080)
    assert other["image"] == "registry.example/other:2"
    assert other["ports"] == ["10.1.0.2:3000:8080"]
    assert not {"build", "healthcheck"} & set(other)


def test_given_health_check_is_used() -> None:
    got = service(webapp_image="x:1", webapp_healthcheck=["CMD", "/check", "$x"])
    assert got["healthcheck"]["test"] == ["CMD", "/check", "$$x"]


@pytest.mark.parametrize("change", ["edit", "add", "rename"])
def test_changed_source_changes_the_image_tag(tmp_path: Path, change: str) -> None:
    role = tmp_path / "webapp"
    shutil.copytree(ROLE, role)
    before = evaluate("__webapp_image", role)
    assert before == evaluate("__webapp_image")
    template = role / "files/app/peerlb_webapp/templates/home.html"
    if change == "edit":
        template.write_text(template.read_text() + "<!-- -->")
    elif change == "add":
        template.with_name("new.html").write_text("new")
    else:
        template.rename(template.with_name("house.html"))
    assert evaluate("__webapp_image", role) != before
    assert before.startswith("peerlb-webapp:1.0.0-")


def test_every_file_of_the_source_is_copied_and_the_dockerfile_last() -> None:
    app = ROLE / "files/app"
    source = {str(p) for p in app.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    files = evaluate("__webapp_missing_files")
    assert set(files) == source
    assert files[-1].endswith("/Dockerfile")


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
