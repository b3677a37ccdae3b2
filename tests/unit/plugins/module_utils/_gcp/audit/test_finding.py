# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.finding import (
    FINDINGS,
    SEVERITIES,
    Finding,
    by_severity,
)


def test_findings_are_ordered_by_severity() -> None:
    ping, closed, other = (
        Finding("excess-ping", "a", "x"),
        Finding("flow-closed", "b", "x"),
        Finding("flow-closed", "a", "x"),
    )
    assert by_severity([ping, closed, other, closed]) == [other, closed, ping]


def test_record_has_the_severity_of_its_id() -> None:
    assert Finding("flow-closed", "a", "why", "gcloud").record() == {
        "id": "flow-closed",
        "severity": "error",
        "object": "a",
        "explanation": "why",
        "command": "gcloud",
    }
    assert set(FINDINGS.values()) == set(SEVERITIES)
