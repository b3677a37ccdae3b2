# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.modules import gcp_network_audit
from support import gcp_samples

HOSTS = {name: {"ansible_host": address} for name, address in gcp_samples.ADDRESSES.items()}
DECLARED = {
    "topology": gcp_samples.DECLARATION,
    "inventory": {"groups": gcp_samples.GROUPS, "hosts": HOSTS},
}


@pytest.mark.parametrize("check_mode", [False, True])
def test_project_is_audited(run_module, check_mode) -> None:
    document = gcp_samples.stack()
    document["instances"][3]["status"] = "TERMINATED"
    found = run_module(gcp_network_audit, project=document, check_mode=check_mode, **DECLARED)
    assert found["changed"] is False
    assert found["summary"] == {"error": 1, "warning": 0, "info": 0}
    assert found["findings"][0]["id"] == "vm-not-running"
    assert [entry["way"] for entry in found["ways_out"]] == ["external", "nat", "nat", "nat"]


def test_saved_project_has_the_same_findings(run_module, tmp_path) -> None:
    document = gcp_samples.stack()
    document["firewalls"].pop()
    path = tmp_path / "project.json"
    path.write_text(json.dumps(document))
    given = run_module(gcp_network_audit, project=document, **DECLARED)
    saved = run_module(gcp_network_audit, path=str(path), **DECLARED)
    assert saved["findings"] == given["findings"] != []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "one of the following is required: project, path"),
        ({"path": "/nowhere.json"}, "path /nowhere.json: [Errno 2] No such file or directory"),
        ({"project": {"msg": "x"}}, "project: is not what gcp_network_info returns as project"),
        (
            {"project": {"networks": [{"name": "a"}]}},
            "networks[0] a: selfLink is missing",
        ),
        (
            {"project": gcp_samples.stack(), "topology": {"networks": []}},
            "topology.networks: declares no network",
        ),
    ],
)
def test_refusals(run_module, changes, message) -> None:
    found = run_module(gcp_network_audit, **{**DECLARED, **changes})
    assert found["failed"] is True
    assert message in found["msg"]


def test_error_names_file_that_is_no_json(run_module, tmp_path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    found = run_module(gcp_network_audit, path=str(path), **DECLARED)
    assert found["msg"].startswith(f"path {path}: Expecting property name")


def test_documentations_samples_have_the_keys_of_the_results(run_module) -> None:
    document = gcp_samples.stack()
    document["firewalls"] = []
    found = run_module(gcp_network_audit, project=document, **DECLARED)
    told = yaml.safe_load(gcp_network_audit.RETURN)
    assert set(told) == set(found) - {"changed", "invocation"}
    assert set(told["findings"]["contains"]) == set(found["findings"][0])
    for name in ("findings", "ways_out"):
        assert set(told[name]["sample"][0]) == set(found[name][0])
    for name in ("summary", "judged"):
        assert set(told[name]["sample"]) == set(found[name])
