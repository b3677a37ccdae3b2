# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit can find, and how grave it is. No Ansible, no I/O."""

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
    """Something about an object; command would mend it, "" where no single one does."""

    id: str
    object: str
    explanation: str
    command: str = ""
    rules: tuple[Rule, ...] = field(default=(), compare=False)  # what it says of these is not good

    @property
    def severity(self) -> str:
        return FINDINGS[self.id]

    def record(self) -> dict[str, t.Any]:
        return {
            "id": self.id,
            "severity": self.severity,
            "object": self.object,
            "explanation": self.explanation,
            "command": self.command,
        }


def count_undecided(findings: t.Iterable[t.Mapping[str, t.Any]]) -> int:
    """Count the findings, as record() returns them, that say that something was not judged."""
    ids = [each["id"] for each in findings]
    return sum(kind == "document-incomplete" or kind.endswith("-undecided") for kind in ids)


def by_severity(findings: t.Iterable[Finding]) -> list[Finding]:
    """Return the gravest first, then in the order of the list above, then by object."""
    ranks = {name: at for at, name in enumerate(FINDINGS)}
    return sorted(
        dict.fromkeys(findings),
        key=lambda each: (SEVERITIES.index(each.severity), ranks[each.id], each.object),
    )
