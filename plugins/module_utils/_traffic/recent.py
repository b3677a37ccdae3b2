# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx's access logs tell of the last minutes: of members, and of the gatekeeper's rules."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from .access_log import newest_lines, parse_since, summarize
from .rules import count_rules


def logged(directory: str, since: str, pools: list[list[str]]) -> dict[str, dict[str, t.Any]]:
    """Return {"traffic": …, "rules": …} of so long ago till now, such as "5m"; none for "".

    traffic is what `summarize` returns, rules what `count_rules` returns. pools holds the addresses
    of each pool. A ValueError says what is wrong with since.
    """
    if not since:
        return {"traffic": {}, "rules": {}}
    begin = datetime.now(timezone.utc) - parse_since(since)
    lines = newest_lines(directory)
    return {"traffic": summarize(lines, pools, begin), "rules": count_rules(lines, begin)}
