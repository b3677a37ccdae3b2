# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import re

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._preview.state import RESULTS, read_state
from support import ROOT

SKIPPED = {"skipped": True, "changed": False}
NOTE = {"content": base64.b64encode(json.dumps({"flows": []}).encode()).decode()}
MYSQL = {"effect": "keep", "differs": []}


def registered(**changes) -> dict:
    """Return what a database server registers, whose name in the play begins with __."""
    found = {
        "release_info": SKIPPED,
        "preview_note": SKIPPED,
        "preview_accounts": {"rc": 0, "stdout_lines": ["webapp@%"]},
        "mysql_release": MYSQL,
        **changes,
    }
    return {f"__{name}": result for name, result in found.items()}


def test_state_of_a_database_server() -> None:
    assert read_state(registered()) == {
        "release": None,
        "note": None,
        "services": {"mysql": MYSQL, "webapp": None, "nginx_lb": None},
        "accounts": ["webapp@%"],
    }


def test_state_of_a_load_balancer() -> None:
    release = {"declared": [], "listeners": []}
    results = {"__release_info": release, "__preview_note": NOTE, "__nginx_lb_release": MYSQL}
    assert read_state({**results, "__preview_accounts": SKIPPED}) == {
        "release": release,
        "note": {"flows": []},
        "services": {"mysql": None, "webapp": None, "nginx_lb": MYSQL},
        "accounts": None,
    }


def test_missing_note_is_empty() -> None:
    failed = {"msg": "file not found: /opt/peerlb/declaration.json"}
    assert read_state(registered(preview_note=failed))["note"] == {}


def test_service_that_failed_before_its_module_is_told_by_the_failure() -> None:
    failures = {"webapp": {"failed": True, "msg": "webapp_port is no port"}, "mysql": {"msg": "x"}}
    found = read_state(registered(preview_failures=failures))["services"]
    assert (found["webapp"], found["mysql"]) == (failures["webapp"], MYSQL)


@pytest.mark.parametrize(
    ("mysql", "accounts"),
    [({"effect": "create"}, []), ({"effect": "start"}, None), ({"failed": True}, None), ({}, None)],
)
def test_only_a_host_without_mysql_is_known_to_have_no_accounts(mysql, accounts) -> None:
    found = read_state(registered(mysql_release=mysql, preview_accounts={"rc": 127}))
    assert found["accounts"] == accounts


@pytest.mark.parametrize("name", ["release_info", "mysql_release", "webapp_release"])
def test_unreachable_host_has_no_state(name) -> None:
    assert read_state(registered(**{name: {"unreachable": True, "msg": "timed out"}})) is None


def test_results_are_those_that_tasks_register() -> None:
    names = {"playbooks/preview.yml", "playbooks/steps/*.yml", "roles/*/tasks/main.yml"}
    texts = [path.read_text() for name in names for path in ROOT.glob(name)]
    tasks = {word for text in texts for word in re.findall(r"register: (\w+)", text)}
    assert {*RESULTS} - tasks == {"__preview_failures"}
