# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.audit import FilterModule
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.audit import audit
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from support import gcp_samples

FILTERS = FilterModule().filters()


def test_inventory_hosts_have_no_secrets(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    found = FILTERS["inventory_hosts"](declaration, groups, hostvars)
    assert found["hosts"]["lb1"] == {"ansible_host": "10.0.0.2"}
    assert "oyster" not in str(found)
    topology = read_topology(declaration, found["groups"], found["hosts"])
    assert topology == read_topology(declaration, groups, found["hosts"])
    assert [host.name for host in topology.members("webapp")] == ["web1", "web2"]


def test_wrong_declaration_is_an_error_of_the_filter(inventory) -> None:
    _declaration, groups, hostvars = inventory.read()
    with pytest.raises(AnsibleFilterError, match="declares no network"):
        FILTERS["inventory_hosts"]({"networks": []}, groups, hostvars)


def test_audit_as_table_and_as_page() -> None:
    found = audit(gcp_samples.topology(), gcp_samples.stack())
    assert FILTERS["audit_table"](found)[-2].endswith("0 errors, 0 warnings, 0 for information")
    page = FILTERS["audit_html"]({**found, "generated_at": "now"})
    assert page.__class__ is str
    assert "<h1>✓ The project is as declared</h1>" in page


def test_page_joins_the_report_of_a_verification() -> None:
    from support import report_samples

    found = audit(gcp_samples.topology(), gcp_samples.stack())
    page = FILTERS["audit_html"](found, report=report_samples.well())
    assert page.index("Who reaches whom") < page.index("<h2>The project</h2>")
    assert "<h2>The project</h2>" not in FILTERS["audit_html"](found, report={})[:200]
