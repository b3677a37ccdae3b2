# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the playbook audit. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t

from ..plugin_utils._inventory import errors_for_ansible, read_inventory
from ..plugin_utils._report.page import page as _report_html
from ..plugin_utils._report.text import audit as _report_text


def inventory_hosts(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> dict[str, t.Any]:
    """Return the groups, and the variables of each host that the model is made from."""
    with errors_for_ansible():
        variables = read_inventory(declaration, groups, hostvars).variables
    hosts = {
        host: {name: value for name, value in own.items() if value is not None}
        for host, own in variables.items()
    }
    return {"groups": {name: list(members) for name, members in groups.items()}, "hosts": hosts}


def audit_table(audit: dict[str, t.Any]) -> list[str]:
    """Return what an audit found, as lines."""
    return _report_text.audit_lines(audit)


def audit_html(audit: dict[str, t.Any], report: dict[str, t.Any] | None = None) -> str:
    """Return what an audit found as a page, or as a part of the page of a report."""
    if report:
        return _report_html.report_html({**report, "project": audit})
    return _report_html.audit_html(audit)


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "audit_html": audit_html,
            "audit_table": audit_table,
            "inventory_hosts": inventory_hosts,
        }
