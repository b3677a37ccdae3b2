# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is probed, the outcome, and whether that was expected. No Ansible, no I/O."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._values.certificates import holds_certificates

OPEN = "open"
REFUSED = "refused"
TIMEOUT = "timeout"
NO_ROUTE = "no_route"
WRONG_PROTOCOL = "wrong_protocol"
WRONG_STATUS = "wrong_status"
WRONG_CERTIFICATE = "wrong_certificate"
BLOCKED = "blocked"

# The states of a connect() that failed, by the error.
_ERRNO_STATES = {
    errno.ECONNREFUSED: REFUSED,
    errno.ETIMEDOUT: TIMEOUT,
    errno.ECONNABORTED: TIMEOUT,  # peerlb-pools on a load balancer ended it: no answer for long
    errno.EHOSTUNREACH: NO_ROUTE,  # also "administratively prohibited"
    errno.EHOSTDOWN: NO_ROUTE,
    errno.ENETUNREACH: NO_ROUTE,
    errno.ENETDOWN: NO_ROUTE,
    errno.EACCES: NO_ROUTE,  # a "prohibit" route
    errno.EPERM: NO_ROUTE,  # this host's own firewall
    errno.EINVAL: NO_ROUTE,  # a "blackhole" route
}


class ProbeError(ValueError):
    """The targets make no sense, or this host cannot probe. problems: one line for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Target:
    """A connection to try. protocol: one of PROTOCOLS; expect: open or closed.

    For http and https: the path; host: the Host header, "" for address:port; statuses: the good
    answers, () for any. For https: the handshake asks for the host's name; ca: the certificates
    (PEM) of who may sign the server's, "" to judge neither its signer nor its name.
    """

    name: str
    address: str
    port: int
    protocol: str = "tcp"
    expect: str = "open"
    path: str = "/"
    host: str = ""
    statuses: tuple[int, ...] = ()
    ca: str = ""

    def __str__(self) -> str:
        """Return the name with its port, which some names have already: "web1 -> lb1:3306"."""
        suffix = f":{self.port}"
        return self.name if self.name.endswith(suffix) else self.name + suffix

    def problems(self) -> list[str]:
        """Return why this target cannot be probed, one message for each setting at fault."""
        found = []
        if not _is_host_address(self.address):
            found.append(f"address {self.address!r} is not the IPv4 address of a host")
        if not 1 <= self.port <= 65535:
            found.append(f"port {self.port} is not between 1 and 65535")
        # A space or a line end in the path would change the rest of the request.
        if not re.fullmatch(r"/[!-~]*", self.path):
            found.append(f"path {self.path!r} is not a plain path that begins with /")
        if not re.fullmatch(r"[!-~]*", self.host):
            found.append(f"host {self.host!r} is not a plain host name")
        wrong = [status for status in self.statuses if not 100 <= status <= 599]
        if wrong:
            found.append(f"statuses {wrong} are not between 100 and 599")
        if self.ca and not holds_certificates(self.ca):
            found.append("ca is not a text of certificates (PEM)")
        return [f"target {self.name!r}: {problem}" for problem in found]


@dataclass(frozen=True)
class Outcome:
    """What came of a probe.

    state: OPEN, REFUSED, …; connected: whether a TCP connection came up; detail: the evidence, for
    people.
    """

    state: str
    connected: bool
    detail: str


@dataclass(frozen=True)
class Result:
    """A target and the outcome of its probe, which took latency_ms milliseconds."""

    target: Target
    outcome: Outcome
    latency_ms: float

    @property
    def ok(self) -> bool:
        """Whether the outcome is as expected."""
        # A port that accepts a connection is not closed, whatever comes after that.
        if self.target.expect == "closed":
            return not self.outcome.connected
        return self.outcome.state == OPEN

    def report(self) -> dict:
        """Return the result as the module returns it."""
        target, outcome = self.target, self.outcome
        return {
            "name": target.name,
            "address": target.address,
            "port": target.port,
            "protocol": target.protocol,
            "expect": target.expect,
            "state": outcome.state,
            "connected": outcome.connected,
            "latency_ms": round(self.latency_ms, 1),
            "detail": outcome.detail,
            "ok": self.ok,
        }

    def __str__(self) -> str:
        """Return one line: "web1 -> db1:3306 (mysql): expected closed, found open (…)"."""
        target, outcome = self.target, self.outcome
        return (
            f"{target} ({target.protocol}): expected {target.expect}, "
            f"found {outcome.state} ({outcome.detail})"
        )


def parse_targets(params: Iterable[Mapping]) -> tuple[Target, ...]:
    """Return the targets in the order given. A ProbeError names everything wrong with them."""
    targets = tuple(
        Target(**{**param, "statuses": tuple(param.get("statuses") or ())}) for param in params
    )
    problems = [problem for target in targets for problem in target.problems()]
    if problems:
        raise ProbeError(*problems)
    return targets


def check_limits(timeout: float, concurrency: int) -> None:
    """Raise ProbeError unless timeout (seconds) and concurrency (sockets) can be used."""
    if not 0 < timeout <= 60:
        raise ProbeError(f"timeout {timeout:g} is not between 0 and 60 seconds")
    if concurrency < 1:
        raise ProbeError(f"concurrency {concurrency} is less than 1")


def connect_failure(target: Target, exc: OSError) -> Outcome:
    """Return the outcome of a connect() that failed.

    Raises ProbeError if the cause lies in this host, such as no free socket: such an error says
    nothing about the target, and must not pass for a closed port.
    """
    code = exc.errno or 0
    if code == errno.ECONNRESET:  # the connection came up, and the server reset it at once
        state = OPEN if target.protocol == "tcp" else WRONG_PROTOCOL
        return Outcome(state, True, "connection reset as soon as it was open")
    if code not in _ERRNO_STATES:
        raise ProbeError(f"target {target.name!r} could not be probed from here: {exc}")
    return Outcome(_ERRNO_STATES[code], False, os.strerror(code))


def summary(results: Iterable[Result]) -> dict:
    """Return how many results there are, and how many are as expected and not as expected.

    {"total": 3, "ok": 2, "mismatched": 1}
    """
    as_expected = [result.ok for result in results]
    ok = sum(as_expected)
    return {"total": len(as_expected), "ok": ok, "mismatched": len(as_expected) - ok}


def mismatch_message(results: Iterable[Result]) -> str:
    """Return a line for each result that is not as expected, "" if there is none."""
    results = list(results)
    lines = [str(result) for result in results if not result.ok]
    if not lines:
        return ""
    return "\n".join([f"{len(lines)} of {len(results)} targets not as expected:", *lines])


def _is_host_address(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    # A connect() to 0.0.0.0 goes to this very host.
    return not (address.is_unspecified or address.is_multicast)
