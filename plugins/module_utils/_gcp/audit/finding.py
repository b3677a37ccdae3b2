# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings that an audit can have, and how severe each is."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..project.rule_values import Rule

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)

FINDINGS = {
    "document-incomplete": WARNING,
    "network-missing": ERROR,
    "network-undecided": WARNING,
    "range-missing": ERROR,
    "range-partial": INFO,
    "range-undeclared": ERROR,
    "range-overlap": ERROR,
    "peering-missing": ERROR,
    "peering-one-sided": ERROR,
    "peering-inactive": ERROR,
    "peering-no-routes": ERROR,
    "peering-undecided": WARNING,
    "peering-undeclared": ERROR,
    "peering-outside": WARNING,
    "vm-missing": ERROR,
    "vm-undecided": WARNING,
    "vm-network": ERROR,
    "vm-address": ERROR,
    "vm-not-running": ERROR,
    "vm-unjudged": WARNING,
    "vm-unlisted": INFO,
    "flow-closed": ERROR,
    "flow-egress-closed": ERROR,
    "flow-undecided": WARNING,
    "flow-no-public-address": WARNING,
    "management-closed": WARNING,
    "management-undecided": WARNING,
    "excess": ERROR,
    "excess-neighbours": WARNING,
    "excess-nobody": INFO,
    "excess-ping": INFO,
    "excess-undecided": WARNING,
    "rule-disabled": INFO,
    "rule-no-target": WARNING,
    "rule-no-source": WARNING,
    "rule-no-route": WARNING,
    "rule-shadowed": WARNING,
    "rule-ipv6": INFO,
    "way-none": ERROR,
    "way-blocked": ERROR,
    "way-http-blocked": WARNING,
    "way-google-only": WARNING,
    "way-undecided": WARNING,
}


@dataclass(frozen=True)
class Finding:
    """Something about an object, such as a flow or a rule, that is not as declared.

    Example: Finding("vm-not-running", "web1", "its status is TERMINATED", "gcloud compute ...")
    """

    id: str  # one of FINDINGS
    object: str
    explanation: str
    command: str = ""  # lines for a shell that fix it; "" if no single command does
    rules: tuple[Rule, ...] = field(default=(), compare=False)  # those that are at fault

    @property
    def severity(self) -> str:
        """ERROR, WARNING or INFO."""
        return FINDINGS[self.id]

    def record(self) -> dict[str, t.Any]:
        """Return the finding as the module gcp_network_audit returns it."""
        return {
            "id": self.id,
            "severity": self.severity,
            "object": self.object,
            "explanation": self.explanation,
            "command": self.command,
        }


def count_undecided(findings: t.Iterable[t.Mapping[str, t.Any]]) -> int:
    """Return how many findings say that something could not be judged.

    The findings are such as record() returns.
    """
    ids = [each["id"] for each in findings]
    return sum(kind == "document-incomplete" or kind.endswith("-undecided") for kind in ids)


def by_severity(findings: t.Iterable[Finding]) -> list[Finding]:
    """Return the findings without doubles: errors first, then as in FINDINGS, then by object."""
    ranks = {name: at for at, name in enumerate(FINDINGS)}
    return sorted(
        dict.fromkeys(findings),
        key=lambda each: (SEVERITIES.index(each.severity), ranks[each.id], each.object),
    )
