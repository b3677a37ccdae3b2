# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send HTTP requests one after the other, and count which member answered, and how.

No request is sent twice: a client with retries would hide the requests that were lost.
"""

from __future__ import annotations

import collections
import http.client
import re
import ssl
import time
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from .._values.certificates import holds_certificates
from .._values.entries import duration

UNNAMED = "(unnamed)"  # stands for the member of an answer without the header
MOST = 10_000  # requests of a sample
PORTS = {"http": 80, "https": 443}
GIVE_UP_AFTER = 3  # requests: if none of the first is answered, the others would wait in vain


@dataclass
class Sample:
    """The answers so far, counted by status and by the header that names the member.

    errors has an entry for each request without an answer, milliseconds one for each answer.
    """

    statuses: t.Counter[int] = field(default_factory=collections.Counter)
    served_by: t.Counter[str] = field(default_factory=collections.Counter)
    errors: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    body: str = ""

    def add(
        self, connection: http.client.HTTPConnection, target: str, header: str, host: str = ""
    ) -> None:
        """Send one GET request for target, such as "/a?b=c", and count its answer or its error.

        host: the Host header, "" for the connection's own.
        """
        headers = {"Connection": "close", **({"Host": host} if host else {})}
        started = time.monotonic()
        try:
            connection.request("GET", target, headers=headers)
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

    def unexpected(self, good: t.Collection[int]) -> str:
        """Return a sentence about requests without a good answer; "" if there is none.

        "2 requests got no answer, 1 got 503; good would be 200, 302". Without good statuses, all
        is good.
        """
        bad = [
            f"{self.statuses[status]} got {status}"
            for status in sorted(self.statuses)
            if status not in good
        ]
        found = [f"{len(self.errors)} requests got no answer"] * bool(self.errors) + bad
        wanted = ", ".join(map(str, good))
        return f"{', '.join(found)}; good would be {wanted}" if good and found else ""

    def report(self) -> dict[str, t.Any]:
        """Return the counts as the module http_sample documents them.

        {"statuses": {"200": 40}, "served_by": {"web1": 20, "web2": 20}, "failed_requests": 0, …}
        """
        ordered = sorted(self.milliseconds)
        return {
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "served_by": dict(sorted(self.served_by.items())),
            "errors": self.errors[:10],
            "failed_requests": len(self.errors),
            "median_ms": ordered[len(ordered) // 2] if ordered else None,
            "body": self.body,
        }


class TlsConnection(http.client.HTTPSConnection):
    """A connection to an address that asks in the handshake of TLS for a name.

    name: the name for which the server's certificate has to be, "" for the host of the url.
    """

    def __init__(self, place: tuple[str, int], timeout: float, name: str, ca: str) -> None:
        context = ssl.create_default_context(cadata=ca or None)
        super().__init__(*place, timeout=timeout, context=context)
        self._asked, self._trust = name or place[0], context

    def connect(self) -> None:
        """Connect, and shake hands by the name."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._asked)


def _connection(
    parts: urllib.parse.SplitResult, timeout: float, host: str, ca: str
) -> http.client.HTTPConnection:
    """Return a connection that is not open yet; parts are those of a url with a host."""
    place = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "http":
        return http.client.HTTPConnection(*place, timeout=timeout)
    return TlsConnection(place, timeout, host.rpartition(":")[0] or host, ca)


def take_sample(
    url: str, requests: int, header: str, timeout: float, host: str = "", ca: str = ""
) -> Sample:
    """Return the sample of so many GET requests, from 1 to MOST, each on its own connection.

    header is the name of the header by which an answer names its member; timeout is in seconds, for
    each request; host is the Host header, and the name to ask for by TLS, "" for the url's. ca: the
    certificates (PEM) of who may have signed the server's, "" for those that this host trusts. A
    ValueError says what cannot be asked.
    """
    if not 1 <= requests <= MOST:
        raise ValueError(f"requests is {requests}, not a number from 1 to {MOST}")
    if not duration("timeout", timeout):
        raise ValueError("timeout is 0, and no answer comes in no time")
    if not re.fullmatch(r"[!-~]*", host):
        raise ValueError(f"host {host!r} is not a plain host name")
    if ca and not holds_certificates(ca):
        raise ValueError("ca is not a text of certificates (PEM)")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"url {url} is not an address of http or https such as http://10.0.0.2/")
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    sample = Sample()
    for number in range(requests):
        if number == GIVE_UP_AFTER == len(sample.errors):
            rest = requests - number
            sample.errors += [f"not sent, as the first {GIVE_UP_AFTER} got no answer"] * rest
            break
        sample.add(_connection(parts, timeout, host, ca), target, header, host)
    return sample
