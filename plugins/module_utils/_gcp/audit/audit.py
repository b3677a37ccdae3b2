# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit a cloud project against the declaration."""

from __future__ import annotations

import collections
import typing as t

from ..._topology.model import Topology
from ..project.document import read_project
from .comparison import Comparison
from .dead import dead_findings
from .egress import egress_findings
from .excess import excess_findings
from .finding import SEVERITIES, by_severity
from .flows import flow_findings, management_findings
from .hosts import host_findings
from .networks import gap_findings, network_findings
from .peerings import peering_findings
from .ways import way_findings, ways

PARTS = (
    gap_findings,
    network_findings,
    peering_findings,
    host_findings,
    flow_findings,
    management_findings,
    excess_findings,
)


def audit(topology: Topology, document: t.Any) -> dict[str, t.Any]:
    """Return what the module gcp_network_audit returns; its documentation has an example.

    The document is what gcp_network_info returns as `project`. ProjectError says why it is not.
    """
    comparison = Comparison(topology, read_project(document))
    ways_out = ways(comparison)
    findings = [finding for part in PARTS for finding in part(comparison)]
    findings += [*way_findings(comparison, ways_out), *egress_findings(comparison, ways_out)]
    # Last, because which rules decide nothing depends on the faults that the others found.
    findings = by_severity([*findings, *dead_findings(comparison, findings)])
    counts = collections.Counter(finding.severity for finding in findings)
    return {
        "findings": [finding.record() for finding in findings],
        "summary": {severity: counts[severity] for severity in SEVERITIES},
        "ways_out": [
            {"vm": name, "way": way.kind, "via": way.via} for name, way in ways_out.items()
        ],
        "judged": _judged(comparison),
    }


def _judged(comparison: Comparison) -> dict[str, t.Any]:
    project = comparison.project
    return {
        "project": project.name,
        "vms": len(comparison.attachments),
        "flows": len(comparison.topology.flows),
        "rules": sum(map(len, project.firewalls.values())),
        "policies": len({each.name for own in project.policies.values() for each in own}),
    }
