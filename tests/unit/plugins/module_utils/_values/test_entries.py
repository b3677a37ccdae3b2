# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values.entries import (
    errors_at,
    is_list,
    line,
    listing,
    one_of,
    parse_port,
    read_mapping,
    shown,
    suggestion,
    text,
    typed,
    unknown_keys,
    whole_number,
)


class PlaceError(ValueError):
    pass


def test_errors_at_puts_the_place_before_the_message() -> None:
    with pytest.raises(PlaceError) as caught, errors_at("listener 80", PlaceError):
        one_of("protocol", "udp", ("http", "tcp"))
    assert str(caught.value) == "listener 80: protocol is 'udp', not one of http, tcp"
    assert caught.value.__suppress_context__


def test_errors_at_passes_other_errors_on() -> None:
    with pytest.raises(KeyError, match="^'here'$"), errors_at("listener 80"):
        raise KeyError("here")


@pytest.mark.parametrize(
    ("value", "expected"),
    [([], True), ((1,), True), ("text", False), (b"", False), ({}, False), (None, False)],
)
def test_is_list_refuses_what_is_only_iterable(value, expected) -> None:
    assert is_list(value) is expected


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (None, "is None, not a mapping with name, port"),
        ("text", "is 'text', not a mapping with name, port"),
        (
            {"name": "a", "port": 1, "prot": 2},
            "unknown key prot; known: name, port, protocol; is port meant?",
        ),
        ({"name": "a", "port": 1, 7: 2}, "unknown key 7; known: name, port, protocol"),
        ({"name": "a"}, "port is missing"),
        ({"name": "", "port": 1}, "name is missing"),
        ({"name": None, "port": 1}, "name is missing"),
        ({"name": [], "port": 1}, "name is missing"),
    ],
)
def test_mapping_is_refused(entry, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        read_mapping(entry, ("name", "port"), ("protocol",))
    assert str(caught.value) == complaint


def test_mapping_without_required_keys_is_refused_without_naming_any() -> None:
    with pytest.raises(ValueError, match="^is 'web', not a mapping$"):
        read_mapping("web", (), ("name",))


def test_zero_is_not_missing() -> None:
    assert read_mapping({"port": 0}, ("port",)) == {"port": 0}


def test_every_unknown_key_is_named() -> None:
    assert unknown_keys({"wieght": 1, "state": "up", "x": 2}, ("weight", "state")) == [
        "unknown key wieght; known: weight, state; is weight meant?",
        "unknown key x; known: weight, state",
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [("", str), (0, int), (False, bool), ([], list), ((1,), list), ({}, dict)],
)
def test_value_of_a_kind_is_returned(value, kind) -> None:
    assert typed("key", value, kind) == value


@pytest.mark.parametrize(
    ("value", "kind", "complaint"),
    [
        (7, str, "key is 7, not text"),
        ("7", int, "key is '7', not a whole number"),
        (True, int, "key is True, not a whole number"),
        ("yes", bool, "key is 'yes', not true or false"),
        ("text", list, "key is 'text', not a list"),
        (None, dict, "key is None, not a mapping"),
    ],
)
def test_value_of_another_kind_is_refused(value, kind, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        typed("key", value, kind)
    assert str(caught.value) == complaint


@pytest.mark.parametrize("value", [-1, 11, "ten", True, None, 1.5, ""])
def test_number_out_of_range_is_refused(value) -> None:
    with pytest.raises(ValueError) as caught:
        whole_number("weight", value, 0, 10)
    assert str(caught.value) == f"weight is {value!r}, not a whole number from 0 to 10"


def test_digits_are_a_number() -> None:
    assert whole_number("weight", "7", 0, 10) == 7


@pytest.mark.parametrize("value", [0, 65536, 70000, -1, "http", "", None, True, 80.0, [80]])
def test_port_is_refused(value) -> None:
    with pytest.raises(ValueError, match="^port is .*, not a whole number from 1 to 65535$"):
        parse_port(value)


@pytest.mark.parametrize(("value", "port"), [(1, 1), ("80", 80), (65535, 65535)])
def test_port_is_read(value, port) -> None:
    assert parse_port(value) == port


def test_value_that_is_no_choice_is_refused_with_the_choices() -> None:
    assert one_of("state", "up", ("up", "down")) == "up"
    with pytest.raises(ValueError, match="^state is 'x', not one of up, down$"):
        one_of("state", "x", ("up", "down"))


def test_near_name_is_suggested() -> None:
    assert suggestion("webap", ["mysql", "webapp"]) == "is webapp meant?"


def test_suggestion_and_listing_do_not_show_a_thousand_names() -> None:
    assert suggestion("x", ["mysql", "webapp"]) == "known: mysql, webapp"
    assert listing(map(str, range(14))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"


@pytest.mark.parametrize("value", [None, 5, 1.1, True, [], {}, datetime.date(2024, 1, 1)])
def test_text_is_what_was_written_or_is_refused(value) -> None:
    with pytest.raises(ValueError, match=r"^zone is .*, not text; YAML may .*: quote it$"):
        text("zone", value)
    with pytest.raises(ValueError, match=r"^pin: the value is not text, and .*: quote it$"):
        text("pin", value, secret=True)
    assert text("zone", "010") == "010"


@pytest.mark.parametrize("value", ["a\nb", "a\0", "a\x1b[0m"])
def test_a_line_holds_no_control_character(value) -> None:
    with pytest.raises(ValueError, match="^zone is .*, not text of one line"):
        line("zone", value)
    assert shown(value) == repr(value)


@pytest.mark.parametrize("value", ["１", "²", "9" * 5000, " 1", 1.0, True])
def test_digits_are_those_of_ascii(value) -> None:
    with pytest.raises(ValueError, match="^weight is .*, not a whole number from 0 to 9"):
        whole_number("weight", value, 0, 9)


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda: typed("k", "oyster", list, secret=True), "k: the value is not a list"),
        (lambda: one_of("k", "oyster", ("a", "b"), secret=True), "k: the value is not one of a, b"),
        (
            lambda: whole_number("k", "oyster", 1, 2, secret=True),
            "k: the value is not a whole numb",
        ),
        (lambda: read_mapping("oyster", ["a"], secret=True), "the value is not a mapping with a"),
    ],
)
def test_a_reader_of_a_secret_shows_no_value(read, told) -> None:
    with pytest.raises(ValueError, match=f"^{told}") as caught:
        read()
    assert "oyster" not in str(caught.value)
