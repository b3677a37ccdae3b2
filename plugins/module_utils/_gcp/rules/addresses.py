# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of addresses that rules of the cloud are about, and how texts and rules name them."""

from __future__ import annotations

import typing as t

from ..._values.addresses import RESERVED, IPv4Network
from ..._values.entries import listing
from ..._values.ranges import LAST, Span, cidrs, covers, minus, spans

Spans = tuple[Span, ...]  # a set of addresses that can be a key

ALL_ADDRESSES: list[Span] = [(0, LAST)]
PRIVATE = spans(
    map(
        IPv4Network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "240.0.0.0/4"),
    )
)
PUBLIC = minus(ALL_ADDRESSES, PRIVATE)
RESERVED_ADDRESSES = spans(RESERVED)
UNRESERVED = minus(ALL_ADDRESSES, RESERVED_ADDRESSES)
INTERNET = minus(PUBLIC, RESERVED_ADDRESSES)


def as_text(addresses: t.Sequence[Span]) -> str:
    """Return a set of addresses in the fewest words: its ranges, or a wider one with exceptions.

    Examples: "10.0.0.0/24, 10.9.0.0/24", "10.0.0.0/8 but 10.2.0.0/16", "the internet".
    """
    differ = (addresses[0][0] ^ addresses[-1][1]).bit_length()
    hull = IPv4Network((addresses[0][0] >> differ << differ, 32 - differ))
    wider = {"anywhere": UNRESERVED, "the internet": INTERNET, str(hull): spans([hull])}
    candidates: list[list[str]] = [cidrs(addresses)]
    for name, base in wider.items():
        but = cidrs(minus(base, addresses))
        first = f"{name} but {listing(but)}" if but else name
        # An exception counts as much as a range: an empty word stands for each.
        candidates.append([first, *[""] * len(but), *cidrs(minus(addresses, base))])
    shortest = min(candidates, key=len)
    return listing(word for word in shortest if word)


def as_rule(addresses: t.Sequence[Span]) -> list[Span]:
    """Return the addresses that a rule should name to admit these.

    For the whole internet that is all addresses, because the exact list has dozens of ranges.
    """
    return ALL_ADDRESSES if covers(addresses, INTERNET) else list(addresses)
