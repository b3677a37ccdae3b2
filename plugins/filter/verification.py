# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verify finds and leaves behind. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from ..plugin_utils._inventory import (
    Declared,
    declared,
    errors_for_ansible,
    from_declaration,
    registered,
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
    with errors_for_ansible():
        given = declared(source, groups, hostvars)
    hosts = dict.fromkeys([*STACK.hosts(groups), *play_hosts, evidence.client_of(groups)])
    found = registered(hostvars, hosts, *evidence.NAMES)
    return _verification.verification(
        given.topology,
        evidence.Evidence.of(STACK, groups, play_hosts, found),
        generated_at or datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )


@from_declaration
def verification_report(given: Declared, **options: t.Any) -> dict[str, t.Any]:
    return _report_data.verification_report(given.topology, **options)


def report_html(report: dict[str, t.Any]) -> str:
    return _report_html.report_html(report)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "report_html": report_html,
            "verification": verification,
            "verification_report": verification_report,
        }
