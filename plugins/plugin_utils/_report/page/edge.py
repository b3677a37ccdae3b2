# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the table that tells what the load balancers do with requests."""

from __future__ import annotations

import typing as t

from ..data.tally import Record
from ..picture.notes import counted, lasting, rules_of

PARTS = ("Maintenance", "Bans", "Listener", "Certificate", "WAF", "Gatekeeper", "URL map")
WAF = {"refused": "refused", "would_refuse": "would be refused"}
Row = tuple[str, str, str, str]  # the part, a name in it, what it does, and what was seen of it


def edge_rows(edge: t.Iterable[Record]) -> list[Record]:
    """Return the rows, each with the keys part, name, does, seen and hosts.

    What is the same on several load balancers is one row. hosts is "" where it is so on all.
    """
    edge = list(edge)
    hosts: dict[Row, list[str]] = {}
    for balancer in edge:
        for row in _rows(balancer):
            hosts.setdefault(row, []).append(balancer["host"])
    return [
        {
            **dict(zip(("part", "name", "does", "seen"), row, strict=True)),
            "hosts": "" if len(hosts[row]) == len(edge) else ", ".join(hosts[row]),
        }
        for row in sorted(hosts, key=_part)
    ]


def edge_marks(edge: t.Iterable[Record]) -> dict[str, list[str]]:
    """Return what decides at each listener of http: {"lb1:443": ["2 routes"]}."""
    marks = {}
    for each in edge:
        parts = {"route": len(each["routes"]), "rule": rules_of(each)}
        words = [counted(number, what) for what, number in parts.items() if number]
        words += ["WAF"] if each["waf"] else []
        for listener in each["listeners"] if words else ():
            if listener["protocol"] == "http":
                marks[f"{each['host']}:{listener['port']}"] = words
    return marks


def _part(row: Row) -> int:
    return PARTS.index(row[0])


def _rows(edge: Record) -> t.Iterator[Row]:
    for pool in edge["maintenance"]:
        yield "Maintenance", "all pools" if pool == "all" else pool, "answers 503", ""
    if edge["banned"]:
        yield "Bans", counted(edge["banned"], "range"), "refused", ""
    for listener in edge["listeners"]:
        if listener["protocol"] == "http":
            yield "Listener", _listener(listener), f"leads to {', '.join(listener['pools'])}", ""
    for each in edge["certificates"]:
        names = ", ".join(each["names"] or ())
        yield "Certificate", each["name"], f"serves {names}", f"{each['source']}, {lasting(each)}"
    if edge["waf"]:
        waf = edge["waf"]
        counts = [f"{waf[key]} {words}" for key, words in WAF.items() if waf.get(key)]
        yield "WAF", "container", "inspects requests", ", ".join([waf.get("state") or "-", *counts])
    for rule in edge["rules"]:
        yield "Gatekeeper", rule["name"], _action(rule), _did(rule)
    for route in edge["routes"]:
        yield "URL map", _route(route), _leads(route), _words("", route["inspected"])
    if edge["tests"]:
        tests = counted(edge["tests"], "stored test")
        yield "URL map", tests, "have to pass before a release goes live", ""
    for note in edge["notes"]:
        yield "URL map", "", note, ""


def _listener(listener: Record) -> str:
    address = f"{listener['address']}:" if listener["address"] else ""
    return f"{address}{listener['port']}{' TLS' if listener['tls'] else ''}"


def _action(rule: Record) -> str:
    """Return what a rule does: "deny", "deny, in preview", or that it is declared no more."""
    if not rule["action"]:
        return "not declared any more"
    return rule["action"] + (", in preview" if rule["preview"] else "")


def _did(rule: Record) -> str:
    counts = [_words("", rule["did"]), _words("would ", rule["would"])]
    return "; ".join(filter(None, counts))


def _words(start: str, counts: t.Mapping[str, int]) -> str:
    """Return counts in words: "deny 3, allow 2"."""
    words = ", ".join(f"{what} {number}" for what, number in counts.items())
    return f"{start}{words}" if words else ""


def _route(route: Record) -> str:
    """Return how a route is named: "GET shop.example /api/* (2 names, by headers)"."""
    names = route["names"]
    more = [counted(len(names), "name")] if len(names) > 1 else []
    more += ["by headers"] if route["conditional"] else []
    methods = ["/".join(route["methods"])] if route["methods"] else []
    words = [*methods, names[0] if names else "*", route["path"]]
    return " ".join([*words, f"({', '.join(more)})"] if more else words)


def _leads(route: Record) -> str:
    """Return where a route leads: "webapp", "api 90 %, next 10 %", "redirect 301 to https://…"."""
    pools, checked = route["pools"], ", inspected" if route["waf"] else ""
    if len(pools) < 2:
        return (pools[0]["name"] if pools else route["answer"]) + checked
    total = sum(pool["weight"] for pool in pools)
    shares = [f"{pool['name']} {100 * pool['weight'] / total:.3g} %" for pool in pools]
    return ", ".join(shares) + checked
