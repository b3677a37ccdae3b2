# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rules of a host's URL map as locations of nginx. No Ansible, no I/O.

Only locations by `=` and `^~` are written, so that no regular expression has to be tried. Where a
request needs more than its path to be decided, its location chooses a named location, and leads to
it by an error page of a status that nobody else uses.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._url_map.matching import Table
from .._url_map.values import Action, Host, Rule, UrlMap
from .actions import (
    answer_lines,
    conditions,
    counted_line,
    redirect_lines,
    rewrite_lines,
    shares,
    strict_lines,
)
from .asking import RouteSettings, ask_lines, size_lines
from .quoting import literal, quoted
from .sizes import in_bytes
from .waf_asking import waf_lines

JUMP = 463  # the status by which a location leads to a named one; no client gets it
Pools = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclass(frozen=True)
class Rendered:
    """Text for nginx: http stands outside of servers, and server in each server of the host."""

    http: str
    server: str


def render_host(url_map: UrlMap, host: Host, pools: Pools, *, counted: bool = False) -> Rendered:
    """Return the locations of a host; pools are the settings of each by name, as params() gives.

    counted: whether the gatekeeper has rates, which then count redirects and fixed answers too.
    The server needs `error_page 502 = @$peerlb_pool;`, the named locations of each pool, and
    `absolute_redirect off;`. http needs the variable $peerlb_request_id.
    """
    writer = _Writer(host, pools, counted)
    lines = strict_lines() if url_map.strict_paths else []
    for opening, chain in _locations(Table.of(host)):
        lines += _block(f"location {opening}", writer.location(chain))
    for name, body in writer.named.items():
        lines += _block(f"location {quoted('@' + name)}", body)
    return Rendered("\n".join([*writer.splits, ""]), "\n".join([*lines, ""]))


def _block(opening: str, lines: t.Iterable[str]) -> list[str]:
    return [f"{opening} {{", *(f"    {line}" for line in lines), "}"]


def _locations(table: Table) -> t.Iterator[tuple[str, list[Rule]]]:
    """Yield how each location begins, and the rules that are asked in it in their order."""
    # Without a location for /a, nginx redirects from /a to /a/ where one for /a/ asks a pool.
    bare = [path[:-1] for path in table.exact if path.endswith("/")]
    for path in filter(None, dict.fromkeys([*table.exact, *table.prefix, *bare])):
        yield f"= {literal(path)}", _until_sure(table.chain(path))
    for stem in table.prefix:
        below = f"{stem}/"
        # What no rule names is asked as a path below the stem that stands in no location.
        yield f"^~ {literal(below)}", _until_sure(_below(table, below))
    if "" not in table.prefix:
        yield "/", _until_sure(_below(table, "/"))


def _below(table: Table, path: str) -> t.Iterator[Rule]:
    """Yield the rules for paths below one that ends with a slash, without those of itself."""
    for rule in table.chain(path):
        if rule.is_prefix or not rule.path:
            yield rule


def _until_sure(chain: t.Iterable[Rule]) -> list[Rule]:
    """Return the rules of a chain up to the first that takes all requests."""
    rules = []
    for rule in chain:
        rules.append(rule)
        if not rule.conditional:
            break
    return rules


