# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge import own_ca
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.certificates import (
    Certificate,
    TlsError,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.own_ca import (
    Issued,
    due,
    entry,
    refuse_without,
)
from support import certificates as made

ROOT = made.Authority()
NOW = datetime.now(timezone.utc)
SHOP = Certificate("shop", ("shop.example", "*.shop.example"), "own_ca")
LEAF = ROOT.issue(*SHOP.names, begins=0, ends=90)
ISSUED = Issued.of(LEAF.text)


def test_file_of_a_certificate_and_its_key() -> None:
    assert Issued(LEAF.pem, LEAF.key) == ISSUED
    assert Issued.of("") == Issued.of(LEAF.pem) == Issued()


@pytest.mark.parametrize(("days", "left"), [(59, ""), (61, "29 of its 90 days are left")])
def test_certificate_is_due_when_a_third_of_its_lifetime_is_left(days, left) -> None:
    assert due(SHOP, ISSUED, ROOT.pem, NOW + timedelta(days=days)) == left


def test_certificate_is_due_when_names_or_the_ca_change_or_none_is_there() -> None:
    fewer = Certificate("shop", ("shop.example",), "own_ca")
    assert due(fewer, ISSUED, ROOT.pem, NOW) == "its names have changed"
    assert due(SHOP, ISSUED, made.Authority("new").pem, NOW) == "another CA has issued it"
    assert due(SHOP, Issued(), ROOT.pem, NOW) == "none is issued yet"
    assert due(SHOP, ISSUED, "", NOW) == "none is issued yet"
    nameless = Issued.of(ROOT.issue().text)
    assert due(SHOP, nameless, ROOT.pem, NOW) == "its names have changed"


def test_entry_for_the_host() -> None:
    whole = {"name": "shop", "names": list(SHOP.names), "source": "own_ca", "ca": ROOT.pem}
    pem = {"certificate": LEAF.pem, "key": LEAF.key}
    assert entry(SHOP, ISSUED, ROOT.pem, NOW) == {**whole, **pem}
    late = NOW + timedelta(days=80)
    assert entry(SHOP, ISSUED, ROOT.pem, late) == {**whole, "certificate": "", "key": ""}
    given = Certificate("blog", ("blog.example",), "given", LEAF.pem, LEAF.key)
    assert entry(given, Issued(), "", NOW) == {
        **{"name": "blog", "names": ["blog.example"], "source": "given", "ca": ""},
        **pem,
    }


def test_ca_needs_a_directory() -> None:
    with pytest.raises(TlsError, match="peerlb_ca_dir: the directory of the CA is missing"):
        refuse_without([SHOP], "")
    refuse_without([SHOP], "ca")
    refuse_without([], "")


def test_package_that_is_missing_is_named_where_it_is_needed(monkeypatch) -> None:
    monkeypatch.setattr(own_ca, "LACKING", "No module named 'cryptography'")
    with pytest.raises(TlsError, match="needs the Python package cryptography here: No module"):
        refuse_without([SHOP], "ca")
    refuse_without([], "ca")
