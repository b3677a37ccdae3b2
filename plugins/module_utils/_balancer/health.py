# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit on a load balancer says of the members, as nginx_release_info returns it. No I/O.

Times in a report are in seconds of the epoch, and so is now.
"""

from __future__ import annotations

import heapq
import typing as t

from .._live.report import Report, is_alive
from .._live.verdicts import Verdict
from .._nginx.pool import Member
from .._release.who import moment
from .inputs import Inputs

Line = t.Mapping[str, t.Any]  # of a history


def unit(report: Report, now: float) -> dict[str, t.Any]:
    """Return how the unit does: {"alive": True, "errors": [], "seconds_ago": 0.4}.

    seconds_ago tells when it wrote its report; None if there is no report.
    """
    at = report.get("at")
    ago = round(now - at, 1) if isinstance(at, float) else None
    errors = report.get("errors") or []
    return {"alive": is_alive(report, now), "errors": errors, "seconds_ago": ago}


def health(inputs: Inputs, report: Report, now: float) -> dict[str, t.Any]:
    """Return by pool how nginx follows it, and how its members do.

    {"webapp": {"engine": "dns", "why_reload": "", "panic": False, "asked_seconds_ago":
    {"http": 0.4}, "members": {"web1": {"state": "good", "serves": True,
    "since": "2026-01-01T10:00:00Z", "why": "", "flaps": False}}}}
    """
    live, whys, found = inputs.live_pools(), inputs.why_reloads(), {}
    for pool in inputs.effective_pools():
        entry = report.get("pools", {}).get(pool.name, {})
        told, taken = entry.get("members", {}), entry.get("taken", {})
        is_live = pool.name in live
        found[pool.name] = {
            "engine": inputs.engine.name if is_live else "reload",
            "why_reload": whys.get(pool.name, ""),
            "panic": bool(entry.get("panic")),
            "asked_seconds_ago": {name: round(now - at, 1) for name, at in taken.items()},
            "members": {m.name: _member(m, told.get(m.name, {}), is_live) for m in pool.members},
        }
    return found


def is_unwell(inputs: Inputs, report: Report) -> bool:
    """Tell whether a member that should serve is bad; of the others of a primary none counts."""
    for pool in inputs.effective_pools():
        told = report.get("pools", {}).get(pool.name, {}).get("members", {})
        states = [told.get(member.name, {}).get("state") for member in pool.serving]
        if "bad" in states and not (pool.health.writes and "good" in states):
            return True
    return False


def _member(member: Member, told: t.Mapping[str, t.Any], live: bool) -> dict[str, t.Any]:
    verdict = Verdict.parse(told)
    return {
        "state": verdict.state,
        # Without an engine that is live, nginx serves from who the files of its release say.
        "serves": bool(told.get("serves")) if live else member.serves,
        "since": moment(verdict.since) if verdict.since else "",
        "why": verdict.why,
        "flaps": bool(told.get("flaps")),
    }


def with_changes(history: t.Iterable[Line], changes: t.Iterable[Line]) -> list[dict[str, t.Any]]:
    """Return a history with changes that were no releases between its lines, by time.

    A change gets the id of the release that was live: {"id": "3f9a1c52be07", "by": "ada",
    "at": "2026-01-01T10:00:00Z", "reason": "", "change": "pool webapp, member web1: weight 3"}.
    """
    lines: list[dict[str, t.Any]] = []
    in_order = sorted(changes, key=_moment)
    for line in heapq.merge(history, in_order, key=_moment):
        former = lines[-1]["id"] if lines else ""
        lines.append({"id": former, **line})
    return lines


def _moment(line: Line) -> str:
    return str(line.get("at", ""))
