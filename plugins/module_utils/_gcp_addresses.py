# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses that rules of the cloud are about, as people and as rules name them. No I/O.

This module util is private to the collection.
"""

from __future__ import annotations

import typing as t

from ._gcp_stages import EVERYWHERE, PUBLIC
from ._topology_entries import listing
from ._topology_ranges import Span, cidrs, covers, minus, spans
from ._topology_values import RESERVED, IPv4Network

NOBODY = spans(RESERVED)
ANYWHERE = minus(EVERYWHERE, NOBODY)
INTERNET = minus(PUBLIC, NOBODY)


def said(runs: t.Sequence[Span]) -> str:
    """Write addresses for a person: a wide range but for what is missing, where that is shorter."""
    differ = (runs[0][0] ^ runs[-1][1]).bit_length()
    hull = IPv4Network((runs[0][0] >> differ << differ, 32 - differ))
    bases = {"anywhere": ANYWHERE, "the internet": INTERNET, str(hull): spans([hull])}
    ways: list[list[str]] = [cidrs(runs)]
    for name, base in bases.items():
        but = cidrs(minus(base, runs))
        first = f"{name} but {listing(but)}" if but else name
        ways.append([first, *[""] * len(but), *cidrs(minus(runs, base))])
    shortest = min(ways, key=len)
    return listing(word for word in shortest if word)


def asked(runs: t.Sequence[Span]) -> list[Span]:
    """Return what a rule should say for these addresses: all there are, where the internet is."""
    return EVERYWHERE if covers(runs, INTERNET) else list(runs)
