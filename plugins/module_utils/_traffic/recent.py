# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx's access logs tell of the last minutes: of members, rules and guarded routes."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from .access_log import newest_lines, parse_since, summarize
from .firewall import count_verdicts
from .rules import count_rules


def logged(directory: str, since: str, pools: list[list[str]]) -> dict[str, dict[str, t.Any]]:
    """Return {"traffic": …, "rules": …, "inspected": …} since so long ago, such as "5m".

    They are what `summarize`, `count_rules` and `count_verdicts` return; none for "". pools holds
    the addresses of each pool. A ValueError says what is wrong with since.
    """
    if not since:
        return {"traffic": {}, "rules": {}, "inspected": {}}
    begin = datetime.now(timezone.utc) - parse_since(since)
    lines = newest_lines(directory)
    return {
        "traffic": summarize(lines, pools, begin),
        "rules": count_rules(lines, begin),
        "inspected": count_verdicts(lines, begin),
    }
