# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit peerlb-guard says of itself, in a file that modules read.

    {"at": 1767225600.1, "bans": 3, "ended": 12, "maintenance": ["webapp"], "errors": [],
     "lists": {"/var/lib/peerlb/bans.d/fail2ban.txt": {"bans": 2, "errors": ["line 3: …"]}}}

at is in seconds of the epoch; ended counts the bans of operators and rules that have
ended since the unit began.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

# The two units write their reports, and are known to be at work, in one way.
from .._live.report import is_alive, write

__all__ = ["REPORT", "UNIT", "Report", "is_alive", "read", "write"]

REPORT = Path("/run/peerlb-guard/report.json")
UNIT = "peerlb-guard.service"

Report = dict[str, t.Any]


def read(path: Path = REPORT) -> Report:
    """Return the report; {} if there is none, or it is damaged."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}
