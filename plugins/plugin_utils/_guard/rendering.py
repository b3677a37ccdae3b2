# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a gatekeeper as files of nginx, which decide each request once. No Ansible, no I/O.

The decision stands in the rewrite phase of the server, so that it holds for every kind of answer:
redirects, fixed answers and errors too. nginx has no "and" in `if`, and the first rule has to win:
so conditions are variables, and the rules are walked from the last to the first.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ...module_utils._values.ranges import Span
from .conditions import Conditions, quoted
from .limits import is_dry, limits, retries, would, zones
from .values import DEFAULT, Gatekeeper, Rule

HEAD = "# Rendered from peerlb_gatekeeper: do not edit it in place.\n"
# The page that a maintenance shows, which nginx reaches by a way of its own.
NOTICE = "/-/peerlb/notice"
# The rule that decides, what it decides, what a preview would have decided, and "1" if that depends
# on a dry run.
DECISION = ("$peerlb_rule", "$peerlb_verdict", "$peerlb_first", "$peerlb_dry")


def render(gatekeeper: Gatekeeper, balancers: int = 1) -> dict[str, str]:
    """Return the files of a release by their paths.

    balancers is how many of them share the requests at a time: each admits its part of a rate.
    guard/server.conf needs $peerlb_exempt, which is "" or, for a challenge of ACME, "acme".
    """
    conditions = Conditions()
    chain = _chain(gatekeeper, conditions)
    files = {
        "guard/http.conf": _http(gatekeeper, conditions, balancers),
        "guard/server.conf": _text([*conditions.server, *chain, *limits(gatekeeper)]),
    }
    for name in _lists_used(gatekeeper):
        files[f"guard/lists/{name}.conf"] = _ranges(gatekeeper.lists[name])
    return files


def bans(gatekeeper: Gatekeeper) -> dict[str, int]:
    """Return for how many seconds each rule bans a client whose requests it throttled."""
    rules = gatekeeper.rules
    return {rule.name: rule.seconds for rule in rules if rule.action == "ban" and not rule.preview}


def _lists_used(gatekeeper: Gatekeeper) -> list[str]:
    return sorted({name for rule in gatekeeper.rules for name in rule.match.lists})


def _text(lines: t.Iterable[str]) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines)


def _ranges(addresses: t.Iterable[Span]) -> str:
    pairs = (map(str, map(ipaddress.IPv4Address, span)) for span in addresses)
    return "".join(f"{first}-{last} 1;\n" for first, last in pairs)


def _http(gatekeeper: Gatekeeper, conditions: Conditions, balancers: int) -> str:
    # A request that nginx refuses before its first phase has no decision in the log.
    lines = [
        f"geo $peerlb_list_{name} {{ ranges; include guard/lists/{name}.conf; }}"
        for name in _lists_used(gatekeeper)
    ]
    for name, addresses in conditions.http.items():
        lines.append(f"geo {name} {{ ranges;\n{_ranges(addresses)}}}")
    lines += zones(gatekeeper, balancers)
    return _text([*lines, *_log(gatekeeper)])


def _log(gatekeeper: Gatekeeper) -> list[str]:
    """Return the maps that are read once a request has been limited, and mostly by the log."""
    return [
        # Bans and maintenance set $peerlb_action themselves, which then holds.
        'map "$peerlb_verdict $limit_req_status" $peerlb_action {',
        '    default allow; " " "";',
        *(f'    "deny{status} " deny;' for status in _statuses(gatekeeper)),
        '    "redirect " redirect;',
        '    "throttle REJECTED" throttled;',
        "}",
        # A dry run logs what would have been refused, and not all that it counted.
        'map "$peerlb_dry$limit_req_status" $peerlb_would {',
        '    default $peerlb_first; 1 ""; 1PASSED "";',
        "}",
        'map $peerlb_rule $peerlb_retry { default "";',
        *_indented(retries(_enforced(gatekeeper))),
        "}",
        "map $peerlb_action $peerlb_retry_after {",
        '    default ""; deny $peerlb_retry; throttled $peerlb_retry;',
        "}",
    ]


def _enforced(gatekeeper: Gatekeeper) -> list[Rule]:
    return [rule for rule in (*gatekeeper.rules, gatekeeper.default) if not rule.preview]


def _statuses(gatekeeper: Gatekeeper) -> list[int]:
    return sorted({rule.status for rule in _enforced(gatekeeper) if rule.action == "deny"})


def _chain(gatekeeper: Gatekeeper, conditions: Conditions) -> list[str]:
    """Return the lines that decide a request and, where it is refused, end it."""
    writer = _Decisions(gatekeeper)
    lines = [f'set {name} "";' for name in DECISION]
    lines += writer.of(gatekeeper.default)
    for rule in reversed(gatekeeper.rules):
        lines += _tried(conditions.of(rule.match), writer.of(rule))
    for exempt in ("$peerlb_exempt", f"$uri = {NOTICE}"):
        lines += _if(exempt, [f'set {name} "";' for name in DECISION])
    for status in _statuses(gatekeeper):
        lines += _if(f"$peerlb_verdict = deny{status}", [f"return {status};"])
    for rule in _enforced(gatekeeper):
        if rule.action == "redirect":
            lines += _if(f"$peerlb_rule = {rule.name}", [f"return {rule.code} {quoted(rule.url)};"])
    return [*lines, "add_header Retry-After $peerlb_retry_after always;"]


def _tried(variables: t.Sequence[str], decided: t.Sequence[str]) -> list[str]:
    """Return the lines that take a rule's decision if all its variables are "1"."""
    if not variables:
        return list(decided)
    if len(variables) == 1:
        return _if(variables[0], decided)
    together = f'set $peerlb_all "{"".join(variables)}";'
    return [together, *_if(f"$peerlb_all = {'1' * len(variables)}", decided)]


def _if(condition: str, lines: t.Sequence[str]) -> list[str]:
    return [f"if ({condition}) {{", *_indented(lines), "}"]


def _indented(lines: t.Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class _Decisions:
    """Writes what a rule sets; what tells of previews is left out where there are none."""

    def __init__(self, gatekeeper: Gatekeeper) -> None:
        self.dry = is_dry(gatekeeper)
        self.previews = any(rule.preview for rule in (*gatekeeper.rules, gatekeeper.default))

    def of(self, rule: Rule) -> list[str]:
        """Return the lines that make a rule the one that decides, or that would have decided."""
        if rule.preview:
            return [*self._would(rule), *(_DEFAULT_ALLOWS if rule.name == DEFAULT else ())]
        limited = "throttle" if rule.limit else rule.action
        verdict = f"deny{rule.status}" if rule.action == "deny" else limited
        lines = [f"set $peerlb_rule {rule.name};", f"set $peerlb_verdict {verdict};"]
        lines += ['set $peerlb_first "";'] if self.previews else []
        return lines + (['set $peerlb_dry "";'] if self.dry else [])

    def _would(self, rule: Rule) -> list[str]:
        lines = [f'set $peerlb_first "{would(rule, self.dry)}";']
        return lines + ([f'set $peerlb_dry "{1 if rule.limit else ""}";'] if self.dry else [])


_DEFAULT_ALLOWS = (f"set $peerlb_rule {DEFAULT};", "set $peerlb_verdict allow;")
