# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide one request as nginx would by the files of `rendering.py`. No Ansible, no I/O."""

from __future__ import annotations

import bisect
import ipaddress
import typing as t

from ...module_utils._values.ranges import LAST, Span
from .values import Gatekeeper, Match, Request, Verdict


def evaluate(gatekeeper: Gatekeeper, request: Request) -> Verdict:
    """Return what the gatekeeper decides of a request that is no challenge of ACME.

    A throttle decides with its own action: how many requests came before it is not known here.
    """
    would = ""
    for rule in (*gatekeeper.rules, gatekeeper.default):
        if not matches(gatekeeper, rule.match, request):
            continue
        if not rule.preview:
            return Verdict(rule.name, rule.action, would, rule.status or rule.code, rule.url)
        would = would or f"{rule.action}:{rule.name}"
    return Verdict(gatekeeper.default.name, "allow", would)


def matches(gatekeeper: Gatekeeper, match: Match, request: Request) -> bool:
    """Tell whether all conditions hold for a request."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return (
        _is_from(gatekeeper, match, request.client)
        and (not match.paths or any(path_matches(each, request.path) for each in match.paths))
        and (not match.methods or request.method in match.methods)
        and all(headers.get(name.lower(), "") in values for name, values in match.headers)
        and not any(headers.get(name.lower()) for name in match.without_headers)
    )


def path_matches(pattern: str, path: str) -> bool:
    """Tell whether a path is the pattern, or for "/a/*" whether it is /a or below it."""
    if pattern.endswith("/*"):
        return f"{path}/".startswith(pattern[:-1])
    return path == pattern


def _is_from(gatekeeper: Gatekeeper, match: Match, client: str) -> bool:
    if not match.lists and not match.sources:
        return True
    number = int(ipaddress.IPv4Address(client))
    sets = (match.sources, *(gatekeeper.lists[name] for name in match.lists))
    return any(_holds(each, number) for each in sets)


def _holds(addresses: t.Sequence[Span], number: int) -> bool:
    at = bisect.bisect_right(addresses, (number, LAST)) - 1
    return at >= 0 and number <= addresses[at][1]