class _Writer:
    """Writes the locations of one host, and keeps what they need elsewhere.

    named: the lines of named locations, by name. splits: the blocks that divide requests.
    """

    def __init__(self, host: Host, pools: Pools, counted: bool) -> None:
        self._host, self._pools, self._counted = host, pools, counted
        self.named: dict[str, list[str]] = {}
        self.splits: list[str] = []
        self._divided: dict[str, str] = {}

    def location(self, chain: t.Sequence[Rule]) -> list[str]:
        """Return the lines of a location in which these rules are asked."""
        if len(chain) == 1 and len(chain[0].action.pools) < 2:
            return self._act(chain[0], chain[0].action)
        lines = ["recursive_error_pages on;", f"error_page {JUMP} = @$peerlb_jump;"]
        lines += size_lines(_largest(rule.action.body_size for rule in chain))
        for rule in chain:
            lines += self._choose(rule)
        return lines if not chain[-1].conditional else [*lines, "return 404;"]

    def _choose(self, rule: Rule) -> list[str]:
        """Return the lines that lead to a rule's named location if a request fits."""
        jump = [f"set $peerlb_jump {quoted(self._target(rule))};", f"return {JUMP};"]
        if not rule.conditional:
            return jump
        # nginx knows no "and": each condition that holds adds a letter.
        lines, wanted = ['set $peerlb_fits "";'], ""
        for number, choices in enumerate(conditions(rule)):
            wanted += f"{number},"
            adds = f'set $peerlb_fits "${{peerlb_fits}}{number},";'
            lines += [f"if ({condition}) {{ {adds} }}" for condition in choices]
        return [*lines, f'if ($peerlb_fits = "{wanted}") {{ {" ".join(jump)} }}']

    def _target(self, rule: Rule) -> str:
        """Return the name of the location that acts for a rule, which may hold a variable."""
        name = _location_name(rule)
        pools = rule.action.pools
        if len(pools) < 2:
            self.named.setdefault(name, self._act(rule, rule.action))
            return name
        for pool in pools:
            self.named.setdefault(f"{name}/{pool[0]}", self._ask(rule, pool[0]))
        return f"{name}/${{{self._split(rule)}}}"

    def _split(self, rule: Rule) -> str:
        """Return the variable that holds the pool of a request, by the weights."""
        variable = "_".join(["peerlb_split", *_numbers(rule)])
        if variable not in self._divided:
            self._divided[variable] = rule.title
            body = shares(rule.action.pools)
            self.splits += _block(f'split_clients "$peerlb_request_id" ${variable}', body)
        return variable

    def _act(self, rule: Rule, action: Action) -> list[str]:
        if action.redirect:
            return [self._told(rule), *self._answer(rule, redirect_lines(rule, action.redirect))]
        if action.answer:
            return [self._told(rule), *self._answer(rule, answer_lines(action.answer))]
        return self._ask(rule, action.pools[0][0])

    def _answer(self, rule: Rule, lines: list[str]) -> list[str]:
        """Return the lines by which nginx answers by itself, or that lead to them once counted."""
        if not self._counted:
            return lines
        name = _location_name(rule, "answer")
        self.named[name] = lines
        return [counted_line(name)]

    def _ask(self, rule: Rule, pool: str) -> list[str]:
        action = rule.action
        settings = RouteSettings(
            action.timeout, action.body_size, action.buffering, action.websockets
        )
        before = rewrite_lines(rule, action.rewrite) if action.rewrite else []
        ask = waf_lines if action.waf else ask_lines
        return ask(self._pools[pool], self._route(rule), settings, before=before)

    def _told(self, rule: Rule) -> str:
        return f"set $peerlb_route {literal(self._route(rule))};"

    def _route(self, rule: Rule) -> str:
        return f"{self._host.label} {rule.path or 'default'}"


def _numbers(rule: Rule) -> list[str]:
    """Return which rule of which host it is: ["0", "1"] for hosts[0].rules[1]."""
    numbers = re.findall("[0-9]+", rule.place)
    return [*numbers, *(["default"] if len(numbers) == 1 else [])]


def _location_name(rule: Rule, kind: str = "route") -> str:
    """Return the name of the location that acts for a rule: 1_0_peerlb_route.

    nginx compares names from their beginning, one after the other, so what differs comes first.
    """
    return "_".join([*reversed(_numbers(rule)), "peerlb", kind])


def _largest(sizes: t.Iterable[str]) -> str:
    """Return the largest of sizes, of which 0 is without limit; "" if none is given.

    nginx judges the length that a request tells before it comes to a named location.
    """
    given = [size for size in sizes if size]
    return max(given, key=in_bytes, default="")
