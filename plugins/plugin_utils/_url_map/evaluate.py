# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a request by a URL map, as nginx decides it. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .matching import Table, fits
from .paths import escape, is_odd, normalise, split_target, to_bytes
from .values import Action, Decision, Host, Redirect, Request, Rule, UrlMap

PORT = re.compile(r":[0-9]*$")
UNKNOWN_HOST = 421  # Misdirected Request


class Evaluator:
    """A URL map with its rules by path and its hosts by name, made once for many requests."""

    def __init__(self, url_map: UrlMap) -> None:
        """Take the map."""
        self._strict = url_map.strict_paths
        self._tables = {name: Table.of(host) for host in url_map.hosts for name in _names(host)}

    def decide(self, request: Request) -> Decision:
        """Return what happens to a request, and by which rule."""
        request = replace(request, target=to_bytes(request.target))
        path = normalise(request.target)
        if path is None:
            return Decision("status", "no rule: nginx refuses the path", code=400)
        name = _host_name(request.host)
        table = self._table(name)
        if not table:
            return Decision("status", f"no host is named {name}", code=UNKNOWN_HOST)
        if self._strict and is_odd(request.target):
            return Decision("status", "strict_paths", code=400)
        rule = next((each for each in table.chain(path) if fits(each, request)), None)
        if not rule:
            return Decision("status", f"no rule of {table.host.place}", code=404)
        return _decision(rule, request, path, name)

    def _table(self, name: str) -> Table | None:
        """Return the rules for a name: its own, those of the longest pattern, or any other's."""
        if name in self._tables:
            return self._tables[name]
        parent = name
        while "." in parent:
            parent = parent.split(".", 1)[1]
            if f"*.{parent}" in self._tables:
                return self._tables[f"*.{parent}"]
        return self._tables.get("")


def evaluate(url_map: UrlMap, request: Request) -> Decision:
    """Return what happens to one request; an Evaluator is faster for many."""
    return Evaluator(url_map).decide(request)


def _names(host: Host) -> t.Sequence[str]:
    return host.names or ("",)


def _host_name(host: str) -> str:
    """Return a host as nginx compares it: without port and final dot, in lower case."""
    return PORT.sub("", host).lower().removesuffix(".")


def _decision(rule: Rule, request: Request, path: str, name: str) -> Decision:
    action = rule.action
    if action.redirect:
        return _redirected(rule, action.redirect, request, path, name)
    if action.answer:
        return Decision("status", rule.title, code=action.answer.status)
    pools = tuple(pool for pool, _weight in action.pools)
    return Decision("pool", rule.title, pools, _member_path(rule, action, request.target, path))


def _member_path(rule: Rule, action: Action, target: str, path: str) -> str:
    """Return the target that a member gets: as the client wrote it, unless it is rewritten."""
    if not action.rewrite:
        return target
    query = split_target(target)[1]
    return escape(_replaced(rule, action.rewrite, path)) + (f"?{query}" if query else "")


def _replaced(rule: Rule, new: str, path: str) -> str:
    """Return a path with that of the rule replaced: of an exact rule the whole."""
    if not rule.is_prefix:
        return new
    rest = path[len(rule.stem) :]
    return new.rstrip("/") + rest or "/"


def _redirected(rule: Rule, to: Redirect, request: Request, path: str, name: str) -> Decision:
    """Return where a request is sent."""
    written, query = split_target(request.target)
    if to.needs_plain_path and (is_odd(request.target) or not _is_plain(rule, written)):
        return Decision("status", f"{rule.title}: the path is not in its plain form", code=400)
    kept = "" if to.strip_query or not query else f"?{query}"
    if to.url:
        return Decision("redirect", rule.title, url=to.url + kept, code=to.code)
    origin = ""
    if to.scheme or to.host:
        origin = f"{to.scheme or request.scheme}://{to.host or name}"
    if to.path:
        target = to.path + kept
    elif to.prefix:
        target = _replaced(rule, to.prefix, written) + kept
    else:
        target = written if to.strip_query else request.target
    return Decision("redirect", rule.title, url=origin + target, code=to.code)


def _is_plain(rule: Rule, written: str) -> bool:
    """Tell whether the rule's own path stands in the target as it does in the rule."""
    if rule.is_prefix:
        return f"{written}/".startswith(f"{rule.stem}/")
    return not rule.path or written == rule.path
