# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values.entries import (
    is_list,
    keys_of,
    listing,
    suggestion,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [([], True), ((1,), True), ("text", False), (b"", False), ({}, False), (None, False)],
)
def test_lists_are_told_from_what_else_can_be_gone_through(value, expected) -> None:
    assert is_list(value) is expected


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (None, "is None, not a mapping with name, port"),
        ("text", "is 'text', not a mapping with name, port"),
        ({"name": "a", "port": 1, "prot": 2}, "unknown key prot; known: name, port, protocol"),
        ({"name": "a"}, "port is missing"),
        ({"name": "", "port": 1}, "name is missing"),
        ({"name": None, "port": 1}, "name is missing"),
        ({"name": [], "port": 1}, "name is missing"),
    ],
)
def test_entry_is_refused(entry, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        keys_of(entry, ("name", "port"), ("protocol",))
    assert str(caught.value) == complaint


def test_zero_is_not_missing() -> None:
    assert keys_of({"port": 0}, ("port",)) == {"port": 0}


def test_near_name_is_suggested() -> None:
    assert suggestion("webap", ["mysql", "webapp"]) == "is webapp meant?"


def test_known_names_are_told_but_not_all_of_a_thousand() -> None:
    assert suggestion("x", ["mysql", "webapp"]) == "known: mysql, webapp"
    assert listing(map(str, range(14))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
