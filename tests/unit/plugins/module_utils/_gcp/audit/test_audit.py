# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.finding import FINDINGS
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.values import ProjectError
from support import ROOT, gcp_samples
from support.gcp_samples import allow


def test_project_as_declared_has_no_finding() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    assert found["findings"] == []
    assert found["summary"] == {"error": 0, "warning": 0, "info": 0}
    assert found["judged"] == {"project": "acme", "vms": 4, "flows": 4, "rules": 7, "policies": 0}


def test_errors_come_first_and_findings_are_counted() -> None:
    document = gcp_samples.stack()
    document["firewalls"].append(allow("vpc-lb", "ping", "icmp", "0.0.0.0/0"))
    document["firewalls"].append(allow("vpc-lb", "old", "icmp", "0.0.0.0/0", targetTags=["gone"]))
    document["networks"][1]["peerings"] = []
    found = audit(gcp_samples.topology(), document)
    assert [each["severity"] for each in found["findings"]] == ["error", "warning", "info"]
    assert found["summary"] == {"error": 1, "warning": 1, "info": 1}
    assert all(set(each) == set(found["findings"][0]) for each in found["findings"])


def test_empty_project_lacks_each_network_and_host() -> None:
    empty = {key: [] for key in gcp_samples.stack() if key not in ("project", "calls")}
    found = audit(gcp_samples.topology(), {"project": "acme", **empty})
    kinds = {each["id"] for each in found["findings"]}
    assert kinds == {"network-missing", "vm-missing"}


def test_document_that_is_no_project_is_refused() -> None:
    with pytest.raises(ProjectError, match="is not what gcp_network_info returns"):
        audit(gcp_samples.topology(), {"changed": False})


def test_every_finding_is_in_the_documentation() -> None:
    page = (ROOT / "docs/google-cloud.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning|info) \|", page, re.MULTILINE)
    assert rows == list(FINDINGS.items())
