# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each rule of the gatekeeper did and would have done, as lines for a terminal."""

from __future__ import annotations

import typing as t

from .tables import table

HEADS = ["rule", "did", "would have done", "to, most often"]


def rule_lines(rules: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """Return a table of what nginx_release_info tells of rules; [] if there are none."""
    if not rules:
        return []
    return table(
        HEADS,
        [
            [name, _counts(each["actions"]), _counts(each["would"]), _clients(each["clients"])]
            for name, each in rules.items()
        ],
    )


def _counts(counts: t.Mapping[str, int]) -> str:
    return ", ".join(f"{action} {number}" for action, number in counts.items()) or "-"


def _clients(clients: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    return ", ".join(f"{each['client']} ({each['requests']})" for each in clients) or "-"
