# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import commands
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.declared import (
    unissued,
    wanted,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.install import PLACEHOLDER
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.openssl import Openssl
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import (
    CertificateError,
    Pair,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from support import certificates as made

ROOT = made.Authority()
TOOL = Openssl(commands.run)
ACME = {"name": "shop", "names": ["shop.example"], "source": "acme", "certificate": "", "key": ""}


def read(store, *entries, now=None, forced=False):
    return wanted(entries, store, TOOL, time.time() if now is None else now, forced)


def put(store, pem: str, source: str) -> None:
    store.switch("shop", store.stage("shop", Pair.parse(pem), source))


@pytest.fixture
def store(tmp_path) -> CertificateStore:
    return CertificateStore(tmp_path)


def test_entry_with_a_pair(store) -> None:
    leaf = ROOT.issue("shop.example")
    entry = {**ACME, "source": "given", "certificate": leaf.chain, "key": leaf.key, "ca": ROOT.pem}
    (only,) = read(store, entry, forced=True)
    assert (only.name, only.names, only.source) == ("shop", ("shop.example",), "given")
    assert (only.pair, only.ca, only.forced) == (Pair.parse(leaf.text), ROOT.pem, True)


def test_every_entry_without_a_pair_is_named(store) -> None:
    entries = [{**ACME, "name": name, "source": "given"} for name in ("shop", "blog")]
    with pytest.raises(CertificateError) as caught:
        read(store, *entries)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "certificate shop",
        "certificate blog",
    ]


def test_placeholder_until_the_ca_has_issued_one(store) -> None:
    (only,) = read(store, ACME)
    assert (only.source, only.forced, only.ca) == (PLACEHOLDER, True, only.pair.chain[0])
    put(store, only.pair.text, PLACEHOLDER)
    assert read(store, ACME) == []
    assert read(store, {**ACME, "names": ["shop.example", "new.example"]})
    assert read(store, ACME, now=time.time() + 100 * 86400)


@pytest.mark.parametrize("ends", [30, -0.5])
def test_what_a_ca_has_issued_is_left_alone(store, ends) -> None:
    put(store, ROOT.issue("shop.example", ends=ends).text, "acme")
    assert read(store, {**ACME, "names": ["shop.example", "new.example"]}) == []


def test_unissued_entries_of_a_ca_of_ones_own() -> None:
    entries = [{**ACME, "source": source} for source in ("given", "own_ca", "acme")]
    assert unissued(entries) == [entries[1]]
    assert unissued([{**entries[1], "certificate": "x"}]) == []
