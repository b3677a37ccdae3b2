# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read lists of ranges, of an entry or of a file's text. No Ansible, no I/O."""

from __future__ import annotations

import ipaddress
import typing as t

from ...module_utils._values.entries import is_list, misfit, shown
from ...module_utils._values.ranges import Span, spans

MOST_RANGES = 100_000
MOST_FAULTS = 5  # named of one list; a file of another kind would have one in each line
COMMENTS = ("#", ";")  # the second one is in the lists of Spamhaus


def read_ranges(key: str, value: t.Any) -> tuple[tuple[Span, ...], list[str]]:
    """Return the ranges of a list such as ["10.0.0.0/8", "192.0.2.7"], and all that is wrong."""
    if not is_list(value) or not value:
        return (), [str(misfit(key, value, "a list of ranges such as [192.0.2.0/24]"))]
    return _parsed((f"{key}[{number}]", each) for number, each in enumerate(value))


def read_text(key: str, text: str) -> tuple[tuple[Span, ...], list[str]]:
    """Return the ranges of a file, one a line, and all that is wrong; "#" begins a comment."""
    lines = enumerate(text.splitlines(), 1)
    bare = ((number, _without_comment(each)) for number, each in lines)
    return _parsed((f"{key} line {number}", each) for number, each in bare if each)


def _without_comment(line: str) -> str:
    for mark in COMMENTS:
        line = line.partition(mark)[0]
    return line.strip()


def _parsed(entries: t.Iterable[tuple[str, t.Any]]) -> tuple[tuple[Span, ...], list[str]]:
    ranges, faults = [], []
    for number, (place, entry) in enumerate(entries):
        if number >= MOST_RANGES:
            return (), [f"{place}: these are more than {MOST_RANGES:,} ranges; merge some"]
        try:
            ranges.append(_range(entry))
        except ValueError as exc:
            faults.append(f"{place}: {shown(exc)}")
    further = len(faults) - MOST_FAULTS
    more = [f"{faults[-1].split(':')[0]} and before: {further} more"] if further > 0 else []
    return tuple(spans(ranges)), faults[:MOST_FAULTS] + more


def _range(entry: t.Any) -> ipaddress.IPv4Network:
    """Return a range; unlike those of networks it may hold addresses that are no host's."""
    try:
        return ipaddress.IPv4Network(str(entry))
    except ValueError:
        pass
    try:
        wider = ipaddress.IPv4Network(str(entry), strict=False)
    except ValueError:
        raise misfit("", entry, "an IPv4 range such as 192.0.2.0/24 or an address") from None
    raise ValueError(f"{entry} has host bits set; write {wider}")
