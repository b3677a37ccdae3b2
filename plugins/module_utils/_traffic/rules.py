# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count in nginx's access log what each rule of the gatekeeper did and would have done.

A rule in preview that limits a rate beside rates that are enforced is not counted by nginx. The log
tells its rate instead, and it is counted here as nginx counts: by a bucket that leaks.
"""

from __future__ import annotations

import json
import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from .access_log import entry_time

CLIENTS = 5  # named of each rule, those with the most requests


@dataclass
class Counts:
    """What a rule did by action, what it would have done, and to whom."""

    actions: Counter[str] = field(default_factory=Counter)
    would: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)

    def report(self) -> dict[str, t.Any]:
        """Return the counts as values of a module."""
        top = sorted(self.clients.items(), key=_most_first)[:CLIENTS]
        return {
            "actions": dict(sorted(self.actions.items())),
            "would": dict(sorted(self.would.items())),
            "clients": [{"client": client, "requests": number} for client, number in top],
        }


@dataclass
class Bucket:
    """How far one client's requests are beyond a rate, as nginx's limit_req counts it."""

    per_minute: int
    burst: int
    excess: float = 0.0
    last: float | None = None

    def refuses(self, now: float) -> bool:
        """Count a request at a time in seconds; tell whether nginx would refuse it."""
        if self.last is None:
            self.last = now
            return False
        leaked = max(0.0, now - self.last) * self.per_minute / 60
        excess = max(0.0, self.excess - leaked + 1)
        if excess > self.burst:
            return True
        self.excess, self.last = excess, max(now, self.last)
        return False


def count_rules(
    lines: t.Iterable[str], since: datetime | None = None
) -> dict[str, dict[str, t.Any]]:
    """Return what each rule did, by its name; {} for a log without a gatekeeper.

    {"scrapers": {"actions": {"deny": 3}, "would": {}, "clients": [{"client": "192.0.2.7",
    "requests": 3}]}}. clients are those that a rule refused or would have refused the most; those
    that it let in are not among them. Lines from before since are passed over.
    """
    counts: dict[str, Counts] = defaultdict(Counts)
    unjudged = []
    for entry in filter(None, map(_entry, lines)):
        if since is not None and entry_time(entry) < since:
            continue
        client = str(entry.get("client", ""))
        if entry["rule"]:
            action = str(entry.get("action") or "allow")
            _add(counts[entry["rule"]].actions, action, counts[entry["rule"]], client)
        would = str(entry.get("would") or "")
        if would.startswith("throttle:"):
            unjudged.append((_begin(entry), would, client))
        elif would:
            action, _colon, name = would.partition(":")
            _add(counts[name].would, action, counts[name], client)
    _judge(unjudged, counts)
    return {name: counts[name].report() for name in sorted(counts)}


def _add(counter: Counter[str], action: str, rule: Counts, client: str) -> None:
    counter[action] += 1
    if action != "allow":
        rule.clients[client] += 1


def _judge(met: list[tuple[float, str, str]], counts: dict[str, Counts]) -> None:
    """Count the requests that met a preview of a rate, in the order in which they began."""
    buckets: dict[tuple[str, str], Bucket] = {}
    for begin, would, client in sorted(met):
        _throttle, name, per_minute, burst, key = would.split(":", 4)
        counted = "" if key == "all" else client
        bucket = buckets.setdefault((name, counted), Bucket(int(per_minute), int(burst)))
        if bucket.refuses(begin):
            _add(counts[name].would, "throttled", counts[name], client)


def _begin(entry: dict[str, t.Any]) -> float:
    return float(entry.get("msec", 0)) - float(entry.get("seconds", 0))


def _entry(line: str) -> dict[str, t.Any] | None:
    """Return a line of the log, or None if it tells nothing of rules."""
    if not line.startswith("{") or '"rule":' not in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry.get("rule"), str) else None


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
