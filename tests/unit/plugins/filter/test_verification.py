# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import derived, topology
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


def test_wrong_declaration_is_an_error_of_the_filter(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    wrong = {**declaration, "peerings": [["vpc-db", "vpc-nowhere"]]}
    with pytest.raises(AnsibleFilterError, match="vpc-nowhere"):
        filters.verification_report(
            wrong, groups, hostvars, results=[], sources=[], generated_at="now"
        )


def test_verification_reads_what_the_tasks_registered(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    registered = {
        name: {"__verify_probes": {"results": []}} for name in ("lb1", "web1", "web2", "db1")
    }
    registered["client"] = {"__verify_probes": {"results": []}, "verify_path": "/mysql"}
    model = derived.derived(declaration, groups, hostvars)["model"]
    found = filters.verification(model, groups, registered, play_hosts=["localhost", *registered])
    assert found["problems"] == [
        "the application does not reach MySQL: no answer",
        "how the load balancer balances could not be measured",
    ]
    assert found["service"][0] == "/mysql: no answer"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", found["report"]["generated_at"])
