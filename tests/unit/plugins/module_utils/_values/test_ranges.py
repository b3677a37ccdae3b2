# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import (
    Ranges,
    cidrs,
    common,
    covers,
    minus,
    spans,
    union,
)
from hypothesis import given
from hypothesis import strategies as st

# Ranges in sixteen addresses, so that they often touch and overlap.
SMALL = st.builds(
    lambda length, step: IPv4Network(
        (f"10.0.0.{step % 2 ** (length - 28) << (32 - length)}", length)
    ),
    st.integers(28, 32),
    st.integers(0, 15),
)
SETS = st.lists(SMALL, max_size=6)


def members(ranges: list[IPv4Network]) -> set[IPv4Address]:
    return {address for each in ranges for address in each}


@given(SETS)
def test_spans_hold_the_addresses_of_the_ranges_in_as_few_spans_as_possible(ranges) -> None:
    found = spans(ranges)
    assert {n for first, last in found for n in range(first, last + 1)} == set(
        map(int, members(ranges))
    )
    assert all(left[1] + 1 < right[0] for left, right in zip(found, found[1:]))


@given(SETS, SETS)
def test_covers_tells_whether_a_set_is_a_subset(wide, narrow) -> None:
    expected = bool(narrow) and members(narrow) <= members(wide)
    assert covers(spans(wide), spans(narrow)) is expected


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.15", "10.0.1.0", "192.0.2.1", "0.0.0.0"])
def test_ranges_are_found_by_an_address_they_hold(address) -> None:
    texts = ["10.0.0.0/8", "10.0.0.0/28", "10.0.0.1/32", "0.0.0.0/0", "10.0.1.0/24"]
    ranges = Ranges((IPv4Network(text), text) for text in texts)
    expected = [text for text in texts if IPv4Address(address) in IPv4Network(text)]
    assert sorted(ranges.holding(address)) == sorted(expected)


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5).map(
    lambda pairs: union([], [tuple(sorted(pair)) for pair in pairs])
)


@given(SPANS, SPANS)
def test_union_common_and_minus_are_those_of_sets(one, other) -> None:
    def numbers(addresses) -> set[int]:
        return {number for first, last in addresses for number in range(first, last + 1)}

    for found, expected in (
        (union(one, other), numbers(one) | numbers(other)),
        (common(one, other), numbers(one) & numbers(other)),
        (minus(one, other), numbers(one) - numbers(other)),
    ):
        assert numbers(found) == expected
        assert found == union([], found)


def test_cidrs_are_the_fewest_ranges() -> None:
    assert cidrs([(0, 2**32 - 1)]) == ["0.0.0.0/0"]
    assert cidrs(minus([(0, 255)], [(0, 0)]))[:2] == ["0.0.0.1/32", "0.0.0.2/31"]
