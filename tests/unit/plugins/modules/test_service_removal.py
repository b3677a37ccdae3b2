# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import service_removal


@pytest.fixture
def remove(run_module, monkeypatch, tmp_path):
    """Return a function that runs the module on a host with one service."""
    (tmp_path / "shop/releases").mkdir(parents=True)
    (tmp_path / "shop/password").touch()
    present = [True]

    def run(_self, command, **_options):
        if command[1] == "inspect":
            found = [{"State": {}}] if present else []
            return int(not found), json.dumps(found), "" if found else "Error: no such object"
        if command[1] == "rm":
            present.clear()
        return 0, "", ""

    monkeypatch.setattr(AnsibleModule, "run_command", run)
    options = {"service": "shop", "path": str(tmp_path / "shop")}
    return lambda **changes: run_module(service_removal, **{**options, **changes})


def test_six_steps(remove, tmp_path) -> None:
    predicted = remove(check_mode=True)
    assert predicted["goes"] == ["the container peerlb-shop", f"{tmp_path}/shop/releases"]
    assert (tmp_path / "shop/releases").exists()
    done = remove()
    assert (done["changed"], done["goes"]) == (True, predicted["goes"])
    assert done["stays"] == [f"{tmp_path}/shop/password"]
    assert (tmp_path / "shop/password").exists()
    for check_mode in (True, False):
        again = remove(check_mode=check_mode)
        assert (again["changed"], again["goes"]) == (False, [])
    assert remove(data="delete")["changed"]
    assert not (tmp_path / "shop/password").exists()
