# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read nginx's access logs and sum them up by the member that answered. No Ansible."""

from __future__ import annotations

import json
import math
import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

# Requests, and sessions of tcp listeners.
FILES = ("access.log", "sessions.log")
# Of each log; some 200,000 requests.
MOST = 64 * 1024 * 1024  # bytes

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass
class Traffic:
    """What one address answered: requests, answers of 500 and above, times in seconds."""

    requests: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def report(self, total: int) -> dict[str, t.Any]:
        ordered = sorted(self.seconds)
        p95 = ordered[math.ceil(len(ordered) * 0.95) - 1] if ordered else None
        return {
            "requests": self.requests,
            "share_percent": round(100 * self.requests / total, 1) if total else 0.0,
            "errors": self.errors,
            "p95_ms": round(p95 * 1000, 1) if p95 is not None else None,
        }


def parse_since(text: str) -> timedelta:
    """Read how long ago, such as 15m; the ValueError says what would be right."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise ValueError(f"since is {text!r}; write a number and s, m, h or d, such as 15m")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def summarize(
    lines: t.Iterable[str],
    pools: t.Collection[t.Collection[str]] = (),
    since: datetime | None = None,
) -> dict[str, dict[str, t.Any]]:
    """Return the traffic by upstream address, from the role's JSON access log.

    pools holds the addresses of each pool: a share is one of the requests to the same pool.
    A request that was tried at several members is logged with all of them
    ("10.1.0.2:3000, 10.1.0.3:3000"): each failed try is an error of its member, and the request
    counts for the last. Lines of any other form, or from before since, are passed over.
    """
    found: dict[str, Traffic] = {}
    for entry in filter(None, map(_entry, lines)):
        if since is None or _time(entry) >= since:
            _count(found, entry)
    return {
        address: found[address].report(
            sum(found[each].requests for each in _neighbours(address, pools) if each in found)
        )
        for address in sorted(found)
    }


def _neighbours(address: str, pools: t.Collection[t.Collection[str]]) -> t.Collection[str]:
    return next((pool for pool in pools if address in pool), [address])


def _count(found: dict[str, Traffic], entry: dict[str, t.Any]) -> None:
    addresses = _words(entry.get("upstream"))
    statuses = _words(entry.get("upstream_status") or entry.get("status"))
    times = _words(entry.get("upstream_seconds") or entry.get("seconds"))
    for number, address in enumerate(addresses):
        traffic = found.setdefault(address, Traffic())
        last = number == len(addresses) - 1
        traffic.requests += last
        traffic.errors += _is_error(statuses, number) or not last
        if last and times:
            traffic.seconds.append(_number(times[-1]))


def _entry(line: str) -> dict[str, t.Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if entry.get("upstream") else None


def _time(entry: dict[str, t.Any]) -> datetime:
    return datetime.fromisoformat(entry.get("time", "1970-01-01T00:00:00+00:00"))


def _words(value: t.Any) -> list[str]:
    return str(value).replace(" : ", ", ").split(", ") if value not in (None, "") else []


def _is_error(statuses: list[str], number: int) -> bool:
    return number < len(statuses) and statuses[number][:1] == "5"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def newest_lines(directory: str, most: int = MOST) -> list[str]:
    """Return the last lines of each log, the one before it included; none where there is no log."""
    lines = []
    for name in FILES:
        newest = _tail(Path(directory, name), most)
        older = _tail(Path(directory, f"{name}.1"), most - len(newest))
        lines += (older + newest).decode("utf-8", "replace").splitlines()
    return lines


def _tail(path: Path, most: int) -> bytes:
    """Return the last bytes of a file, from the beginning of a line."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - most))
            data = stream.read(most)
    except FileNotFoundError:
        return b""
    return data if size <= most else data.partition(b"\n")[2]
