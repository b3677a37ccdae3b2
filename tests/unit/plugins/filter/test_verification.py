# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import subprocess

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


@pytest.mark.parametrize("kept_by_git", [True, False])
def test_report_says_what_it_is_about(inventory, tmp_path, kept_by_git) -> None:
    declaration, groups, hostvars = inventory.read()
    model = derived.derived(declaration, groups, hostvars)["model"]
    place = tmp_path / "lab"
    place.mkdir()
    words = "the stack of lab"
    if kept_by_git:
        author = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        for command in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "one"]):
            subprocess.run(["git", "-C", place, *command], check=True)
        show = ["git", "-C", place, "log", "-1", "--format=%h"]
        words += f", commit {subprocess.check_output(show, text=True).strip()}"
    named = {name: {"inventory_dir": str(place)} for name in groups["all"]}
    found = filters.verification(model, groups, named, play_hosts=["localhost"])
    assert found["report"]["subject"] == words
    assert f"Who reaches whom in {words}</title>" in filters.report_html(found["report"])


def test_inventory_without_a_place_has_no_name(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    model = derived.derived(declaration, groups, hostvars)["model"]
    named = {name: {"inventory_dir": None} for name in groups["all"]}
    found = filters.verification(model, groups, named, play_hosts=["localhost"])
    assert found["report"]["subject"] == ""
    assert "Who reaches whom</title>" in filters.report_html(found["report"])
