# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audit a cloud project against the declaration. No Ansible, no I/O.

This module util is private to the collection.
"""

from __future__ import annotations

import collections
import typing as t

from ._gcp_audit_dead import dead_findings
from ._gcp_audit_egress import egress_findings
from ._gcp_audit_excess import excess_findings
from ._gcp_audit_flows import flow_findings, management_findings
from ._gcp_audit_hosts import host_findings
from ._gcp_audit_networks import gap_findings, network_findings
from ._gcp_audit_peerings import peering_findings
from ._gcp_audit_ways import way_findings, ways
from ._gcp_finding import SEVERITIES, ordered
from ._gcp_model import project
from ._gcp_site import Site
from ._topology import Topology

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
    site = Site(topology, project(document))
    leading = ways(site)
    found = [finding for part in PARTS for finding in part(site)]
    found += [*way_findings(site, leading), *egress_findings(site, leading)]
    found = ordered([*found, *dead_findings(site, found)])
    counts = collections.Counter(finding.severity for finding in found)
    return {
        "findings": [finding.record() for finding in found],
        "summary": {severity: counts[severity] for severity in SEVERITIES},
        "ways_out": [
            {"vm": name, "way": way.kind, "via": way.via} for name, way in leading.items()
        ],
        "judged": {
            "project": site.project.name,
            "vms": len(site.seats),
            "flows": len(topology.flows),
            "rules": sum(map(len, site.project.firewalls.values())),
            "policies": len({p.name for own in site.project.policies.values() for p in own}),
        },
    }
