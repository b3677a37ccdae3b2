# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what an audit found, for a terminal. No Ansible, no I/O."""

from __future__ import annotations

import textwrap
import typing as t

from ....module_utils._gcp.audit.finding import count_undecided
from ....module_utils._values.entries import listing
from .tables import table

WIDTH = 110
SHOWN = 100  # findings; all are in the JSON file
MARKS = {"error": "ERROR", "warning": "warning", "info": "info"}


def audit_lines(found: t.Mapping[str, t.Any]) -> list[str]:
    """Return the findings, each with what would mend it, the ways out, and what it comes to."""
    findings = found["findings"]
    lines = [line for finding in findings[:SHOWN] for line in _finding(finding)]
    if len(findings) > SHOWN:
        lines.append(f"and {len(findings) - SHOWN} more findings")
    return [*lines, *_ways(found["ways_out"]), "", summary_sentence(found), conclusion(found)]


def summary_sentence(found: t.Mapping[str, t.Any]) -> str:
    """Sum up what was judged and what was found."""
    judged, summary = found["judged"], found["summary"]
    looked = [f"{judged['vms']} VMs"]
    looked += [_counted(judged["flows"], "flow"), _counted(judged["rules"], "rule")]
    looked.append(_counted(judged["policies"], "policy", "policies"))
    counts = [_counted(summary["error"], "error"), _counted(summary["warning"], "warning")]
    counts.append(f"{summary['info']} for information")
    name = judged["project"] or "the project"
    return f"{name}: {', '.join(looked)} judged: {', '.join(counts)}"


def conclusion(found: t.Mapping[str, t.Any]) -> str:
    """Say whether the project is as declared, which nobody knows of what could not be judged."""
    summary, unsure = found["summary"], count_undecided(found["findings"])
    if summary["error"]:
        return f"The project is not as declared: {_counted(summary['error'], 'error')}"
    if unsure:
        what = f"{_counted(unsure, 'thing')} could not be judged"
        return f"Nothing contradicts the declaration, but {what}"
    return f"The project is as declared, with {_counted(summary['warning'], 'warning')}"


def _counted(number: int, word: str, more: str = "") -> str:
    return f"{number} {word if number == 1 else more or word + 's'}"


def _finding(finding: t.Mapping[str, str]) -> list[str]:
    head = f"{MARKS[finding['severity']]:<8} {finding['id']:<22} {finding['object']}"
    indent = " " * 9
    body = textwrap.wrap(
        finding["explanation"],
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # A command stays in one piece, to be copied.
    return [head, *body, *(f"{indent}$ {line}" for line in finding["command"].splitlines()), ""]


def _ways(entries: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """Return a row for each way to packages and images, with the VMs that have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        found.setdefault((entry["way"], entry["via"]), []).append(entry["vm"])
    rows = [(way, via, listing(names)) for (way, via), names in found.items()]
    return table(("way to packages", "by", "VMs"), rows) if rows else []
