# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report that verify leaves behind. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._inventory import model
from ..plugin_utils._report.data import report as _report_data
from ..plugin_utils._report.page import page as _report_html


def verification_report(
    declaration: t.Any, groups: t.Any, hostvars: t.Any, **options: t.Any
) -> dict[str, t.Any]:
    try:
        topology, _values = model(declaration, groups, hostvars)
    except TopologyError as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return _report_data.verification_report(topology, **options)


def report_html(report: dict[str, t.Any]) -> str:
    return _report_html.report_html(report)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"report_html": report_html, "verification_report": verification_report}
