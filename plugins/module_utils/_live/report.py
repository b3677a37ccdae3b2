# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit on the load balancer says of itself, in a file that modules read.

    {"at": 1767225600.1, "release": "3f9a1c52be07", "overrides": "9c1185a5c5e9", "errors": [],
     "pools": {"webapp": {"panic": false, "told": 1767225590.0, "taken": {"http": 1767225599.8},
     "members": {"web1": {"serves": true, "state": "good", "since": 1767225000.0, "why": "",
     "flaps": false, "changes": []}}}}}

Times are in seconds of the epoch. overrides is the digest of what operators have set, and told is
since when nginx is told who serves now.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

from .._files.writing import replace_file

REPORT = Path("/run/peerlb-pools/report.json")
UNIT = "peerlb-pools.service"
STALE_SECONDS = 5.0  # the unit writes once a second

Report = dict[str, t.Any]


def digest(text: str) -> str:
    """Return what stands for the text of overrides.json in a report."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write(report: Report, path: Path = REPORT) -> None:
    """Write the report in one step; an OSError says why that failed."""
    replace_file(path, json.dumps(report).encode(), 0o644)


def read(path: Path = REPORT) -> Report:
    """Return the report; {} if there is none, or it is damaged."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    pools = report.get("pools") if isinstance(report, dict) else None
    whole = isinstance(pools, dict) and all(
        isinstance(pool, dict) and isinstance(pool.get("members"), dict) for pool in pools.values()
    )
    return report if whole else {}


def is_alive(report: Report, now: float) -> bool:
    """Tell whether the unit that wrote the report is still at work."""
    at = report.get("at")
    return isinstance(at, float) and abs(now - at) < STALE_SECONDS
