# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the two pages: the report of a verification, and the audit of the cloud's project.

A page is one file that needs no other: no script, no image, no network.
"""

from __future__ import annotations

from ..data.tally import FAILED, NOT_PROBED, OK, Record
from ..picture.drawing import draw
from ..picture.picture import ORDER, SIGNS, host_state, picture_of
from ..picture.routes import NARROW, WIDE
from .answer import answer_of
from .edge import edge_marks, edge_rows
from .environment import render
from .failures import failures
from .matrix import matrix, networks
from .project import project

MAX_NAMES = 6  # of hosts in a sentence


def report_html(report: Record) -> str:
    """Return the page for a report, as verification_report() in `data/report.py` returns it."""
    summary = report["summary"]
    shown, audit = picture_of(report), report.get("project")
    return render(
        "report.html.j2",
        title=" ".join([SIGNS[summary["state"]], "Who reaches whom", *_of(report)]),
        generated_at=report["generated_at"],
        report=report,
        summary=summary,
        heading=_heading(summary),
        probed_from=_probed_from(report["any_probed_from"]),
        hosts_that_probed=_hosts_that_probed(report),
        failures=failures(report),
        project=project(audit) if audit else None,
        drawings=[draw(shown, scale) for scale in (WIDE, NARROW)],
        flows_left_out=shown.left_out,
        # What failed comes first, because the page cuts long tables.
        flows=sorted(report["flows"], key=lambda flow: ORDER.index(flow["state"])),
        slowest=max((flow["max_ms"] or 0 for flow in report["flows"]), default=0),
        marks=edge_marks(report.get("edge", ())),
        edge_rows=edge_rows(report.get("edge", ())),
        answer=answer_of(report["service"].get("connection")),
        matrix=matrix(report),
        networks=networks(report),
        hosts=sorted(report["hosts"], key=lambda host: ORDER.index(host_state(host))),
    )


def audit_html(audit: Record) -> str:
    """Return the page about the cloud's project alone, for what the module's audit returned.

    audit may have the key generated_at, a time that is shown as it is.
    """
    shown = project(audit)
    words = {
        OK: "The project is as declared",
        FAILED: "The project is not as declared",
        NOT_PROBED: "The project could not be judged in full",
    }[shown["state"]]
    return render(
        "audit.html.j2",
        title=f"{SIGNS[shown['state']]} {words}",
        generated_at=audit.get("generated_at", ""),
        project=shown,
    )


def _of(report: Record) -> list[str]:
    """Return what the title says of the subject, [] if nobody named one."""
    return [f"in {report['subject']}"] if report.get("subject") else []


def _heading(summary: Record) -> str:
    state, total = summary["state"], summary["total"]
    if state == OK:
        return f"All {total} probes are as declared"
    if state == NOT_PROBED:
        return f"{summary['not_probed']} of {total} probes could not be made"
    if summary["failed"]:
        return f"{summary['failed']} of {total} probes are not as declared"
    return f"All {total} probes are as declared, but the service is not well"


def _probed_from(any_probed_from: Record) -> str:
    """Return the sentence that says from where the flows from any were probed."""
    if not any_probed_from["declared"]:
        return "No flow is declared from any."
    outside, inside = any_probed_from["outside"], any_probed_from["inside"]
    where = f"from outside by {_names(outside)}" if outside else "not from outside"
    also = f", and from inside by {_names(inside)}" if inside else ""
    return f"Flows from any were probed {where}{also}."


def _names(names: list[str]) -> str:
    """Return "a, b, c"; of many names the first, and how many more there are."""
    rest = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _hosts_that_probed(report: Record) -> int:
    rows = report["matrix"].values()
    return sum(any(probe["ok"] is not None for probe in row.values()) for row in rows)
