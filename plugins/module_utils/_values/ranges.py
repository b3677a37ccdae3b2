# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of IPv4 addresses, and which ranges hold an address. No Ansible, no I/O."""

from __future__ import annotations

import ipaddress
import typing as t

from .addresses import IPv4Network

Span = tuple[int, int]  # the first and the last address of a run, both in it
LAST = 2**32 - 1


def spans(ranges: t.Iterable[IPv4Network]) -> list[Span]:
    """Return the addresses of all ranges as runs: in order, apart, none next to another."""
    return _merged((int(each[0]), int(each[-1])) for each in ranges)


def _merged(runs: t.Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def covers(wide: t.Sequence[Span], narrow: t.Sequence[Span]) -> bool:
    """Tell whether every address of narrow is one of wide; both as spans() returns them."""
    if not wide or not narrow or narrow[0][0] < wide[0][0] or narrow[-1][1] > wide[-1][1]:
        return False
    left = iter(wide)
    run = next(left)
    for first, last in narrow:
        while run[1] < last:
            following = next(left, None)
            if following is None:
                return False
            run = following
        if first < run[0]:
            return False
    return True


def common(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses in both; both as spans() returns them."""
    found, left, right = [], 0, 0
    while left < len(one) and right < len(other):
        first = max(one[left][0], other[right][0])
        last = min(one[left][1], other[right][1])
        if first <= last:
            found.append((first, last))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return found


def union(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses in either; both as spans() returns them."""
    return _merged([*one, *other])


def minus(one: t.Sequence[Span], other: t.Sequence[Span]) -> list[Span]:
    """Return the addresses of one that are not in other; both as spans() returns them."""
    gaps, begin = [], 0
    for first, last in other:
        if begin < first:
            gaps.append((begin, first - 1))
        begin = last + 1
    return common(one, [*gaps, (begin, LAST)])


def cidrs(runs: t.Iterable[Span]) -> list[str]:
    """Return runs of addresses as the fewest ranges, in the form in which people write them."""
    ends = ((ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)) for first, last in runs)
    return [str(each) for pair in ends for each in ipaddress.summarize_address_range(*pair)]


class Ranges:
    """Ranges by the addresses in them; a look-up costs one step for each prefix length."""

    def __init__(self, named: t.Iterable[tuple[IPv4Network, str]]) -> None:
        self._by_mask: dict[int, dict[int, str]] = {}
        for cidr, name in named:
            starts = self._by_mask.setdefault(int(cidr.netmask), {})
            starts[int(cidr.network_address)] = name

    def holding(self, address: str) -> list[str]:
        """Return the names of the ranges that this address lies in."""
        number = int(ipaddress.IPv4Address(address))
        found = (starts.get(number & mask) for mask, starts in self._by_mask.items())
        return [name for name in found if name is not None]
