# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count what a web application firewall did, by nginx's access log and by the firewall's own.

nginx's log tells the verdict on each request of a guarded route. Which rules matched, and what a
preview would have refused, only the audit log of the firewall tells: one JSON object a line.
"""

from __future__ import annotations

import json
import typing as t
from collections import Counter, defaultdict
from datetime import datetime

from .access_log import entry_time

RULES = 10  # told, those that matched the most requests
# The rule that refuses a request whose score is too high, and those of a body that cannot be read.
REFUSING = ("949110", "949111", "200002", "200003", "200004", "200005", "200007")


def count_verdicts(
    lines: t.Iterable[str], since: datetime | None = None
) -> dict[str, dict[str, int]]:
    """Return how many requests of each guarded route had which verdict.

    {"shop.example /api/*": {"passed": 90, "refused": 3}}. "uninspected" passed while the firewall
    did not answer, and "failed" did not pass then. Lines from before since are passed over.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in filter(None, map(_entry, lines)):
        if since is None or entry_time(entry) >= since:
            counts[str(entry.get("route", ""))][entry["waf"]] += 1
    return {route: dict(sorted(counts[route].items())) for route in sorted(counts)}


def count_matches(lines: t.Iterable[str]) -> dict[str, t.Any]:
    """Return what the audit log of the firewall tells.

    {"refused": 3, "would_refuse": 1, "rules": [{"rule": "942100", "requests": 4, "message": "SQL
    Injection Attack Detected via libinjection"}]}. would_refuse counts what a preview let pass.
    """
    refused = would = 0
    requests: Counter[str] = Counter()
    messages: dict[str, str] = {}
    for transaction in filter(None, map(_transaction, lines)):
        matched = dict(_matched(transaction))
        messages.update(matched)
        requests.update(rule for rule in matched if rule not in REFUSING)
        if transaction.get("is_interrupted"):
            refused += 1
        elif any(rule in REFUSING for rule in matched):
            would += 1
    top = sorted(requests.items(), key=_most_first)[:RULES]
    return {
        "refused": refused,
        "would_refuse": would,
        "rules": [
            {"rule": rule, "requests": number, "message": messages[rule]} for rule, number in top
        ],
    }


def _entry(line: str) -> dict[str, t.Any] | None:
    """Return a line of nginx's log, or None if the firewall had nothing to do with it."""
    if not line.startswith("{") or '"waf":"' not in line or '"waf":""' in line:
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry.get("waf"), str) and entry["waf"] else None


def _transaction(line: str) -> dict[str, t.Any] | None:
    if not line.startswith('{"transaction"'):
        return None
    try:
        found = json.loads(line)["transaction"]
    except (ValueError, KeyError):
        return None
    return found if isinstance(found, dict) else None


def _matched(transaction: dict[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    for each in transaction.get("messages") or ():
        if isinstance(each, dict) and isinstance(each.get("details"), dict):
            yield str(each["details"].get("ruleId", "")), str(each.get("message", ""))


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
