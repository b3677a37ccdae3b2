# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that rules of the cloud are about, as people and as rules name them. No I/O."""

from __future__ import annotations

import typing as t

from ..._values.addresses import RESERVED, IPv4Network
from ..._values.entries import listing
from ..._values.ranges import LAST, Span, cidrs, covers, minus, spans

ALL_ADDRESSES: list[Span] = [(0, LAST)]
PRIVATE = spans(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
PUBLIC = minus(ALL_ADDRESSES, PRIVATE)
RESERVED_ADDRESSES = spans(RESERVED)
UNRESERVED = minus(ALL_ADDRESSES, RESERVED_ADDRESSES)
INTERNET = minus(PUBLIC, RESERVED_ADDRESSES)


def as_text(runs: t.Sequence[Span]) -> str:
    """Write addresses for a person: a wide range but for what is missing, where that is shorter."""
    differ = (runs[0][0] ^ runs[-1][1]).bit_length()
    hull = IPv4Network((runs[0][0] >> differ << differ, 32 - differ))
    bases = {"anywhere": UNRESERVED, "the internet": INTERNET, str(hull): spans([hull])}
    ways: list[list[str]] = [cidrs(runs)]
    for name, base in bases.items():
        but = cidrs(minus(base, runs))
        first = f"{name} but {listing(but)}" if but else name
        ways.append([first, *[""] * len(but), *cidrs(minus(runs, base))])
    shortest = min(ways, key=len)
    return listing(word for word in shortest if word)


def as_rule(runs: t.Sequence[Span]) -> list[Span]:
    """Return what a rule should say for these addresses: all there are, where the internet is."""
    return ALL_ADDRESSES if covers(runs, INTERNET) else list(runs)
