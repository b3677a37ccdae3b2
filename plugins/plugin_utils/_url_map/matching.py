# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules take which requests: the order in which they are asked. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field

from .paths import prefixes
from .values import Host, Request, Rule, UrlMap


@dataclass
class Table:
    """The rules of a host by path, each list in the order of the map.

    exact is by path, prefix by stem. chain() tells the order in which rules are asked.
    """

    host: Host
    exact: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    prefix: dict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, host: Host) -> Table:
        """Return the table of a host."""
        table = cls(host)
        for rule in host.rules:
            (table.prefix if rule.is_prefix else table.exact)[rule.stem].append(rule)
        return table

    def chain(self, path: str) -> t.Iterator[Rule]:
        """Yield the rules for a path in the order in which they are asked.

        The exact path comes first, then the prefixes from the longest to the shortest, and the
        default last. Rules with the same path keep their order in the map.
        """
        yield from self.exact.get(path, ())
        for stem in prefixes(path):
            yield from self.prefix.get(stem, ())
        if self.host.default:
            yield self.host.default


def fits(rule: Rule, request: Request) -> bool:
    """Tell whether a request meets the methods and the headers of a rule."""
    if rule.methods and request.method not in rule.methods:
        return False
    if not rule.headers:
        return True
    given = {name.lower(): value for name, value in request.headers.items()}
    return all(_meets(given.get(name.lower(), ""), wanted) for name, wanted in rule.headers)


def _meets(value: str, wanted: str | bool) -> bool:
    """Tell whether a header is as wanted; an empty one counts as absent, as it does in nginx."""
    return bool(value) == wanted if isinstance(wanted, bool) else value == wanted


def takes_all_of(one: Rule, other: Rule) -> bool:
    """Tell whether each request that meets the conditions of the other meets those of the one."""
    methods = not one.methods or (other.methods and set(other.methods) <= set(one.methods))
    conditions = {name.lower(): wanted for name, wanted in other.headers}
    return bool(methods) and all(
        _implied(wanted, conditions.get(name.lower())) for name, wanted in one.headers
    )


def _implied(wanted: str | bool, given: str | bool | None) -> bool:
    return given == wanted or (wanted is True and isinstance(given, str))


def unreachable(url_map: UrlMap) -> list[str]:
    """Return a message for each rule that no request reaches, with the rule that takes them."""
    return [line for host in url_map.hosts for line in _unreachable_of(host)]


def _unreachable_of(host: Host) -> t.Iterator[str]:
    table = Table.of(host)
    for rules in (*table.exact.values(), *table.prefix.values()):
        for number, rule in enumerate(rules):
            # With the first rule that takes all, the others need not be looked at.
            first = next((each for each in rules[:number] if takes_all_of(each, rule)), None)
            if first:
                yield f"{rule.title}: is never reached: {first.title} takes its requests"
    whole = next((rule for rule in table.prefix.get("", ()) if not rule.conditional), None)
    if whole and host.default:
        yield f"{host.default.place}: is never reached: {whole.title} takes its requests"
