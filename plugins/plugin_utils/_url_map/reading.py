# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a URL map: hosts, rules and tests, and name all that is wrong. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from ...module_utils._values.entries import is_list, misfit, text, whole_number
from . import fields
from .entry import Entry
from .matching import unreachable
from .rules import ACTION, RULE, PoolNames, read_action, read_rule
from .values import (
    REDIRECT_CODES,
    Action,
    Expected,
    Host,
    Request,
    Rule,
    StoredTest,
    UrlMap,
    UrlMapError,
)

MAP = ("hosts", "tests", "strict_paths")
HOST = ("names", "rules", "default")
TEST = ("url", "method", "headers", "expect")
EXPECT = ("pool", "path", "redirect", "code", "status")
URL = re.compile(r"(https?)://([^/?#\s]+)(/[!-~]*)?")
TARGET = re.compile(r"/[!-~]*")


def read_url_map(value: t.Any, pools: t.Iterable[str], place: str = "peerlb_url_map") -> UrlMap:
    """Return the URL map that somebody wrote; pools are the names of the declared pools of http.

    {"hosts": [{"default": "webapp"}]} is the shortest one. A UrlMapError has a line for each thing
    that is wrong, such as "peerlb_url_map.hosts[0].rules[1]: path is 'api', not a path such as …".
    """
    problems: list[str] = []
    names = PoolNames(pools)
    entry = Entry(value, place, MAP, problems)
    hosts = tuple(
        _host(each, f"hosts[{number}]", names)
        for number, each in enumerate(entry.each("hosts", HOST))
    )
    if isinstance(value, t.Mapping) and not hosts:
        entry.problem("hosts is missing; the shortest is [{default: NAME OF A POOL}]")
    tests = tuple(
        _test(each, f"tests[{number}]", names)
        for number, each in enumerate(entry.each("tests", TEST))
    )
    url_map = UrlMap(hosts, tests, entry.get("strict_paths", fields.truth, False))
    problems += _names_twice(hosts, place)
    problems += [f"{place}.{line}" for line in unreachable(url_map)]
    if problems:
        raise UrlMapError("\n".join(problems))
    return url_map


def _host(entry: Entry, place: str, pools: PoolNames) -> Host:
    names: tuple[str, ...] = entry.get("names", fields.host_names, ())
    rules, whole = [], False
    for number, each in enumerate(entry.each("rules", RULE)):
        known = len(entry.problems)
        rule = read_rule(each, f"{place}.rules[{number}]", pools)
        whole = whole or (rule.path == "/*" and not rule.conditional)
        if len(entry.problems) == known:  # what is wrong would be told once more, as unreachable
            rules.append(rule)
    if not entry.has("default"):
        if not whole:
            entry.problem("default is missing; name the pool that gets what no rule takes")
        return Host(place, names, tuple(rules), None)
    return Host(place, names, tuple(rules), _default(entry, f"{place}.default", pools))


def _default(entry: Entry, place: str, pools: PoolNames) -> Rule:
    """Return the rule that a default stands for: the name of a pool, or an action as in a rule."""
    if isinstance(entry.values["default"], t.Mapping):
        return Rule(place, "", read_action(entry.below("default", ACTION), pools, ""))
    return Rule(place, "", Action(pools=entry.get("default", pools.one, ())))


def _names_twice(hosts: t.Sequence[Host], place: str) -> list[str]:
    """Return a message for each name that two hosts have, or one host has twice."""
    owners: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        for name in host.names or ("",):
            owners[name].append(host.place)
    return [
        f"{place}.{places[1]}: {name or 'any other name'} is that of {places[0]} already"
        for name, places in owners.items()
        if len(places) > 1
    ]


def _test(entry: Entry, place: str, pools: PoolNames) -> StoredTest:
    scheme, host, target = entry.need("url", _url, ("http", "", "/"))
    request = Request(
        host=host,
        target=target,
        method=entry.get("method", fields.method, "GET"),
        headers=entry.get("headers", fields.sent_headers, {}),
        scheme=scheme,
    )
    if not entry.has("expect"):
        entry.problem("expect is missing; give {pool: NAME}, {redirect: URL} or {status: 404}")
        return StoredTest(place, request, Expected())
    return StoredTest(place, request, _expected(entry.below("expect", EXPECT), pools))


def _expected(entry: Entry, pools: PoolNames) -> Expected:
    kind = entry.only_one_of(("pool", "redirect", "status"))
    if entry.has("path") and kind != "pool":
        entry.problem("path is what a member gets; it goes with pool")
    if entry.has("code") and kind != "redirect":
        entry.problem("code is that of a redirect; without one give status")

    def names(key: str, value: t.Any) -> tuple[str, ...]:
        listed = value if is_list(value) and value else [value]
        return tuple(pools.name(key, each) for each in listed)

    return Expected(
        pools=entry.get("pool", names, ()),
        path=entry.get("path", _target, ""),
        redirect=entry.get("redirect", _location, ""),
        code=entry.get("code", _redirect_code, 0),
        status=entry.get("status", _any_status, 0),
    )


def _url(key: str, value: t.Any) -> tuple[str, str, str]:
    """Return scheme, host and target of a URL."""
    found = URL.fullmatch(text(key, value))
    if not found:
        raise misfit(key, value, "a URL such as https://shop.example/cart?item=1")
    return found[1], fields.host_name(key, found[2]), found[3] or "/"


def _target(key: str, value: t.Any) -> str:
    if not TARGET.fullmatch(text(key, value)):
        raise misfit(key, value, "a path with its query as the member gets it, such as /v2/x?a=1")
    return value


def _location(key: str, value: t.Any) -> str:
    if not URL.fullmatch(text(key, value)) and not TARGET.fullmatch(value):
        raise misfit(key, value, "a URL such as https://shop.example/new, or a path such as /new")
    return value


def _redirect_code(key: str, value: t.Any) -> int:
    number = whole_number(key, value, 301, 308)
    if number not in REDIRECT_CODES:
        raise misfit(key, value, f"one of {', '.join(map(str, REDIRECT_CODES))}")
    return number


def _any_status(key: str, value: t.Any) -> int:
    return whole_number(key, value, 200, 599)
