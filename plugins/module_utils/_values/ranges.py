# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of IPv4 addresses, and which ranges hold an address. No Ansible, no I/O.

A set of addresses is a list of spans. The spans are sorted, and at least one address lies between
two of them; every function here takes and returns sets in this form.
"""

from __future__ import annotations

import ipaddress
import typing as t

from .addresses import IPv4Network

Span = tuple[int, int]  # the first and the last address, as numbers; both belong to the span
LAST = 2**32 - 1


def spans(ranges: t.Iterable[IPv4Network]) -> list[Span]:
    """Return the set of all addresses in any of the ranges.

    10.0.0.0/25 and 10.0.0.128/25 touch, and make one span.
    """
    return _merged((int(each[0]), int(each[-1])) for each in ranges)


def _merged(unsorted: t.Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in sorted(unsorted):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def covers(wide: t.Sequence[Span], narrow: t.Sequence[Span]) -> bool:
    """Tell whether narrow is a subset of wide, and not empty."""
    if not wide or not narrow or narrow[0][0] < wide[0][0] or narrow[-1][1] > wide[-1][1]:
        return False
    candidates = iter(wide)
    around = next(candidates)
    for first, last in narrow:
        while around[1] < last:
            following = next(candidates, None)
            if following is None:
                return False
            around = following
        if first < around[0]:
            return False
    return True


def common(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses that are in both sets."""
    shared, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        first = max(one[left][0], other[right][0])
        last = min(one[left][1], other[right][1])
        if first <= last:
            shared.append((first, last))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return shared


def union(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses that are in one of the sets or in both."""
    return _merged([*one, *other])


def minus(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses of one that are not in other."""
    gaps, begin = [], 0
    for first, last in other:
        if begin < first:
            gaps.append((begin, first - 1))
        begin = last + 1
    return common(one, [*gaps, (begin, LAST)])


def cidrs(addresses: t.Iterable[Span]) -> list[str]:
    """Return a set as the fewest ranges, as people write them: ["10.0.0.0/24"]."""
    ends = (
        (ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)) for first, last in addresses
    )
    return [str(each) for pair in ends for each in ipaddress.summarize_address_range(*pair)]


class Ranges:
    """Named ranges, to find by an address those that hold it.

    A look-up takes one step for each prefix length, however many ranges there are.
    """

    def __init__(self, named: t.Iterable[tuple[IPv4Network, str]]) -> None:
        self._names_by_mask: dict[int, dict[int, str]] = {}
        for cidr, name in named:
            names = self._names_by_mask.setdefault(int(cidr.netmask), {})
            names[int(cidr.network_address)] = name

    def holding(self, address: str) -> list[str]:
        """Return the names of the ranges that hold this address."""
        number = int(ipaddress.IPv4Address(address))
        candidates = (names.get(number & mask) for mask, names in self._names_by_mask.items())
        return [name for name in candidates if name is not None]
