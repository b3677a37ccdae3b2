# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rules of a host's URL map as locations of nginx. No Ansible, no I/O.

Only locations by `=` and `^~` are written, so that no regular expression has to be tried. Where a
request needs more than its path to be decided, its location chooses a named location, and leads to
it by an error page of a status that nobody else uses.

No text of a user or of a client stands in a regular expression, but the path of a rule, escaped.
Captures have names, and none is used in a `map`: nginx had holes there (CVE-2026-42945, -42533).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._url_map.matching import Table
from .._url_map.paths import ODD
from .._url_map.values import Action, Answer, Host, Redirect, Rule, UrlMap
from .asking import RouteSettings, ask_lines, size_lines
from .quoting import fixed, literal, quoted

JUMP = 463  # the status by which a location leads to a named one; no client gets it
UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
Pools = t.Mapping[str, t.Mapping[str, t.Any]]


@dataclass(frozen=True)
class Rendered:
    """Text for nginx: http stands outside of servers, and server in each server of the host."""

    http: str
    server: str


def render_host(url_map: UrlMap, host: Host, pools: Pools) -> Rendered:
    """Return the locations of a host; pools are the settings of each by name, as params() gives.

    The server needs `error_page 502 = @$peerlb_pool;`, the named locations of each pool, and
    `absolute_redirect off;`. http needs the variable $peerlb_request_id.
    """
    writer = _Writer(host, pools)
    lines = _strict() if url_map.strict_paths else []
    for opening, chain in _locations(Table.of(host)):
        lines += _block(f"location {opening}", writer.location(chain))
    for name, body in writer.named.items():
        lines += _block(f"location {quoted('@' + name)}", body)
    return Rendered("\n".join([*writer.splits, ""]), "\n".join([*lines, ""]))


def _strict() -> list[str]:
    return [f"if ($request_uri ~* {quoted(ODD)}) {{ return 400; }}"]


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

    def __init__(self, host: Host, pools: Pools) -> None:
        self._host, self._pools = host, pools
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
        for number, conditions in enumerate(_conditions(rule)):
            wanted += f"{number},"
            adds = f'set $peerlb_fits "${{peerlb_fits}}{number},";'
            lines += [f"if ({condition}) {{ {adds} }}" for condition in conditions]
        return [*lines, f'if ($peerlb_fits = "{wanted}") {{ {" ".join(jump)} }}']

    def _target(self, rule: Rule) -> str:
        """Return the name of the location that acts for a rule, which may hold a variable."""
        name = _identifier("peerlb_route", rule)
        pools = rule.action.pools
        if len(pools) < 2:
            self.named.setdefault(name, self._act(rule, rule.action))
            return name
        for pool in pools:
            self.named.setdefault(f"{name}/{pool[0]}", self._ask(rule, pool[0]))
        return f"{name}/${{{self._split(rule)}}}"

    def _split(self, rule: Rule) -> str:
        """Return the variable that holds the pool of a request, by the weights."""
        variable = _identifier("peerlb_split", rule)
        if variable not in self._divided:
            self._divided[variable] = rule.title
            body = _shares(rule.action.pools)
            self.splits += _block(f'split_clients "$peerlb_request_id" ${variable}', body)
        return variable

    def _act(self, rule: Rule, action: Action) -> list[str]:
        if action.redirect:
            return [self._told(rule), *_redirect(rule, action.redirect)]
        if action.answer:
            return [self._told(rule), *_answer(action.answer)]
        return self._ask(rule, action.pools[0][0])

    def _ask(self, rule: Rule, pool: str) -> list[str]:
        action = rule.action
        settings = RouteSettings(
            action.timeout, action.body_size, action.buffering, action.websockets
        )
        before = _rewrite(rule, action.rewrite) if action.rewrite else []
        return ask_lines(self._pools[pool], self._route(rule), settings, before=before)

    def _told(self, rule: Rule) -> str:
        return f"set $peerlb_route {literal(self._route(rule))};"

    def _route(self, rule: Rule) -> str:
        return f"{self._host.label} {rule.path or 'default'}"


def _identifier(prefix: str, rule: Rule) -> str:
    """Return a name for something of a rule: peerlb_route_0_1 for hosts[0].rules[1]."""
    numbers = re.findall("[0-9]+", rule.place)
    return "_".join([prefix, *numbers, *(["default"] if len(numbers) == 1 else [])])


