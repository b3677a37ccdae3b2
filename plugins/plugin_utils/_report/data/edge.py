# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the load balancers do with requests: TLS, the URL map, the gatekeeper, bans, maintenance."""

from __future__ import annotations

import typing as t

from ..._url_map.reading import read_url_map
from ..._url_map.values import Action, Host, Redirect, Rule, UrlMap, UrlMapError
from .tally import Record

Told = t.Mapping[str, t.Any]  # plain data, from a module or of the inventory
DEFAULT = "(default)"  # the path of what no other rule takes
WAF = ("state", "refused", "would_refuse")
PARTS = ("certificates", "routes", "rules", "banned", "maintenance", "waf", "notes")


def edge(balancers: t.Mapping[str, Told]) -> list[Record]:
    """Return what each load balancer does with requests; the filter documents the keys.

    balancers: by host `info`, what nginx_release_info returned, and as they were declared `url_map`
    and `gatekeeper`, each of which may be missing. A load balancer with none of this is left out.
    """
    found = [_balancer(host, told) for host, told in balancers.items()]
    return [each for each in found if any(each[part] for part in PARTS)]


def _balancer(host: str, told: Told) -> Record:
    info = told.get("info") or {}
    url_map, notes = _url_map(told.get("url_map"), info)
    guard, waf = info.get("guard") or {}, info.get("waf") or {}
    return {
        "host": host,
        "listeners": [_listener(each) for each in info.get("listeners") or ()],
        "certificates": _certificates(info),
        "routes": _routes(url_map, info.get("inspected") or {}),
        "tests": len(url_map.tests),
        "rules": _rules(told.get("gatekeeper"), info.get("rules") or {}),
        "banned": guard.get("banned", 0),
        "maintenance": list(guard.get("in_maintenance") or ()),
        "waf": {key: waf[key] for key in WAF if key in waf},
        "notes": notes,
    }


def _listener(told: Told) -> Record:
    """Return a listener, with all pools that it may lead to."""
    pools = dict.fromkeys([told["pool"], *told.get("routes", ())])
    keys = ("port", "protocol", "address")
    return {
        **{key: told.get(key, "") for key in keys},
        **{"tls": bool(told.get("tls")), "pools": list(pools)},
    }


def _certificates(info: Told) -> list[Record]:
    """Return the certificates that are in service."""
    keys = ("name", "names", "source", "days_left", "error")
    served = (each for each in info.get("certificates") or () if each.get("used", True))
    return [{key: each.get(key) for key in keys} for each in served]


def _url_map(declared: t.Any, info: Told) -> tuple[UrlMap, list[str]]:
    """Return the URL map, and why it cannot be shown; a map without hosts if none is declared."""
    if not declared:
        return UrlMap(), []
    try:
        pools = [pool["name"] for pool in info.get("pools") or ()]
        return read_url_map(declared, pools), []
    except UrlMapError as exc:
        return UrlMap(), [f"the URL map is not shown: {exc}".splitlines()[0]]


def _routes(url_map: UrlMap, inspected: Told) -> list[Record]:
    """Return the rules of all hosts in their order, and last what each does by default."""
    return [
        _route(host, rule, inspected)
        for host in url_map.hosts
        for rule in (*host.rules, *([host.default] if host.default else []))
    ]


def _route(host: Host, rule: Rule, inspected: Told) -> Record:
    return {
        "names": list(host.names),
        "path": rule.path or DEFAULT,
        "methods": list(rule.methods),
        "conditional": bool(rule.headers),
        "pools": [{"name": name, "weight": weight} for name, weight in rule.action.pools],
        "answer": _answer(rule.action),
        "waf": rule.action.waf,
        "inspected": dict(inspected.get(f"{host.label} {rule.path or 'default'}") or {}),
    }


def _answer(action: Action) -> str:
    """Return what nginx answers by itself: "redirect 301 to https://…", "answer 410", or ""."""
    if action.redirect:
        return f"redirect {action.redirect.code} to {_place(action.redirect)}"
    return f"answer {action.answer.status}" if action.answer else ""


def _place(redirect: Redirect) -> str:
    """Return where a redirect leads, "…" for a part that stays as the client wrote it."""
    if redirect.url:
        return redirect.url
    path = redirect.path or f"{redirect.prefix.rstrip('/')}/…"
    if not redirect.scheme and not redirect.host:
        return path
    return f"{redirect.scheme or '…'}://{redirect.host or '…'}{path}"


def _rules(declared: t.Any, counted: Told) -> list[Record]:
    """Return the rules of the gatekeeper by priority, and last the default, with their counts.

    A rule that is counted, but declared no more, has no action.
    """
    gatekeeper = declared if isinstance(declared, t.Mapping) else {}
    entries = [each for each in gatekeeper.get("rules") or () if isinstance(each, t.Mapping)]
    entries.sort(key=_priority)
    if gatekeeper:
        entries.append({"action": "allow", **(gatekeeper.get("default") or {}), "name": "default"})
    names = {str(each.get("name")): each for each in entries}
    return [_rule(name, names.get(name, {}), counted) for name in dict.fromkeys([*names, *counted])]


def _priority(entry: Told) -> int:
    value = entry.get("priority")
    return value if isinstance(value, int) else 0


def _rule(name: str, entry: Told, counted: Told) -> Record:
    counts = counted.get(name) or {}
    return {
        "name": name,
        "action": str(entry.get("action", "")),
        "preview": bool(entry.get("preview")),
        "did": dict(counts.get("actions") or {}),
        "would": dict(counts.get("would") or {}),
    }
