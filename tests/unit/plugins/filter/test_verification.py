# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import topology
from ansible_collections.peerlb.stack.plugins.filter import verification as filters


def probe(target: dict) -> dict:
    state = target["expect"] if target["expect"] == "open" else "timeout"
    return {**target, "state": state, "detail": "", "latency_ms": 1.0, "ok": True}


def test_report_of_an_inventory_and_its_page(inventory) -> None:
    targets = topology.probe_targets(*inventory.read(), source="web1")
    report = filters.verification_report(
        *inventory.read(),
        results=[probe(target) for target in targets],
        sources=["web1", "localhost"],
        generated_at="now",
    )
    assert report["summary"]["ok"] == len(targets)
    assert report["summary"]["not_probed"] == len(report["matrix"]["localhost"]) > 0
    page = filters.report_html(report)
    # Ansible takes no kind of text but its own and this one.
    assert page.__class__ is str
    assert "Written by peerlb.stack at now" in page


def test_wrong_declaration_is_named(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    wrong = {**declaration, "peerings": [["vpc-db", "vpc-nowhere"]]}
    with pytest.raises(AnsibleFilterError, match="vpc-nowhere"):
        filters.verification_report(
            wrong, groups, hostvars, results=[], sources=[], generated_at="now"
        )
