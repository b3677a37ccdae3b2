# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what is asked of a CA, and of each setting that makes no sense."""

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.wanted import (
    AcmeError,
    Certificate,
    Wanted,
    read_wanted,
)
from support.acme import ENTRY, wanted

KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44"


def test_settings_are_read() -> None:
    found = wanted(contact="ops@shop.example", eab={"kid": "k1", "key": KEY}, profile="shortlived")
    assert found.certificates == (Certificate("shop", ("shop.example", "www.shop.example")),)
    assert (found.kid, found.key, found.contact) == ("k1", KEY, "ops@shop.example")
    assert found.profile == "shortlived"
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"directory": "http://acme.example/dir"}, "peerlb_acme: directory is 'http"),
        ({"directory": ""}, "peerlb_acme: directory is missing"),
        ({"directory": 5}, "peerlb_acme: directory: the value is not text"),
        ({"image": "goacme/lego"}, "peerlb_acme: image is 'goacme/lego', not an image with its"),
        ({"contact": "ops"}, "peerlb_acme: contact is 'ops', not a mail address"),
        ({"contact": 5}, "peerlb_acme: contact: the value is not text"),
        ({"profile": "short lived"}, "peerlb_acme: profile is 'short lived'"),
        ({"ca": "/etc/ca.pem"}, "peerlb_acme: ca is not text with a line -----BEGIN CERTIFICATE"),
        ({"ca": ["x"]}, "peerlb_acme: ca is not text"),
        ({"eab": "kid"}, "peerlb_acme: eab: is not a mapping with kid and key"),
        ({"eab": {"kid": "a"}}, "peerlb_acme: eab: key is missing"),
        ({"eab": {"kid": "a", "key": "x y"}}, "peerlb_acme: eab: key is not text of one line"),
        ({"eab": {"kid": "a", "kay": "x"}}, "peerlb_acme: eab: unknown key kay"),
        ({"contakt": "a@b.example"}, "peerlb_acme: unknown key contakt"),
        ({"certificates": "shop"}, "certificates: the value is not a list"),
        ({"certificates": [{"name": "Shop", "names": ["a.example"]}]}, "certificate Shop: name is"),
        ({"certificates": [{"name": "webroot", "names": ["a.example"]}]}, "certificate webroot: "),
        ({"certificates": [{"name": "a"}]}, "certificate a: names is missing"),
        (
            {"certificates": [{"name": "a", "names": "a.example"}]},
            "certificate a: names: the value is not a list",
        ),
        ({"certificates": [{"name": "a", "names": ["*.a.example"]}]}, "gives no wildcard"),
        ({"certificates": [{"name": "a", "names": ["A.example"]}]}, "names is 'A.example'"),
        (
            {"certificates": [{"name": "a", "names": [1]}]},
            "certificate a: names: the value is not text",
        ),
        ({"certificates": ["a"]}, "certificate 1: the value is not a mapping"),
        ({"certificates": ENTRY["certificates"] * 2}, "certificate shop: is there twice"),
    ],
)
def test_each_wrong_setting_is_named(settings, message) -> None:
    with pytest.raises(AcmeError) as caught:
        wanted(**settings)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_fault_has_a_line() -> None:
    with pytest.raises(AcmeError) as caught:
        wanted(directory="acme", contact="ops", certificates=[{"name": "a"}])
    assert len(str(caught.value).splitlines()) == 3


def test_key_of_an_account_stands_in_no_message() -> None:
    with pytest.raises(AcmeError) as caught:
        wanted(eab={"kid": "a", "key": f"{KEY} {KEY}"})
    assert KEY not in str(caught.value)


def test_identity_changes_with_what_is_asked_for_and_not_with_how() -> None:
    one = wanted()
    shop = one.certificates[0]
    same = [wanted(contact="a@b.example"), wanted(eab={"kid": "a", "key": "b"})]
    assert {each.identity(shop) for each in same} == {one.identity(shop)}
    other = [wanted(profile="short"), wanted(directory="https://other.example/")]
    changed = {each.identity(shop) for each in other}
    changed.add(one.identity(Certificate("shop", ("shop.example",))))
    assert len(changed | {one.identity(shop)}) == 4


def test_settings_of_the_live_release(tmp_path) -> None:
    assert read_wanted(tmp_path) is None
    secrets = tmp_path / "current/secrets"
    secrets.mkdir(parents=True)
    (secrets / "acme.json").write_text(json.dumps(ENTRY))
    assert read_wanted(tmp_path) == Wanted.parse(ENTRY)
    (secrets / "acme.json").write_text("{")
    with pytest.raises(AcmeError, match="is no JSON"):
        read_wanted(tmp_path)


def test_what_is_no_mapping_is_not_shown() -> None:
    with pytest.raises(AcmeError, match="peerlb_acme: is not a mapping with directory") as caught:
        Wanted.parse([{"eab": {"kid": "a", "key": KEY}}])
    assert KEY not in str(caught.value)
