# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._preview.state import read_state

SKIPPED = {"skipped": True, "changed": False}
NOTE = {"content": base64.b64encode(json.dumps({"flows": []}).encode()).decode()}
CONTAINERS = [{"Name": "/peerlb-mysql"}]


def registered(**changes) -> dict:
    """Return what a database server registers, whose name in the play begins with __."""
    found = {
        "release_info": SKIPPED,
        "preview_note": SKIPPED,
        "preview_container": {"rc": 0, "stdout": json.dumps(CONTAINERS), "stderr": ""},
        "preview_accounts": {"rc": 0, "stdout_lines": ["webapp@%"]},
        **changes,
    }
    return {f"__{name}": result for name, result in found.items()}


def test_state_of_a_database_server() -> None:
    assert read_state(registered()) == {
        "release": None,
        "note": None,
        "containers": CONTAINERS,
        "accounts": ["webapp@%"],
    }


def test_state_of_a_load_balancer() -> None:
    release = {"declared": [], "listeners": []}
    found = read_state(
        registered(
            release_info=release,
            preview_note=NOTE,
            preview_container=SKIPPED,
            preview_accounts=SKIPPED,
        )
    )
    assert found == {
        "release": release,
        "note": {"flows": []},
        "containers": None,
        "accounts": None,
    }


def test_missing_note_is_empty() -> None:
    failed = {"msg": "file not found: /opt/peerlb/declaration.json"}
    assert read_state(registered(preview_note=failed))["note"] == {}


@pytest.mark.parametrize(
    "container",
    [
        {"rc": 1, "stdout": "[]", "stderr": "Error: No such container: peerlb-mysql"},
        {"failed": True, "msg": "[Errno 2] No such file or directory: b'docker'"},
    ],
)
def test_host_without_container_or_docker_has_empty_parts(container) -> None:
    found = read_state(registered(preview_container=container, preview_accounts={"rc": 1}))
    assert (found["containers"], found["accounts"]) == ([], [])


def test_one_of_two_containers_may_be_missing() -> None:
    shown = {"rc": 1, "stdout": json.dumps(CONTAINERS), "stderr": "No such container: x"}
    assert read_state(registered(preview_container=shown))["containers"] == CONTAINERS


@pytest.mark.parametrize(
    "container", [{"rc": 1, "stdout": "", "stderr": "permission denied"}, {"msg": "timed out"}, {}]
)
def test_parts_are_unknown_after_another_error(container) -> None:
    found = read_state(registered(preview_container=container, preview_accounts={"rc": 1}))
    assert (found["containers"], found["accounts"]) == (None, None)


@pytest.mark.parametrize("name", ["release_info", "preview_container"])
def test_unreachable_host_has_no_state(name) -> None:
    assert read_state(registered(**{name: {"unreachable": True, "msg": "timed out"}})) is None
