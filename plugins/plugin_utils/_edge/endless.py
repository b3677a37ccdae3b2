# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find redirects of a URL map that never end, as when one leads to itself. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._url_map.evaluate import Evaluator
from .._url_map.fields import URL
from .._url_map.values import Host, Request, Rule, UrlMap
from .front import decide_first
from .servers import HTTP, HTTPS, Edge

MOST = 20  # redirects, after which browsers give up
PORTS = {"http": HTTP, "https": HTTPS}
SOME_NAME, SOME_PATH = "any.invalid", "/any"  # for rules that take more than one


def endless(edge: Edge, url_map: UrlMap) -> t.Iterator[str]:
    """Yield a message for each rule whose redirect leads a client on and on.

    One request is followed for each rule, without headers. A redirect to a place that may be
    somebody else's ends there.
    """
    router = Evaluator(url_map)
    known = {name for host in url_map.hosts for name in host.names}
    for host in url_map.hosts:
        for rule in (*host.rules, host.default):
            if rule is None or rule.action.redirect is None:
                continue
            for request in _requests(edge, host, rule):
                if router.decide(request).rule == rule.title and _follow(
                    edge, router, request, known
                ):
                    asked = f"{request.scheme}://{request.host}{request.target}"
                    yield (
                        f"peerlb_url_map.{rule.title}: its redirect is endless: a client that asks"
                        f" {request.method} {asked} is sent on {MOST} times"
                    )
                    break


def _requests(edge: Edge, host: Host, rule: Rule) -> t.Iterator[Request]:
    """Yield a request for a rule by each scheme that listeners speak."""
    name = host.names[0].replace("*", "any") if host.names else SOME_NAME
    target = rule.path if rule.path and not rule.is_prefix else rule.stem + SOME_PATH
    method = "GET" if "GET" in rule.methods else (*rule.methods, "GET")[0]
    for by_tls in sorted({each.tls for each in edge.listeners}):
        yield Request(name, target, method, scheme="https" if by_tls else "http")


def _follow(edge: Edge, router: Evaluator, request: Request, known: t.Collection[str]) -> bool:
    """Tell whether a client that follows redirects is sent on to the last."""
    for _number in range(MOST):
        decision = decide_first(edge, request) or router.decide(request)
        there = _next(edge, request, decision.url, known) if decision.kind == "redirect" else None
        if there is None:
            return False
        # Clients repeat a method but GET and HEAD after 307 and 308 alone.
        changes = decision.code in (301, 302) and request.method != "HEAD"
        request = replace(there, method="GET") if changes else there
    return True


def _next(edge: Edge, request: Request, url: str, known: t.Collection[str]) -> Request | None:
    """Return the request by which a client follows a redirect; None if another may get it."""
    if url.startswith("/"):
        return replace(request, target=url)
    found = URL.fullmatch(url)
    if not found:
        return None
    scheme, host = found[1].lower(), found[2].lower()
    port = int(found[3][1:]) if found[3] else PORTS[scheme]
    ours = any((each.port, each.tls) == (port, scheme == "https") for each in edge.listeners)
    if not ours or (host not in known and host != request.host):
        return None
    return replace(request, scheme=scheme, host=host, target=found[4] or "/")
