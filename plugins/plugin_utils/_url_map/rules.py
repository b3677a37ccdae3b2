# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the rules of a URL map, and what each does. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._values.entries import misfit, one_of, suggestion, text, whole_number
from . import fields
from .entry import Entry
from .values import REDIRECT_CODES, Action, Answer, Redirect, Rule

KINDS = ("pool", "pools", "redirect", "answer")
FOR_POOLS = ("rewrite", "timeout", "body_size", "buffering", "websockets", "waf")
ACTION = (*KINDS, *FOR_POOLS)
RULE = ("path", "methods", "headers", *ACTION)
REDIRECT = ("url", "scheme", "host", "path", "prefix", "code", "strip_query")
ANSWER = ("status", "body", "content_type")
MOST_WEIGHT = 10_000
NO_ACTION = Action()


class PoolNames:
    """The declared pools of http, to read the names of pools with."""

    def __init__(self, names: t.Iterable[str]) -> None:
        """Take the names."""
        self._names = list(names)

    def name(self, key: str, value: t.Any) -> str:
        """Return the name of a declared pool."""
        if text(key, value) not in self._names:
            raise ValueError(
                f"{key}: no pool of http is named {value}; {suggestion(value, self._names)}"
            )
        return value

    def one(self, key: str, value: t.Any) -> tuple[tuple[str, int], ...]:
        """Return one pool as weighted pools."""
        return ((self.name(key, value), 1),)

    def weighted(self, key: str, value: t.Any) -> tuple[tuple[str, int], ...]:
        """Return the pools that have a weight above 0, and their weights."""
        if not isinstance(value, t.Mapping) or not value:
            raise misfit(
                key, value, "a mapping of pools to weights such as {api: 90, api-next: 10}"
            )
        weights = {
            self.name(key, pool): whole_number(f"{key}.{pool}", weight, 0, MOST_WEIGHT)
            for pool, weight in value.items()
        }
        if not any(weights.values()):
            raise ValueError(f"{key} gives every pool the weight 0; one has to have more")
        return tuple((pool, weight) for pool, weight in weights.items() if weight)


def read_rule(entry: Entry, place: str, pools: PoolNames) -> Rule:
    """Return the rule that an entry describes."""
    path = entry.need("path", fields.rule_path, "")
    return Rule(
        place=place,
        path=path,
        action=read_action(entry, pools, path),
        methods=entry.get("methods", fields.methods, ()),
        headers=entry.get("headers", fields.wanted_headers, ()),
    )


def read_action(entry: Entry, pools: PoolNames, path: str) -> Action:
    """Return what happens to the requests of an entry; path is that of its rule, "" for none."""
    kind = entry.only_one_of(KINDS)
    if kind in ("redirect", "answer"):
        for key in filter(entry.has, FOR_POOLS):
            entry.problem(f"{key} is for requests that a pool gets, and not for {kind}")
    if kind == "redirect":
        return Action(redirect=_redirect(entry, path))
    if kind == "answer":
        return Action(answer=_answer(entry.below("answer", ANSWER)))
    reader = pools.weighted if kind == "pools" else pools.one
    if entry.has("rewrite") and not path:
        entry.problem("rewrite replaces the path of a rule, and there is none")
    return Action(
        pools=entry.get(kind, reader, ()),
        rewrite=entry.get("rewrite", fields.plain_path, ""),
        timeout=entry.get("timeout", fields.time, ""),
        body_size=entry.get("body_size", fields.size, ""),
        buffering=entry.get("buffering", fields.truth, True),
        websockets=entry.get("websockets", fields.truth, None),
        waf=entry.get("waf", fields.truth, False),
    )


def _redirect(rule: Entry, path: str) -> Redirect:
    """Return the redirect of a rule: a URL, or a mapping."""
    if isinstance(rule.values["redirect"], str):
        return Redirect(url=rule.get("redirect", fields.url, ""))
    entry = rule.below("redirect", REDIRECT)
    redirect = Redirect(
        url=entry.get("url", fields.url, ""),
        scheme=entry.get("scheme", _scheme, ""),
        host=entry.get("host", fields.host_name, ""),
        path=entry.get("path", fields.plain_path, ""),
        prefix=entry.get("prefix", fields.plain_path, ""),
        code=entry.get("code", _code, Redirect.code),
        strip_query=entry.get("strip_query", fields.truth, False),
    )
    _refuse_contradictions(entry, path)
    return redirect


def _refuse_contradictions(entry: Entry, path: str) -> None:
    """Note what a redirect says twice, or about a path that its rule has not."""
    parts = [key for key in ("scheme", "host", "path", "prefix") if entry.has(key)]
    if entry.has("url") and parts:
        entry.problem(f"url is the whole target, and {', '.join(parts)} contradict it")
    if not entry.has("url") and not parts:
        entry.problem("nothing says where to; give url, or some of scheme, host, path and prefix")
    if entry.has("path") and entry.has("prefix"):
        entry.problem("path replaces the whole path, and prefix a part of it; give one")
    if entry.has("prefix") and not path.endswith("/*"):
        entry.problem("prefix replaces that of a rule whose path ends with /*, such as /api/*")
    if "?" in str(entry.values.get("url")) and not entry.values.get("strip_query"):
        entry.problem("url has a query, and so may the request; give strip_query: true")


def _answer(entry: Entry) -> Answer:
    status = entry.need("status", fields.status, 200)
    # With a text nginx answers at once, and does not look for an error page.
    body = entry.get("body", fields.body, f"{status}\n" if status >= 400 else "")
    if body and status in (204, 205):
        entry.problem(f"status {status} has no body; leave body out, or give another status")
    if not body and status >= 400:
        entry.problem("body is empty, and an error has to say something")
    return Answer(status, body, entry.get("content_type", fields.media_type, "text/plain"))


def _scheme(key: str, value: t.Any) -> str:
    return one_of(key, value, ("http", "https"))


def _code(key: str, value: t.Any) -> int:
    return int(one_of(key, str(value), [str(code) for code in REDIRECT_CODES]))
