# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the report's page that says how the cloud's project differs. No I/O."""

from __future__ import annotations

import typing as t

from ....module_utils._gcp.audit.finding import count_undecided
from ....module_utils._values.entries import listing
from ..data.tally import FAILED, NOT_PROBED, OK, Record
from ..markup import Markup, joined, section, tag
from ..picture.picture import SIGNS
from ..text.audit import conclusion, summary_sentence
from .tables import badge, table

SHOWN = 60  # findings; all are in the JSON file
STATES = {"error": FAILED, "warning": NOT_PROBED, "info": NOT_PROBED}
WAYS = {"external": OK, "nat": OK, "google-only": NOT_PROBED, "undecided": NOT_PROBED}


def state(audit: Record) -> str:
    """Return OK only if all of it was judged: what is undecided may be anything."""
    if audit["summary"]["error"]:
        return FAILED
    return NOT_PROBED if count_undecided(audit["findings"]) else OK


def verdict(audit: Record | None) -> Markup | None:
    """Say at the top of a page about probes that the project has errors, or unknown parts."""
    if not audit or state(audit) == OK:
        return None
    errors, unsure = audit["summary"]["error"], count_undecided(audit["findings"])
    words = "found an error" if errors == 1 else f"found {errors} errors"
    if not errors:
        words = f"could not judge {unsure} thing{'' if unsure == 1 else 's'}"
    text = f"{SIGNS[state(audit)]} The audit of the project {words}"
    return tag("p", text, class_=state(audit))


def project(audit: Record | None) -> Markup | None:
    """Return the findings of an audit, the gravest first, and the ways out; None without one."""
    if not audit:
        return None
    findings = audit["findings"]
    left = len(findings) - SHOWN
    said = f"{SIGNS[state(audit)]} {summary_sentence(audit)}. {conclusion(audit)}."
    when = f"Audited at {audit['generated_at']}" if audit.get("generated_at") else None
    return section(
        "The project",
        tag("p", said, class_=state(audit)),
        tag("p", when, class_="soft") if when else None,
        *(_finding(each) for each in findings[:SHOWN]),
        tag("p", f"and {left} more in the JSON file") if left > 0 else None,
        _ways(audit["ways_out"]),
    )


def _finding(finding: t.Mapping[str, str]) -> Markup:
    severity = finding["severity"]
    mark = tag("span", severity, class_=f"badge {STATES[severity]}")
    return tag(
        "article",
        tag("p", mark, " ", tag("span", finding["id"], class_="soft mono")),
        tag("h3", finding["object"]),
        tag("p", finding["explanation"]),
        tag("pre", finding["command"]) if finding["command"] else None,
        class_=f"failure {severity}",
    )


def _ways(entries: t.Iterable[t.Mapping[str, str]]) -> Markup | None:
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        found.setdefault((entry["way"], entry["via"]), []).append(entry["vm"])
    rows = [
        [listing(names), badge(WAYS.get(way, FAILED), way), via]
        for (way, via), names in found.items()
    ]
    heads = ("VMs", "Way to packages and images", "By")
    return joined([tag("h3", "Ways out", class_="ways"), table(heads, rows)]) if rows else None
