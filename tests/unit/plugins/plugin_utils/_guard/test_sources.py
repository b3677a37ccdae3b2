# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.sources import (
    MOST_FAULTS,
    MOST_RANGES,
    read_ranges,
    read_text,
)


def number(address: str) -> int:
    first, second, third, fourth = map(int, address.split("."))
    return ((first * 256 + second) * 256 + third) * 256 + fourth


def test_ranges_are_sorted_and_merged() -> None:
    good, faults = read_ranges("ranges", ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.7", "127.0.0.1"])
    assert faults == []
    assert good == (
        (number("10.0.0.0"), number("10.0.1.255")),
        (number("127.0.0.1"), number("127.0.0.1")),
    )


@pytest.mark.parametrize("value", [[], "10.0.0.0/8", None, {"a": 1}])
def test_something_else_than_a_list_is_refused(value) -> None:
    assert "not a list of ranges" in read_ranges("ranges", value)[1][0]


@pytest.mark.parametrize("value", ["10.0.0.0/33", "::1", "host", 7.5, ""])
def test_something_else_than_a_range_is_refused(value) -> None:
    fault = read_ranges("ranges", ["10.0.0.0/8", value])[1][0]
    assert fault.startswith("ranges[1]: is ") and "an IPv4 range" in fault


def test_host_bits_are_refused_with_the_range_that_is_meant() -> None:
    assert read_ranges("r", ["10.0.0.1/8"])[1] == [
        "r[0]: 10.0.0.1/8 has host bits set; write 10.0.0.0/8"
    ]


def test_a_file_has_a_range_a_line_and_comments() -> None:
    good, faults = read_text("bad.txt", "# all\n\n192.0.2.0/25 ; SBL1\n192.0.2.128/25 # two\n")
    assert (good, faults) == (((number("192.0.2.0"), number("192.0.2.255")),), [])


def test_faults_of_a_file_name_the_line_and_are_few() -> None:
    faults = read_text("page.html", "<p>\n" * 100)[1]
    assert faults[0].startswith("page.html line 1: is '<p>'")
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1].endswith("95 more")


def test_too_many_ranges_are_refused() -> None:
    text = "192.0.2.1\n" * (MOST_RANGES + 1)
    assert "more than 100,000 ranges" in read_text("big.txt", text)[1][0]
    assert read_text("big.txt", "192.0.2.1\n" * 10)[1] == []
