# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit needs and shows. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..plugin_utils._inventory import errors_for_ansible, read_declared
from ..plugin_utils._report.page import page as _report_html
from ..plugin_utils._report.text import audit as _gcp_audit_text


def inventory_hosts(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> dict[str, t.Any]:
    with errors_for_ansible():
        values = read_declared(declaration, groups, hostvars).values
    hosts = {
        name: {key: value for key, value in own.items() if value is not None}
        for name, own in values.items()
    }
    return {"groups": {name: list(members) for name, members in groups.items()}, "hosts": hosts}


def audit_table(found: dict[str, t.Any]) -> list[str]:
    return _gcp_audit_text.audit_lines(found)


def audit_html(found: dict[str, t.Any], report: dict[str, t.Any] | None = None) -> str:
    if report:
        return _report_html.report_html({**report, "project": found})
    return _report_html.audit_html(found)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "audit_html": audit_html,
            "audit_table": audit_table,
            "inventory_hosts": inventory_hosts,
        }
