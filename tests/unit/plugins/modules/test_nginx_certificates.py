# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.modules import nginx_certificates
from support import certificates as made

ROOT = made.Authority()


def entry(leaf: made.Made, **settings) -> dict:
    own = {"name": "shop", "names": ["shop.example"], "source": "given", "ca": ROOT.pem}
    return {**own, "certificate": leaf.chain, "key": leaf.key, **settings}


@pytest.fixture
def certificates(run_module, tmp_path):
    def run(*entries, check_mode: bool = False, **params):
        params = {"path": str(tmp_path), "certificates": list(entries), **params}
        return run_module(nginx_certificates, check_mode=check_mode, **params)

    return run


def test_six_steps(certificates, tmp_path) -> None:
    wanted = entry(ROOT.issue("shop.example"))
    predicted = certificates(wanted, check_mode=True)
    assert predicted["changed"]
    assert list(tmp_path.iterdir()) == []
    done = certificates(wanted)
    assert (done["changed"], done["certificates"]) == (True, ["shop"])
    assert done["diff"] == predicted["diff"]
    pair = tmp_path / "nginx/tls/shop/current/pair.pem"
    assert pair.read_text() == wanted["certificate"] + wanted["key"]
    assert stat.S_IMODE(pair.stat().st_mode) == 0o600
    assert not certificates(wanted, check_mode=True)["changed"]
    again = certificates(wanted)
    assert (again["changed"], again["diff"], again["certificates"]) == (False, [], [])


def test_key_is_in_no_result(certificates) -> None:
    wanted = entry(ROOT.issue("shop.example"))
    told = str([certificates(wanted, check_mode=True), certificates(wanted)])
    assert wanted["key"].splitlines()[1] not in told


def test_every_fault_is_named_and_nothing_changes(certificates, tmp_path) -> None:
    bad = [
        entry(ROOT.issue("other.example"), name="one"),
        entry(ROOT.issue("shop.example", ends=-1), name="two"),
    ]
    for check_mode in (True, False):
        told = certificates(*bad, check_mode=check_mode)
        assert told["failed"]
        assert [line[:16] for line in told["msg"].splitlines()] == [
            "certificate one:",
            "certificate two:",
        ]
    assert not (tmp_path / "nginx/tls").exists()


def test_placeholder_is_made_once_and_predicted_alike(certificates, tmp_path) -> None:
    acme = {"name": "shop", "names": ["shop.example"], "source": "acme"}
    predicted = certificates(acme, check_mode=True)
    done = certificates(acme)
    assert (predicted["changed"], predicted["diff"]) == (done["changed"], done["diff"])
    assert "source: placeholder" in done["diff"][0]["after"]
    before = os.readlink(tmp_path / "nginx/tls/shop/current")
    assert not certificates(acme)["changed"]
    assert os.readlink(tmp_path / "nginx/tls/shop/current") == before
    leaf = ROOT.issue("shop.example", ends=10)
    assert certificates(entry(leaf))["changed"]


def test_test_stores_what_is_new_alone(certificates, tmp_path) -> None:
    first = entry(ROOT.issue("shop.example", ends=60))
    assert certificates(first, test_only=True)["changed"]
    second = entry(ROOT.issue("shop.example", ends=90))
    assert not certificates(second, test_only=True)["changed"]
    assert (tmp_path / "nginx/tls/shop/current/pair.pem").read_text() == (
        first["certificate"] + first["key"]
    )
    assert "has expired" in certificates(entry(ROOT.issue("shop.example", ends=-1)))["msg"]


def test_force_takes_one_that_ends_earlier(certificates) -> None:
    certificates(entry(ROOT.issue("shop.example", ends=60)))
    shorter = entry(ROOT.issue("shop.example", ends=30))
    assert "earlier than the one in use" in certificates(shorter)["msg"]
    assert certificates(shorter, force=True)["changed"]


def test_ticket_keys_are_made_with_the_first_certificate(certificates, tmp_path) -> None:
    assert not certificates()["changed"]
    assert not (tmp_path / "nginx/tls").exists()
    certificates(entry(ROOT.issue("shop.example")))
    assert (tmp_path / "nginx/tls/tickets/0.key").stat().st_size == 80


def test_certificate_that_a_ca_of_ones_own_will_issue_is_predicted(certificates) -> None:
    later = {"name": "shop", "names": ["shop.example"], "source": "own_ca"}
    assert certificates(later, check_mode=True)["certificates"] == ["shop"]
    assert "there is no certificate" in certificates(later)["msg"]


def test_busy_host_is_named(certificates, tmp_path) -> None:

    with Store(str(tmp_path / "nginx")).lock("bob"):
        told = certificates(entry(ROOT.issue("shop.example")), lock_timeout=0)
    assert "bob" in told["msg"]
