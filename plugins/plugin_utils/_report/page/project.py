# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose what the page shows of the cloud's project and its audit."""

from __future__ import annotations

from ....module_utils._gcp.audit.finding import count_undecided
from ....module_utils._values.entries import listing
from ..data.tally import FAILED, NOT_PROBED, OK, Record
from ..text.audit import conclusion, summary_sentence

MAX_FINDINGS = 60  # all are in the JSON file
# The states in which a VM's way to packages is shown; all other ways count as failed.
WAY_STATES = {"external": OK, "nat": OK, "google-only": NOT_PROBED, "undecided": NOT_PROBED}


def project(audit: Record) -> Record:
    """Return what the page shows of an audit.

    An example: {"state": "failed", "headline": "found an error", "sentence": "acme: 4 VMs, …",
    "conclusion": "The project is not as declared: 1 error", "audited_at": "2026-03-14",
    "findings": [findings of the audit], "left_out": 0,
    "ways_out": [{"vms": "web1, web2", "kind": "nat", "state": "ok", "via": "Cloud NAT nat-1"}]}
    """
    findings = audit["findings"]
    return {
        "state": _state(audit),
        "headline": _headline(audit),
        "sentence": summary_sentence(audit),
        "conclusion": conclusion(audit),
        "audited_at": audit.get("generated_at"),
        "findings": findings[:MAX_FINDINGS],
        "left_out": max(len(findings) - MAX_FINDINGS, 0),
        "ways_out": _ways_out(audit),
    }


def _state(audit: Record) -> str:
    """Return the state of the project: "ok" only if nothing failed and nothing is undecided."""
    if audit["summary"]["error"]:
        return FAILED
    return NOT_PROBED if count_undecided(audit["findings"]) else OK


def _headline(audit: Record) -> str:
    """Return the end of the sentence "The audit of the project …", if it is not all well."""
    errors, undecided = audit["summary"]["error"], count_undecided(audit["findings"])
    if errors:
        return "found an error" if errors == 1 else f"found {errors} errors"
    return f"could not judge {undecided} thing{'' if undecided == 1 else 's'}"


def _ways_out(audit: Record) -> list[Record]:
    """Return each way to packages and images once, with all VMs that use it."""
    vms: dict[tuple[str, str], list[str]] = {}
    for entry in audit["ways_out"]:
        vms.setdefault((entry["way"], entry["via"]), []).append(entry["vm"])
    return [
        {"vms": listing(names), "kind": kind, "state": WAY_STATES.get(kind, FAILED), "via": via}
        for (kind, via), names in vms.items()
    ]
