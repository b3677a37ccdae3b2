# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that say what a change of weights or states did. The file NAME.yml documents each."""

from __future__ import annotations

import re
import typing as t


def override_lines(results: t.Sequence[t.Mapping], check_mode: bool = False) -> list[str]:
    """Return how load balancers balance after a change: ["8c52d1f0a9be is live after 0.4 s"].

    results: those of a loop of nginx_override over the load balancers, by the variable __balancer.
    With several, the name of each stands before its lines.
    """
    lines = []
    for result in results:
        place = f"{result['__balancer']}: " if len(results) > 1 else ""
        lines += [place + line for line in _lines(result, check_mode)]
    return lines


def _lines(result: t.Mapping, check_mode: bool) -> list[str]:
    if not result["changed"]:
        state = "is live already; nothing changes"
    elif check_mode:
        state = "would be live; nothing was changed in check mode"
    else:
        state = f"is live after {result['seconds']} s"
    verb = "would be" if check_mode else "is"
    told = [re.sub("^(pool .*?) is ", rf"\1 {verb} ", each) for each in result["differences"]]
    return [f"{result['release']} {state}", *told]


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"override_lines": override_lines}
