# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an entry is read; test_reading.py has every key of a map."""

from __future__ import annotations

import typing as t

from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.entry import Entry
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.fields import truth


def read(value: t.Any) -> tuple[Entry, list[str]]:
    """Return an entry with the keys a and b, and the list of its problems."""
    problems: list[str] = []
    return Entry(value, "map", ("a", "b"), problems), problems


def test_default_stands_for_no_value_and_for_a_bad_one() -> None:
    entry, problems = read({"a": None, "b": "yes"})
    assert entry.get("a", truth, True) and entry.get("b", truth, True)
    assert problems == ["map: b is 'yes', not true or false"]
    assert not entry.need("a", truth, False)
    assert problems[1:] == ["map: a is missing"]


def test_nothing_more_is_said_of_what_is_no_mapping() -> None:
    entry, problems = read([])
    entry.need("a", truth, True)
    entry.only_one_of(("a", "b"))
    assert problems == ["map: is [], not a mapping with a, b"]


def test_entries_below_have_their_own_places() -> None:
    entry, problems = read({"a": [{"c": 1}, {"c": 2}], "b": {"d": 1}})
    first, second = entry.each("a", ("c",))
    assert (first.place, second.place) == ("map.a[0]", "map.a[1]")
    assert entry.below("b", ("e",)).place == "map.b"
    assert problems == ["map.b: unknown key d; known: e"]


def test_one_of_some_keys_is_wanted() -> None:
    entry, problems = read({"a": 0})
    assert entry.only_one_of(("a", "b")) == "a"
    assert problems == []
