# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read `peerlb_waf`: how a web application firewall judges requests. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ...module_utils._values.entries import line, misfit, one_of, text, whole_number
from .._url_map import fields
from .._url_map.entry import Entry

WAF = ("paranoia", "threshold", "preview", "fail", "body_limit", "memory_limit", "exclusions")
EXCLUSION = ("rule", "path", "argument", "reason")
OPEN, CLOSED = "open", "closed"
# Of the Core Rule Set, those that look at requests. What comes after them judges their sum.
FIRST_RULE, LAST_RULE = 911_000, 948_999
ARGUMENT = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
SIZE = re.compile(r"[1-9][0-9]{0,8}[kmg]", re.IGNORECASE)


class WafError(ValueError):
    """What is wrong with the web application firewall, one line for each entry at fault."""


@dataclass(frozen=True)
class Exclusion:
    """A rule of the rule set that does not judge some requests, and why.

    path is as in a rule of the URL map, "" for all; it is the path that the member sees. argument
    is that of a query or a form which the rule leaves alone, "" for the whole request.
    """

    rule: int
    reason: str
    path: str = ""
    argument: str = ""


@dataclass(frozen=True)
class Waf:
    """How requests of the routes with `waf: true` are judged.

    paranoia: how many rules judge, from 1 to 4. threshold: from which score on a request is
    refused; a grave finding scores 5. With preview nothing is refused. fail: whether requests pass
    ("open") or are refused ("closed") while the firewall does not answer. body_limit and
    memory_limit are as nginx and Docker write sizes, such as 16m.
    """

    paranoia: int = 1
    threshold: int = 5
    preview: bool = False
    fail: str = OPEN
    body_limit: str = "16m"
    memory_limit: str = "1g"
    exclusions: tuple[Exclusion, ...] = ()


def read_waf(value: t.Any, place: str = "peerlb_waf") -> Waf:
    """Return the firewall that somebody declared; a WafError has a line for each thing wrong."""
    problems: list[str] = []
    entry = Entry(value, place, WAF, problems)
    listed = [_exclusion(each) for each in entry.each("exclusions", EXCLUSION)]
    waf = Waf(
        paranoia=entry.get("paranoia", _number(1, 4), Waf.paranoia),
        threshold=entry.get("threshold", _number(1, 1000), Waf.threshold),
        preview=entry.get("preview", fields.truth, Waf.preview),
        fail=entry.get("fail", _fail, Waf.fail),
        body_limit=entry.get("body_limit", _size, Waf.body_limit),
        memory_limit=entry.get("memory_limit", _size, Waf.memory_limit),
        exclusions=tuple(listed),
    )
    if problems:
        raise WafError("\n".join(problems))
    return waf


def _exclusion(entry: Entry) -> Exclusion:
    return Exclusion(
        rule=entry.need("rule", _rule, 0),
        reason=entry.need("reason", _reason, ""),
        path=entry.get("path", fields.rule_path, ""),
        argument=entry.get("argument", _argument, ""),
    )


def _number(low: int, high: int) -> t.Callable[[str, t.Any], int]:
    def read(key: str, value: t.Any) -> int:
        return whole_number(key, value, low, high)

    return read


def _fail(key: str, value: t.Any) -> str:
    return one_of(key, value, (OPEN, CLOSED))


def _size(key: str, value: t.Any) -> str:
    if not SIZE.fullmatch(str(value)):
        raise misfit(key, value, "a size such as 64k, 16m or 1g")
    return str(value).lower()


def _rule(key: str, value: t.Any) -> int:
    number = whole_number(key, value, 1, 999_999)
    if not FIRST_RULE <= number <= LAST_RULE:
        raise misfit(
            key,
            value,
            f"the id of a rule of the Core Rule Set, from {FIRST_RULE} to {LAST_RULE}, such as"
            " 942100; where nothing shall be judged, leave waf out of the route",
        )
    return number


def _reason(key: str, value: t.Any) -> str:
    if not line(key, value).strip():
        raise misfit(key, value, "a sentence that says why")
    return value


def _argument(key: str, value: t.Any) -> str:
    if not ARGUMENT.fullmatch(text(key, value)):
        raise misfit(key, value, "the name of an argument such as q or address[street]")
    return value
