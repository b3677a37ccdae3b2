# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the service as a whole by what the playbook verify found. No Ansible, no I/O."""

from __future__ import annotations

import json
import typing as t

from ...module_utils._topology.model import Topology
from .._report.data.report import verification_report
from .._report.text.sample import sample_notes, sample_problems
from .._report.text.tables import PROBE_HEADS, probe_row, probe_sentence, table
from .evidence import Evidence

REQUESTS = 40  # what the playbook sends for the sample
OUTSIDE = "not judged, as outside of --limit"


def verification(topology: Topology, found: Evidence, generated_at: str) -> dict[str, t.Any]:
    """Return what verify shows, and the problems that make it fail.

    The result holds `table` (the probes) and `service` (the answers) as lines, `problems` and
    `unjudged` as sentences, `summary` as what to say in the end, and `report`.
    """
    results = [result for own in found.results.values() for result in own]
    troubles, notes = problems(found), unjudged(found)
    probed = f"{len(results)} probes from {len(found.results)} hosts are as declared"
    report = verification_report(
        topology,
        results,
        found.inside,
        generated_at,
        explanations=found.explanations,
        problems=troubles,
        unjudged=notes,
        service=_service(found),
        project=found.project,
    )
    return {
        "table": table(PROBE_HEADS, map(probe_row, results)),
        "service": service_lines(found),
        "problems": troubles,
        "unjudged": notes,
        "summary": [*(troubles or [probed]), *notes],
        "report": report,
    }


def problems(found: Evidence) -> list[str]:
    """Return a sentence for each thing that is not as declared."""
    lines = [] if found.inside else ["no host of the stack is inside --limit"]
    lines += [f"{host} was not probed" for host in found.inside if host not in found.results]
    lines += [
        probe_sentence(result)
        for own in found.results.values()
        for result in own
        if not result["ok"]
    ]
    if found.missing_ends:
        return lines
    if not found.connection_not_asked and not found.connection_works:
        lines.append(f"the application does not reach MySQL: {found.connection_answer}")
    if not found.sample or not found.pool:
        return [*lines, "how the load balancer balances could not be measured"]
    shares = found.sample, found.pool, REQUESTS, found.tolerance, found.served_by
    return lines + sample_problems(*shares)


def unjudged(found: Evidence) -> list[str]:
    """Return a sentence for each thing that was not judged, and why."""
    lines = [f"{OUTSIDE}: the probes of {', '.join(found.outside)}"] if found.outside else []
    if found.missing_ends:
        ends = ", ".join(found.missing_ends)
        what = "the shares of the members, and whether the application reaches MySQL"
        return [*lines, f"{OUTSIDE} ({ends}): {what}"]
    if found.sample and found.pool:
        lines += sample_notes(found.sample, found.pool)
    if found.connection_not_asked:
        lines.append(
            "not judged: whether the application reaches MySQL, as webapp_image is set and"
            " verify_path is not"
        )
    return lines


def service_lines(found: Evidence) -> list[str]:
    """Return how the service answered, or nothing where nobody could ask."""
    if found.missing_ends:
        return []
    answer = "not asked" if found.connection_not_asked else found.connection_answer
    served = json.dumps(found.sample.get("served_by") or {})
    median = found.sample.get("median_ms", "-")
    return [
        f"{found.path}: {answer}",
        f"{REQUESTS} requests from {found.client}: {served}, median {median} ms",
        f"release {found.release or 'none'} is live",
    ]


def _service(found: Evidence) -> dict[str, t.Any]:
    """Return the part of the report about the service, empty where nobody could ask."""
    if found.missing_ends:
        return {}
    body = found.connection.get("body") or ""
    return {
        **found.sample,
        **{"client": found.client, "connection": body, "release": found.release},
    }
