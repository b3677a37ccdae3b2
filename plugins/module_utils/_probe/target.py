# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is probed, what was found, and whether that was expected. No Ansible, no I/O."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

OPEN = "open"
REFUSED = "refused"
TIMEOUT = "timeout"
NO_ROUTE = "no_route"
WRONG_PROTOCOL = "wrong_protocol"
BLOCKED = "blocked"

_ERRNO_STATES = {
    errno.ECONNREFUSED: REFUSED,
    errno.ETIMEDOUT: TIMEOUT,
    errno.ECONNABORTED: TIMEOUT,  # peerlb-cut-dead, on a load balancer: nobody answered for long
    errno.EHOSTUNREACH: NO_ROUTE,  # also "administratively prohibited"
    errno.EHOSTDOWN: NO_ROUTE,
    errno.ENETUNREACH: NO_ROUTE,
    errno.ENETDOWN: NO_ROUTE,
    errno.EACCES: NO_ROUTE,  # a "prohibit" route
    errno.EPERM: NO_ROUTE,  # this host's own firewall
    errno.EINVAL: NO_ROUTE,  # a "blackhole" route
}


class ProbeError(ValueError):
    """The targets make no sense, or this host can not probe. problems: one line for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Target:
    """One flow to try: protocol is tcp, http or mysql, expect open or closed, path for http."""

    name: str
    address: str
    port: int
    protocol: str = "tcp"
    expect: str = "open"
    path: str = "/"

    def __str__(self) -> str:
        suffix = f":{self.port}"
        return self.name if self.name.endswith(suffix) else self.name + suffix

    def problems(self) -> list[str]:
        found = []
        if not _is_host_address(self.address):
            found.append(f"address {self.address!r} is not the IPv4 address of a host")
        if not 1 <= self.port <= 65535:
            found.append(f"port {self.port} is not between 1 and 65535")
        # whatever is not plain would end up in the request as a header of its own
        if not re.fullmatch(r"/[!-~]*", self.path):
            found.append(f"path {self.path!r} is not a plain path that begins with /")
        return [f"target {self.name!r}: {problem}" for problem in found]


@dataclass(frozen=True)
class Finding:
    """What a probe met. connected: whether TCP came up; detail: the evidence, for people."""

    state: str
    connected: bool
    detail: str


@dataclass(frozen=True)
class Result:
    """A target and what was found there, after latency_ms milliseconds."""

    target: Target
    finding: Finding
    latency_ms: float

    @property
    def ok(self) -> bool:
        # a port that accepts is not closed, whatever was said on it afterwards
        if self.target.expect == "closed":
            return not self.finding.connected
        return self.finding.state == OPEN

    def report(self) -> dict:
        target, finding = self.target, self.finding
        return {
            "name": target.name,
            "address": target.address,
            "port": target.port,
            "protocol": target.protocol,
            "expect": target.expect,
            "state": finding.state,
            "connected": finding.connected,
            "latency_ms": round(self.latency_ms, 1),
            "detail": finding.detail,
            "ok": self.ok,
        }

    def __str__(self) -> str:
        target, finding = self.target, self.finding
        return (
            f"{target} ({target.protocol}): expected {target.expect}, "
            f"found {finding.state} ({finding.detail})"
        )


def parse_targets(params: Iterable[Mapping]) -> tuple[Target, ...]:
    """Return the targets in the order given. Raises ProbeError naming every bad one."""
    targets = tuple(Target(**param) for param in params)
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


def connect_failure(target: Target, exc: OSError) -> Finding:
    """Classify a connect() that failed.

    Raises ProbeError if the cause lies in this host (sockets or ports used up): that says nothing
    about the target, and must not pass for a closed port.
    """
    code = exc.errno or 0
    if code == errno.ECONNRESET:  # it came up, and was gone before we could look
        state = OPEN if target.protocol == "tcp" else WRONG_PROTOCOL
        return Finding(state, True, "connection reset as soon as it was open")
    if code not in _ERRNO_STATES:
        raise ProbeError(f"target {target.name!r} could not be probed from here: {exc}")
    return Finding(_ERRNO_STATES[code], False, os.strerror(code))


def summary(results: Iterable[Result]) -> dict:
    """Count the results: total, ok, mismatched."""
    verdicts = [result.ok for result in results]
    good = sum(verdicts)
    return {"total": len(verdicts), "ok": good, "mismatched": len(verdicts) - good}


def mismatch_message(results: Iterable[Result]) -> str:
    """Name every result that was not expected, one a line; empty if there is none."""
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
    # connect() to 0.0.0.0 quietly goes to this very host
    return not (address.is_unspecified or address.is_multicast)
