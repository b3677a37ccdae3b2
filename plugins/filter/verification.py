# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the playbook verify. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import shutil
import subprocess
import typing as t
from datetime import datetime, timezone
from pathlib import PurePath

from ..plugin_utils._derive.application import Application
from ..plugin_utils._hostvars import registered
from ..plugin_utils._inventory import (
    Inventory,
    errors_for_ansible,
    from_declaration,
    load_inventory,
)
from ..plugin_utils._report.data import report as _report_data
from ..plugin_utils._report.page import page as _report_html
from ..plugin_utils._stack import STACK
from ..plugin_utils._verification import evidence
from ..plugin_utils._verification import verification as _verification


def verification(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    play_hosts: t.Sequence[str],
    generated_at: str = "",
) -> dict[str, t.Any]:
    """Return what is not as declared, what was not judged, and the report."""
    with errors_for_ansible():
        inventory = load_inventory(source, groups, hostvars)
        application = Application.of(inventory.topology, STACK, inventory.variables)
    hosts = dict.fromkeys([*STACK.hosts(groups), *play_hosts, evidence.client_of(groups)])
    variables = registered(hostvars, hosts, *evidence.NAMES)
    found = _verification.verification(
        inventory.topology,
        evidence.Evidence.of(STACK, groups, play_hosts, variables, application),
        generated_at or datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
    found["report"]["subject"] = subject(hostvars, STACK.hosts(groups)[0])
    return found


def subject(hostvars: t.Any, host: str) -> str:
    """Return what a report is about: "the stack of lab, commit 3f9a1c5"; "" if it has no name.

    The name is that of the directory of the host's inventory. Not every inventory is kept by git.
    """
    place = str((hostvars.get(host) or {}).get("inventory_dir") or "")
    if not place:
        return ""
    git, words = shutil.which("git"), ["-C", place, "rev-parse", "--short", "HEAD"]
    asked = [git, *words] if git else ["true"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return f"the stack of {PurePath(place).name}" + (f", commit {commit}" if commit else "")


@from_declaration
def verification_report(inventory: Inventory, **options: t.Any) -> dict[str, t.Any]:
    """Return the report of results of probes."""
    return _report_data.verification_report(inventory.topology, **options)


def report_html(report: dict[str, t.Any]) -> str:
    """Return a report as a page."""
    return _report_html.report_html(report)


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "report_html": report_html,
            "verification": verification,
            "verification_report": verification_report,
        }
