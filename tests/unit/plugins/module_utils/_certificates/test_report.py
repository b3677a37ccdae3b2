# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import commands, report
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.openssl import Openssl
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import Pair
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.serving import ServingNginx
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from support import certificates as made

ROOT = made.Authority()
TOOL = Openssl(commands.run)


@pytest.fixture
def store(tmp_path) -> CertificateStore:
    return CertificateStore(tmp_path)


def told(store, now):
    return report.certificates(store, ServingNginx(commands.run, store.root), TOOL, now)


def test_certificate_in_use(store) -> None:
    leaf = ROOT.issue("shop.example", begins=-30, ends=60)
    store.switch("shop", store.stage("shop", Pair.parse(leaf.text), "acme"))
    (store.root / "acme").mkdir()
    (store.root / "acme/shop.json").write_text(json.dumps({"result": "issued"}))
    now = leaf.certificate.not_valid_after_utc.timestamp() - 10.5 * 86400
    (entry,) = told(store, now)
    assert (entry["name"], entry["names"]) == ("shop", ["shop.example"])
    assert (entry["source"], entry["issuer"]) == ("acme", "CN=test root")
    assert (entry["days_left"], entry["lifetime_days"]) == (10.5, 90.0)
    assert (entry["used"], entry["error"]) == (False, "")
    assert entry["last_attempt"] == {"result": "issued"}
    assert entry["ends"] == leaf.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "PRIVATE" not in json.dumps(entry)


def test_damaged_certificate_is_told(store) -> None:
    version = store.stage("shop", Pair.parse(ROOT.issue("shop.example").text))
    store.switch("shop", version)
    (store.directory / "shop" / version / "pair.pem").write_text("x")
    (entry,) = told(store, 0)
    assert entry["error"] == "its file is missing or damaged"


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_state_that_is_no_mapping_tells_nothing(store, text) -> None:
    (store.root / "acme").mkdir()
    (store.root / "acme/shop.json").write_text(text)
    assert report.attempt(store, "shop") == {}


def test_host_without_certificates(store) -> None:
    assert told(store, 0) == []