def _largest(sizes: t.Iterable[str]) -> str:
    """Return the largest of sizes, of which 0 is without limit; "" if none is given.

    nginx judges the length that a request tells before it comes to a named location.
    """
    given = [size for size in sizes if size]
    return max(given, key=_in_bytes, default="")


def _in_bytes(size: str) -> float:
    digits = size.rstrip("kmgKMG")
    return int(digits) * UNITS[size[len(digits) :].lower()] or float("inf")


def _conditions(rule: Rule) -> t.Iterator[list[str]]:
    """Yield the conditions of a rule; each is a list of which one has to hold."""
    if rule.methods:
        yield [f"$request_method = {method}" for method in rule.methods]
    for name, wanted in rule.headers:
        variable = f"$http_{name.lower().replace('-', '_')}"
        if isinstance(wanted, bool):
            yield [f'{variable} {"!=" if wanted else "="} ""']
        else:
            yield [f"{variable} = {literal(wanted)}"]


def _shares(pools: t.Sequence[tuple[str, int]]) -> list[str]:
    """Return the lines that divide requests, in hundredths of a per cent; the last has the rest."""
    whole = sum(weight for _name, weight in pools)
    # A share of nothing would be refused, and so would more than all.
    ordered = sorted(pools, key=_weight_of)
    lines = []
    for name, weight in ordered[:-1]:
        lines.append(f"{max(1, weight * 10_000 // whole) / 100:.2f}% {literal(name)};")
    return [*lines, f"* {literal(ordered[-1][0])};"]


def _weight_of(pool: tuple[str, int]) -> int:
    return pool[1]


def _rewrite(rule: Rule, new: str) -> list[str]:
    """Return the line that changes the path of a request before a member is asked.

    The pattern counts bytes, so no text of the rule stands in it. (?s) lets a dot stand for a line
    break too, which a client can send as %0A. nginx encodes the path anew for the member.
    """
    if not rule.is_prefix:
        return [f"rewrite ^ {literal(new)} break;"]
    base, slash = _base(new)
    pattern = f"(?s)^.{{{len(rule.stem)}}}{slash}(?<peerlb_rest>.*)"
    return [f"rewrite {quoted(pattern)} {quoted(base + '$peerlb_rest')} break;"]


def _base(new: str) -> tuple[str, str]:
    """Return what stands before the kept part of a path, and a pattern to be left out of it."""
    base = fixed(new).rstrip("/")
    return (base, "") if base else ("/", "/?")


def _redirect(rule: Rule, to: Redirect) -> list[str]:
    """Return the lines that send a client to another place.

    What is kept of the path is taken from the target as the client wrote it, in which nginx allows
    no control characters; the decoded path could end the header Location.
    """
    query = "" if to.strip_query else "$is_args$args"
    if to.url:
        return [f"return {to.code} {quoted(fixed(to.url) + query)};"]
    origin = ""
    if to.scheme or to.host:
        origin = f"{to.scheme or '$scheme'}://{fixed(to.host) or '$host'}"
    if to.path:
        return [f"return {to.code} {quoted(origin + fixed(to.path) + query)};"]
    if not to.needs_plain_path:
        return [f'return {to.code} "{origin}$request_uri";']
    base, pattern = _kept(rule, to)
    target = quoted(f"{origin}{base}$peerlb_rest{query}")
    return [
        *_strict(),
        f"if ($request_uri ~ {quoted(pattern)}) {{ return {to.code} {target}; }}",
        "return 400;",
    ]


def _kept(rule: Rule, to: Redirect) -> tuple[str, str]:
    """Return what stands before the kept part of a path, and the pattern that finds it."""
    if to.prefix:
        base, slash = _base(to.prefix)
        return base, rf"^{re.escape(rule.stem)}{slash}(?<peerlb_rest>[^?#]*)"
    path = re.escape(rule.stem) if rule.path else ""
    rest = "[^?#]*" if rule.is_prefix or not rule.path else ""
    return "", rf"^(?<peerlb_rest>{path}{rest})(?:[?#]|$)"


def _answer(answer: Answer) -> list[str]:
    text = f" {literal(answer.body)}" if answer.status not in (204, 205) else ""
    # Without `types`, nginx would go by the ending of the path.
    kind = ["types { }", f"default_type {literal(answer.content_type)};"]
    return [*kind, f"return {answer.status}{text};"]
