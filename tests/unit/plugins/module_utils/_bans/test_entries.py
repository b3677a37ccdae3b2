# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import (
    Ban,
    BanError,
    parse_end,
    parse_range,
    shown_range,
    utc,
)

NOW = 1767261600.0  # 2026-01-01T10:00:00Z


@pytest.mark.parametrize(
    ("text", "cidr"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        (" 203.0.113.7/32 ", "203.0.113.7/32"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.0.0/16", "203.0.0.0/16"),
    ],
)
def test_addresses_and_ranges_are_read(text, cidr) -> None:
    assert str(parse_range(text)) == cidr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.0.0.0/0", "more than 65536 addresses: the widest range is a /16"),
        ("203.0.0.1/15", "has host bits set; write 203.0.0.0/15"),
        ("202.0.0.0/15", "more than 65536"),
        ("203.0.113.7/24", "has host bits set; write 203.0.113.0/24"),
        ("2001:db8::1", "is IPv6"),
        ("shop.example", "is no address such as 203.0.113.7"),
        ("", "is no address"),
        ("203.0.113.7\nx", "is no address"),
        (None, "is no address"),
    ],
)
def test_what_is_no_range_is_refused(text, why) -> None:
    with pytest.raises(BanError, match=why):
        parse_range(text)


@pytest.mark.parametrize(
    ("duration", "until", "end"),
    [
        ("1h", "", NOW + 3600),
        ("90", "", NOW + 90),
        ("7d", "", NOW + 7 * 86400),
        ("forever", "", None),
        ("", "2026-01-01T11:00:00Z", NOW + 3600),
        ("", "2026-01-01T12:00:00+01:00", NOW + 3600),
    ],
)
def test_end_is_read(duration, until, end) -> None:
    assert parse_end(duration, until, NOW) == end


@pytest.mark.parametrize(
    ("duration", "until", "why"),
    [
        ("", "", "give either"),
        ("1h", "2027-01-01T10:00:00Z", "give either"),
        ("soon", "", "not a time such as 500ms, 10s or 10m"),
        ("0", "", "in the next ten years"),
        ("9999d", "", "in the next ten years"),
        ("", "2025-01-01T10:00:00Z", "in the next ten years"),
        ("", "2027-01-01T10:00:00", "without a time zone; write 2027-01-01T10:00:00Z"),
        ("", "tomorrow", "not a time such as 2027-01-01T10:00:00Z"),
    ],
)
def test_end_that_makes_no_sense_is_refused(duration, until, why) -> None:
    with pytest.raises(BanError, match=why):
        parse_end(duration, until, NOW)


def test_entry_is_read_as_it_was_written() -> None:
    ban = Ban("203.0.113.0/24", NOW, "scans", "ada", "ubuntu", "2026-01-01T09:00:00Z")
    assert Ban.parse(ban.params()) == ban
    assert Ban.parse({"range": "203.0.113.7"}) == Ban("203.0.113.7/32")


@pytest.mark.parametrize(
    "entry", [{}, {"range": "x"}, {"range": "203.0.113.7", "until": "x"}, {"wrong": 1}, []]
)
def test_damaged_entry_is_refused(entry) -> None:
    with pytest.raises(ValueError, match="range|until|wrong|mapping|address"):
        Ban.parse(entry)


def test_ban_ends_and_is_told_in_words() -> None:
    ban = Ban("203.0.113.7/32", NOW, "scans", "ada")
    assert (ban.ended(NOW - 1), ban.ended(NOW)) == (False, True)
    assert ban.sentence() == ("203.0.113.7 until 2026-01-01T10:00:00Z, set by ada (because: scans)")
    ever = Ban("203.0.113.0/24", None, source="rule login")
    assert not ever.ended(NOW)
    assert ever.sentence() == "203.0.113.0/24 until somebody lifts it, by the rule login"


def test_range_of_one_address_is_shown_without_its_length() -> None:
    assert shown_range(parse_range("203.0.113.7")) == "203.0.113.7"
    assert utc(NOW) == "2026-01-01T10:00:00Z"
