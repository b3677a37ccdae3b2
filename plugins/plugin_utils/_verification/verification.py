# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the service as a whole by what the playbook verify found."""

from __future__ import annotations

import json
import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._values.entries import listing
from .._explain.refusals import unproved_refusals
from .._report.data.report import verification_report
from .._report.text.bans import guard_problems
from .._report.text.certificates import certificate_lines, certificate_problems
from .._report.text.health import health_lines, health_problems
from .._report.text.sample import sample_notes, sample_problems
from .._report.text.tables import PROBE_HEADS, probe_row, probe_sentence, table
from .evidence import Evidence

REQUESTS = 40  # what the playbook sends for the sample
OUTSIDE = "not judged, as outside of --limit"


def verification(topology: Topology, evidence: Evidence, generated_at: str) -> dict[str, t.Any]:
    """Return what the playbook verify shows, and the problems that make it fail.

    `table` (the probes) and `service` (how it answers) are lines; `problems` and `unjudged` are
    sentences; `summary` is what to say in the end; `report` is what the filter verification_report
    documents.
    """
    results = [result for own in evidence.probes.values() for result in own]
    all_problems, not_judged = problems(evidence), unjudged(evidence)
    notes = [*not_judged, *unguarded(evidence)]
    success = f"{len(results)} probes from {len(evidence.probes)} hosts are as declared"
    report = verification_report(
        topology,
        results,
        evidence.in_run,
        generated_at,
        explanations=evidence.explanations,
        problems=all_problems,
        unjudged=notes,
        service=_service(evidence),
        project=evidence.project,
        balancers=evidence.requests,
    )
    return {
        "table": table(PROBE_HEADS, map(probe_row, results)),
        "service": service_lines(evidence),
        "problems": all_problems,
        "unjudged": not_judged,
        "summary": [*(all_problems or [success]), *notes],
        "report": report,
    }


def problems(evidence: Evidence) -> list[str]:
    """Return a sentence for each thing that is not as declared."""
    lines = [] if evidence.in_run else ["no host of the stack is inside --limit"]
    lines += [f"{host} was not probed" for host in evidence.in_run if host not in evidence.probes]
    lines += [
        probe_sentence(result)
        for own in evidence.probes.values()
        for result in own
        if not result["ok"]
    ]
    lines += _by_balancer(evidence, health_problems)
    lines += _by_balancer(
        evidence, lambda info: certificate_problems(info, evidence.certificate_days)
    )
    lines += _by_balancer(evidence, guard_problems)
    if evidence.missing_ends:
        return lines
    if not evidence.connection_not_asked and not evidence.connection_works:
        lines.append(f"the application does not reach MySQL: {evidence.connection_answer}")
    if not evidence.sample or not evidence.pool:
        return [*lines, "how the load balancer balances could not be measured"]
    tolerance, names, own = evidence.tolerance, evidence.served_by, evidence.application.own
    return lines + sample_problems(evidence.sample, evidence.pool, REQUESTS, tolerance, names, own)


def unjudged(evidence: Evidence) -> list[str]:
    """Return a sentence for each thing that was not judged, and why."""
    left_out = ", ".join(evidence.left_out)
    lines = [f"{OUTSIDE}: the probes of {left_out}"] if left_out else []
    if evidence.missing_ends:
        ends = ", ".join(evidence.missing_ends)
        what = "the shares of the members, and whether the application reaches MySQL"
        return [*lines, f"{OUTSIDE} ({ends}): {what}"]
    if evidence.sample and evidence.pool:
        own = evidence.application.own
        lines += sample_notes(evidence.sample, evidence.pool, evidence.served_by, own)
    if evidence.connection_not_asked:
        lines.append(
            "not judged: whether the application reaches MySQL, as webapp_image is set and"
            " verify_path is not"
        )
    return lines


def unguarded(evidence: Evidence) -> list[str]:
    """Return a sentence for each port that is closed only because nobody listens there.

    A refusal is no proof of a rule, unless the rules of the host itself tell of one, or another
    source has found the port open. With hosts outside of `--limit` nobody knows, and [] comes back.
    """
    if evidence.left_out:
        return []
    doors = evidence.doors
    refused: dict[tuple[str, str], list[str]] = {}
    for name in unproved_refusals(each for own in evidence.probes.values() for each in own):
        why = _only_nobody_listens(doors.get(str(name)) or {})
        if why:
            refused.setdefault((name.destination, why), []).append(name.source)
    return [
        f"nothing keeps {listing(sources)} from {destination}, {why}"
        for (destination, why), sources in refused.items()
    ]


def _only_nobody_listens(door: t.Mapping[str, t.Any]) -> str:
    """Return why a port is closed, as far as path_info can tell; "" if a rule refuses."""
    firewall = door.get("firewall") or {}
    if firewall.get("action") == "reject" or any(each["hears"] for each in door.get("sockets", ())):
        return ""
    doubts = listing(firewall.get("doubts", ()))
    return (f"unless one of these rules does: {doubts}; " if doubts else "") + "only nobody listens"


def service_lines(evidence: Evidence) -> list[str]:
    """Return how the service answered; [] if the client or the load balancer is left out.

    ["/connection: pong", '40 requests from client: {"web1": 20, "web2": 20}, median 2.5 ms',
    "release 3f9a1c52be07 is live"]
    """
    if evidence.missing_ends:
        return []
    answer = "not asked" if evidence.connection_not_asked else evidence.connection_answer
    served_by = json.dumps(evidence.sample.get("served_by") or {})
    median = evidence.sample.get("median_ms", "-")
    return [
        f"{evidence.path}: {answer}",
        f"{REQUESTS} requests from {evidence.client}: {served_by}, median {median} ms",
        f"release {evidence.release or 'none'} is live",
        *_by_balancer(evidence, health_lines),
        *_by_balancer(evidence, certificate_lines),
    ]


def _by_balancer(
    evidence: Evidence, told: t.Callable[[t.Mapping[str, t.Any]], list[str]]
) -> list[str]:
    """Return sentences about each load balancer: ["lb1: pool webapp follows without a reload"]."""
    return [f"{host}: {line}" for host, info in evidence.balancing.items() for line in told(info)]


def _service(evidence: Evidence) -> dict[str, t.Any]:
    """Return the part of the report about the service; {} if it could not be asked."""
    if evidence.missing_ends:
        return {}
    return {
        **evidence.sample,
        "client": evidence.client,
        "connection": evidence.connection.get("body") or "",
        "release": evidence.release,
        "health": _by_balancer(evidence, health_lines),
    }
