# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an audit as text for a terminal.

An audit is what the module gcp_network_audit returns.
"""

from __future__ import annotations

import textwrap
import typing as t

from ....module_utils._gcp.audit.finding import count_undecided
from ....module_utils._values.entries import listing
from .tables import table

WIDTH = 110  # characters of a line of explanation
SHOWN = 100  # findings; the JSON file has all of them
MARKS = {"error": "ERROR", "warning": "warning", "info": "info"}


def audit_lines(audit: t.Mapping[str, t.Any]) -> list[str]:
    """Return the lines of text: findings with their commands, ways out, summary, conclusion."""
    findings = audit["findings"]
    lines = [line for finding in findings[:SHOWN] for line in _finding(finding)]
    if len(findings) > SHOWN:
        lines.append(f"and {len(findings) - SHOWN} more findings")
    return [*lines, *_ways(audit["ways_out"]), "", summary_sentence(audit), conclusion(audit)]


def summary_sentence(audit: t.Mapping[str, t.Any]) -> str:
    """Return what was judged and how many findings there are, as one sentence.

    Example: "acme: 4 VMs, 4 flows, 7 rules, 0 policies judged: 1 error, 0 warnings, 2 for
    information"
    """
    judged, summary = audit["judged"], audit["summary"]
    objects = [f"{judged['vms']} VMs"]
    objects += [_counted(judged["flows"], "flow"), _counted(judged["rules"], "rule")]
    objects.append(_counted(judged["policies"], "policy", "policies"))
    counts = [_counted(summary["error"], "error"), _counted(summary["warning"], "warning")]
    counts.append(f"{summary['info']} for information")
    name = judged["project"] or "the project"
    return f"{name}: {', '.join(objects)} judged: {', '.join(counts)}"


def conclusion(audit: t.Mapping[str, t.Any]) -> str:
    """Return whether the project is as declared, as one sentence.

    If something could not be judged, the sentence says only that nothing contradicts the
    declaration.
    """
    summary, undecided = audit["summary"], count_undecided(audit["findings"])
    if summary["error"]:
        return f"The project is not as declared: {_counted(summary['error'], 'error')}"
    if undecided:
        what = f"{_counted(undecided, 'thing')} could not be judged"
        return f"Nothing contradicts the declaration, but {what}"
    return f"The project is as declared, with {_counted(summary['warning'], 'warning')}"


def _counted(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"


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
    # Commands are not wrapped, so that they can be copied.
    return [head, *body, *(f"{indent}$ {line}" for line in finding["command"].splitlines()), ""]


def _ways(entries: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """Return a table of the ways to packages and images, with the VMs that have each."""
    names_by_way: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        names_by_way.setdefault((entry["way"], entry["via"]), []).append(entry["vm"])
    rows = [(way, via, listing(names)) for (way, via), names in names_by_way.items()]
    return table(("way to packages", "by", "VMs"), rows) if rows else []
