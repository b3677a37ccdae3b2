# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.certificates import (
    Certificate,
    TlsError,
    read_certificates,
)

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n"
GIVEN = {"name": "shop", "names": ["shop.example"], "source": "given"}
GOOD = {**GIVEN, "certificate": PEM, "key": KEY}


def refusal(*entries) -> str:
    with pytest.raises(TlsError) as caught:
        read_certificates(list(entries))
    return str(caught.value)


def test_every_source() -> None:
    own = {
        "name": "blog",
        "names": ["blog.example", "*.blog.example"],
        "source": "own_ca",
        "days": 7,
    }
    acme = {"name": "www", "names": ["www.example"], "source": "acme", "key": None}
    assert read_certificates([{**GOOD, "ca": PEM}, own, acme]) == (
        Certificate("shop", ("shop.example",), "given", PEM, KEY, PEM),
        Certificate("blog", ("blog.example", "*.blog.example"), "own_ca", days=7),
        Certificate("www", ("www.example",), "acme"),
    )
    assert read_certificates([]) == ()
    assert "secret" not in repr(read_certificates([GOOD]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name is missing"),
        ({"name": 5}, "certificate 1: name: the value is not text"),
        ({"name": "Shop"}, "name is 'Shop', not small letters, digits and hyphens"),
        ({"name": "tickets"}, "name is 'tickets', not"),
        ({"name": "ca"}, "name is 'ca', not"),
        ({"name": "../x"}, "name is '../x', not"),
        ({"names": []}, "names is missing"),
        ({"names": "shop.example"}, "names: the value is not a list"),
        ({"names": [5]}, "names: the value is not text"),
        ({"name": {"key": KEY}}, "certificate 1: name: the value is not text"),
        ({"names": {"key": KEY}}, "names: the value is not a list"),
        ({"names": [{"key": KEY}]}, "names: the value is not text"),
        ({"source": {"given": {"key": KEY}}}, "source: the value is not text"),
        ({"names": ["Shop.example"]}, "names is 'Shop.example', not the name of a host"),
        ({"names": ["a.*.example"]}, "names is 'a.*.example', not the name of a host"),
        ({"names": ["10.0.0.1;"]}, "names is '10.0.0.1;', not the name of a host"),
        ({"names": ["a.example", "a.example"]}, "not a list in which each name stands once"),
        ({"source": "acme ", "key": None}, "source is 'acme ', not one of given, own_ca, acme"),
        ({"source": "acme"}, "certificate, key is only for source given, not for acme"),
        ({"certificate": None}, "certificate is missing: source given needs the PEM of both"),
        ({"key": ""}, "key is missing"),
        ({"key": "MIIsecret"}, "key is no PEM: it has no line with PRIVATE KEY-----"),
        ({"key": 5}, "key: the value is not text"),
        ({"certificate": KEY}, "certificate is no PEM"),
        ({"ca": "CA"}, "ca is no PEM"),
        ({"days": 90}, "days is only for source own_ca; with given the CA decides"),
        ({"day": 90}, "unknown key day; known: name, names, source, certificate, key, ca, days"),
    ],
)
def test_wrong_value_is_named_and_a_key_not_shown(changes, words) -> None:
    told = refusal({**GOOD, **changes})
    assert told.startswith("peerlb_certificates: certificate ")
    assert words in told
    assert "secret" not in told


@pytest.mark.parametrize("days", [0, 826, "x", True, 1.5, {"key": KEY}])
def test_days_outside_of_the_range(days) -> None:
    own = {"name": "blog", "names": ["blog.example"], "source": "own_ca", "days": days}
    wanted = "days: the value is not a whole number from 1 to 825"
    assert refusal(own) == f"peerlb_certificates: certificate blog: {wanted}"


@pytest.mark.parametrize("entry", [KEY, [KEY], 5, None])
def test_an_entry_that_is_no_mapping_is_not_shown(entry) -> None:
    text = "certificate 1: the value is not a mapping with name, names, source"
    assert refusal(entry) == f"peerlb_certificates: {text}"


def test_wildcard_by_http_01_is_refused() -> None:
    entry = {**GIVEN, "names": ["*.shop.example"], "source": "acme"}
    assert "not a name that http-01 can prove" in refusal(entry)


def test_every_entry_with_a_fault_has_a_line() -> None:
    lines = refusal(5, {**GOOD, "source": "x"}, GOOD).splitlines()
    assert [line.split(":")[1] for line in lines] == [" certificate 1", " certificate shop"]


def test_names_of_two_certificates_are_refused() -> None:
    told = refusal(GOOD, {**GOOD, "name": "other"}, {**GOOD, "names": ["x.example"]})
    assert "certificate other: shop.example stands in shop too; nginx takes one" in told
    assert "certificate shop is declared twice" in told


@pytest.mark.parametrize("value", [None, 5, "x", {}, {"shop": {"key": "oyster"}}])
def test_what_is_no_list_is_refused_and_not_shown(value) -> None:
    with pytest.raises(TlsError, match="peerlb_certificates is not a list of certificates") as told:
        read_certificates(value)
    assert "oyster" not in str(told.value)
