# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit a cloud project against the declaration. No Ansible, no I/O."""

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
    """Return what is found, the gravest first, and each VM's way to packages.

    The document is what gcp_network_info returns as project; a ProjectError says why it is not.
    """
    comparison = Comparison(topology, read_project(document))
    leading = ways(comparison)
    found = [finding for part in PARTS for finding in part(comparison)]
    found += [*way_findings(comparison, leading), *egress_findings(comparison, leading)]
    found = by_severity([*found, *dead_findings(comparison, found)])
    counts = collections.Counter(finding.severity for finding in found)
    return {
        "findings": [finding.record() for finding in found],
        "summary": {severity: counts[severity] for severity in SEVERITIES},
        "ways_out": [
            {"vm": name, "way": way.kind, "via": way.via} for name, way in leading.items()
        ],
        "judged": {
            "project": comparison.project.name,
            "vms": len(comparison.attachments),
            "flows": len(topology.flows),
            "rules": sum(map(len, comparison.project.firewalls.values())),
            "policies": len({p.name for own in comparison.project.policies.values() for p in own}),
        },
    }
