# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read nginx's access logs, and sum them up by the member that answered. No Ansible.

The role nginx_lb sets the format of the logs: one JSON object a line.
"""

from __future__ import annotations

import json
import math
import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

FILES = ("access.log", "sessions.log")  # requests of http listeners, sessions of tcp listeners
MAX_BYTES = 64 * 1024 * 1024  # read of each log; some 200,000 requests

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass
class Traffic:
    """What one member did: requests answered, errors, and the seconds of each answer.

    An error is an answer of status 500 or above, or a try that another member had to make good.
    """

    requests: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def report(self, total: int) -> dict[str, t.Any]:
        """Return the member's figures; total is how many requests its whole pool answered.

        {"requests": 30, "share_percent": 75.0, "errors": 0, "p95_ms": 4.2}; p95_ms is the time in
        which 95 of 100 answers were complete, and None if there was no answer.
        """
        ordered = sorted(self.seconds)
        p95 = ordered[math.ceil(len(ordered) * 0.95) - 1] if ordered else None
        return {
            "requests": self.requests,
            "share_percent": round(100 * self.requests / total, 1) if total else 0.0,
            "errors": self.errors,
            "p95_ms": round(p95 * 1000, 1) if p95 is not None else None,
        }


def parse_since(text: str) -> timedelta:
    """Return a length of time: "15m" gives 15 minutes. A ValueError says what would be right."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise ValueError(f"since is {text!r}; write a number and s, m, h or d, such as 15m")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def traffic_since(
    since: str, directory: str, pools: t.Collection[t.Collection[str]]
) -> dict[str, dict[str, t.Any]]:
    """Return the figures of each member since so long ago, such as "5m"; {} if since is empty.

    directory holds the logs; pools the addresses of each pool. A ValueError says what is wrong with
    since.
    """
    if not since:
        return {}
    begin = datetime.now(timezone.utc) - parse_since(since)
    return summarize(newest_lines(directory), pools, begin)


def summarize(
    lines: t.Iterable[str],
    pools: t.Collection[t.Collection[str]] = (),
    since: datetime | None = None,
) -> dict[str, dict[str, t.Any]]:
    """Return the figures of each member by its address: {"10.1.0.2:3000": {"requests": 30, …}}.

    pools holds the addresses of each pool: a member's share is one of its pool's requests. Lines of
    another format, and lines from before since, are passed over.

    nginx logs a request that it tried at several members with all of them, such as
    "10.1.0.2:3000, 10.1.0.3:3000": each failed try is an error of its member, and the request
    counts for the last member.
    """
    traffic: dict[str, Traffic] = {}
    for entry in filter(None, map(_entry, lines)):
        if since is None or _time(entry) >= since:
            _count(traffic, entry)
    return {
        address: traffic[address].report(
            sum(traffic[each].requests for each in _pool_of(address, pools) if each in traffic)
        )
        for address in sorted(traffic)
    }


def _pool_of(address: str, pools: t.Collection[t.Collection[str]]) -> t.Collection[str]:
    return next((pool for pool in pools if address in pool), [address])


def _count(traffic: dict[str, Traffic], entry: dict[str, t.Any]) -> None:
    """Add a line of the log to the traffic of each member that it names."""
    addresses = _split(entry.get("upstream"))
    statuses = _split(entry.get("upstream_status") or entry.get("status"))
    times = _split(entry.get("upstream_seconds") or entry.get("seconds"))
    for number, address in enumerate(addresses):
        member = traffic.setdefault(address, Traffic())
        last = number == len(addresses) - 1
        member.requests += last
        member.errors += _is_error(statuses, number) or not last
        if last and times:
            member.seconds.append(_number(times[-1]))


def _entry(line: str) -> dict[str, t.Any] | None:
    """Return a line of the log, or None if it is no JSON object or went to no member."""
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if entry.get("upstream") else None


def _time(entry: dict[str, t.Any]) -> datetime:
    return datetime.fromisoformat(entry.get("time", "1970-01-01T00:00:00+00:00"))


def _split(value: t.Any) -> list[str]:
    """Return what nginx joins into one text for a request with several tries.

    It puts ", " between members of one pool, and " : " where it went on to another pool.
    """
    return str(value).replace(" : ", ", ").split(", ") if value not in (None, "") else []


def _is_error(statuses: list[str], number: int) -> bool:
    return number < len(statuses) and statuses[number][:1] == "5"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # nginx writes "-" for a member that did not answer
        return 0.0


def newest_lines(directory: str, max_bytes: int = MAX_BYTES) -> list[str]:
    """Return the last lines of each log, oldest first; a log that does not exist has none.

    Where the current file is shorter than max_bytes, the end of the rotated one before it (.1)
    comes first.
    """
    lines = []
    for name in FILES:
        newest = _tail(Path(directory, name), max_bytes)
        older = _tail(Path(directory, f"{name}.1"), max_bytes - len(newest))
        lines += (older + newest).decode("utf-8", "replace").splitlines()
    return lines


def _tail(path: Path, max_bytes: int) -> bytes:
    """Return the last whole lines of a file, at most so many bytes."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - max_bytes))
            data = stream.read(max_bytes)
    except FileNotFoundError:
        return b""
    return data if size <= max_bytes else data.partition(b"\n")[2]
