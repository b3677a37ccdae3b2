# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests one after the other and count who answered, and how.

A client without retries: a request that is lost is counted, not hidden.
"""

from __future__ import annotations

import collections
import http.client
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field

UNNAMED = "(unnamed)"  # who answered without the header
SILENT = 3  # requests: where none of the first is answered, all the others would wait in vain


@dataclass
class Sample:
    """What came back: counts by status and by the header that names who answered."""

    statuses: t.Counter[int] = field(default_factory=collections.Counter)
    served_by: t.Counter[str] = field(default_factory=collections.Counter)
    errors: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    body: str = ""

    def add(self, connection: http.client.HTTPConnection, target: str, header: str) -> None:
        started = time.monotonic()
        try:
            connection.request("GET", target, headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as exc:
            self.errors.append(str(exc) or type(exc).__name__)
            return
        finally:
            connection.close()
        self.milliseconds.append(round((time.monotonic() - started) * 1000, 2))
        self.statuses[answer.status] += 1
        self.served_by[answer.headers.get(header) or UNNAMED] += 1
        self.body = body[:2000].decode("utf-8", "replace")

    def report(self) -> dict[str, t.Any]:
        ordered = sorted(self.milliseconds)
        return {
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "served_by": dict(sorted(self.served_by.items())),
            "errors": self.errors[:10],
            "failed_requests": len(self.errors),
            "median_ms": ordered[len(ordered) // 2] if ordered else None,
            "body": self.body,
        }


def take_sample(url: str, requests: int, header: str, timeout: float) -> Sample:
    """Send that many GET requests, each on a connection of its own; timeout is in seconds."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"url {url} is not a http address such as http://10.0.0.2/")
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    sample = Sample()
    for number in range(requests):
        if number == SILENT == len(sample.errors):
            rest = requests - number
            sample.errors += [f"not sent, as the first {SILENT} got no answer"] * rest
            break
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout)
        sample.add(connection, target, header)
    return sample
