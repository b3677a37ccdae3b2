# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what a rule of a URL map asks and does in nginx's words. No Ansible, no I/O.

No text of a user or of a client stands in a regular expression, but the path of a rule, escaped.
Captures have names, and none is used in a `map`: nginx had holes there (CVE-2026-42945, -42533).
"""

from __future__ import annotations

import re
import typing as t

from .._url_map.paths import ODD
from .._url_map.values import Answer, Redirect, Rule
from .quoting import fixed, literal, quoted

# No file has this path. nginx keeps in mind for a second that there is none.
NO_FILE = "/-/peerlb/none"


def strict_lines() -> list[str]:
    """Return the line that refuses paths which a member may read in another way than nginx."""
    return [f"if ($request_uri ~* {quoted(ODD)}) {{ return 400; }}"]


def conditions(rule: Rule) -> t.Iterator[list[str]]:
    """Yield the conditions of a rule; each is a list of which one has to hold.

    A `map` would compare without regard to upper and lower case.
    """
    if rule.methods:
        yield [f"$request_method = {method}" for method in rule.methods]
    for name, wanted in rule.headers:
        variable = f"$http_{name.lower().replace('-', '_')}"
        if isinstance(wanted, bool):
            yield [f'{variable} {"!=" if wanted else "="} ""']
        else:
            yield [f"{variable} = {literal(wanted)}"]


def shares(pools: t.Sequence[tuple[str, int]]) -> list[str]:
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


def rewrite_lines(rule: Rule, new: str) -> list[str]:
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


def redirect_lines(rule: Rule, to: Redirect) -> list[str]:
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
        *strict_lines(),
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


def answer_lines(answer: Answer) -> list[str]:
    """Return the lines by which nginx answers by itself."""
    text = f" {literal(answer.body)}" if answer.status not in (204, 205) else ""
    # Without `types`, nginx would go by the ending of the path.
    kind = ["types { }", f"default_type {literal(answer.content_type)};"]
    return [*kind, f"return {answer.status}{text};"]


def counted_line(name: str) -> str:
    """Return the line that leads to a named location once the rates of the gatekeeper have counted.

    `return` answers in nginx's phase rewrite, and `limit_req` counts in the phase preaccess, which
    a request then never comes to. `try_files` is looked at after both.
    """
    return f"try_files {NO_FILE} {quoted('@' + name)};"
