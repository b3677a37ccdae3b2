# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what lego is told, of what it leaves, and of its words."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._acme.lego import (
    AcmeFailure,
    Lego,
    said,
)
from support.acme import FakeLego, certificate, wanted

REFUSAL = """\
2026/11/28 22:48:48 [INFO] retry due to: urn:ietf:params:acme:error:badNonce :: JWS
2026/11/28 22:48:59 Could not obtain certificates:
\terror: one or more domains had a problem:
[shop.example] invalid authorization: acme: error: 403 :: urn:ietf:params:acme:error:unauthorized
"""
DOWN = (
    "2026/11/28 22:49:31 Could not create client: get directory at 'https://127.0.0.1:14000/dir':"
    " dial tcp 127.0.0.1:14000: connect: connection refused\n"
)
KEY = "zWNDZM6eQGHWpSRT"


@pytest.fixture
def fake(tmp_path) -> FakeLego:
    """Return a lego below a directory of releases."""
    return FakeLego(tmp_path)


def lego(fake: FakeLego, **settings) -> Lego:
    """Return lego for some settings of the CA."""
    return Lego(fake.root, wanted(**settings), fake.run)


def test_new_certificate_comes_with_its_key(fake) -> None:
    asked = lego(fake, profile="shortlived", contact="ops@shop.example")
    shop = asked.wanted.certificates[0]
    pem = asked.ask(shop, anew=True)
    assert pem.index("BEGIN CERTIFICATE") < pem.index("BEGIN PRIVATE KEY")
    words = fake.commands[-1]
    assert words[words.index("goacme/lego:v4.35.2") + 1 :] == [
        *("--accept-tos", "--server", "https://acme.example/dir", "--path", "/lego"),
        *("--http", "--http.webroot", "/webroot", "--email", "ops@shop.example"),
        *("--domains", "shop.example", "--domains", "www.shop.example"),
        *("run", "--profile", "shortlived"),
    ]
    assert asked.has(shop)


def test_renewal_is_by_ari_and_at_once(fake) -> None:
    asked = lego(fake)
    asked.ask(asked.wanted.certificates[0], anew=True)
    asked.ask(asked.wanted.certificates[0], anew=False)
    assert fake.commands[-1][-3:] == ["renew", "--dynamic", "--no-random-sleep"]
    assert fake.issued == 1


def test_container_that_outlived_a_killed_program_is_removed_first(fake) -> None:
    asked = lego(fake)
    asked.ask(asked.wanted.certificates[0], anew=True)
    assert fake.commands[0] == ["docker", "rm", "--force", "peerlb-acme-shop"]


def test_key_of_an_account_is_in_no_argument(fake) -> None:
    asked = lego(fake, eab={"kid": "k1", "key": KEY}, ca="-----BEGIN CERTIFICATE-----\nx\n")
    asked.ask(asked.wanted.certificates[0], anew=True)
    assert not [word for words in fake.commands for word in words if KEY in word]
    file = asked.home(asked.wanted.certificates[0]) / "environment"
    assert file.read_text().splitlines() == [
        "LEGO_CA_CERTIFICATES=/lego/ca.pem",
        "LEGO_EAB=true",
        "LEGO_EAB_KID=k1",
        f"LEGO_EAB_HMAC={KEY}",
    ]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_answers_to_challenges_can_be_read_by_nginx(fake) -> None:
    asked = lego(fake)
    asked.ask(asked.wanted.certificates[0], anew=True)
    assert asked.webroot.stat().st_mode & 0o777 == 0o755


def test_refusal_of_the_ca_is_told_in_its_words(fake) -> None:
    fake.errors = [REFUSAL]
    asked = lego(fake)
    with pytest.raises(AcmeFailure) as caught:
        asked.ask(asked.wanted.certificates[0], anew=True)
    assert caught.value.refused
    assert str(caught.value).startswith("Could not obtain certificates: error: one or more")
    assert "badNonce" not in str(caught.value)


def test_ca_that_is_down_has_not_refused(fake) -> None:
    fake.errors = [DOWN]
    asked = lego(fake)
    with pytest.raises(AcmeFailure, match="connection refused") as caught:
        asked.ask(asked.wanted.certificates[0], anew=True)
    assert not caught.value.refused


def test_account_that_the_ca_has_forgotten_is_left(fake) -> None:
    fake.errors = ["acme: error: 400 :: urn:ietf:params:acme:error:accountDoesNotExist :: gone"]
    asked = lego(fake)
    shop = asked.wanted.certificates[0]
    (asked.home(shop) / "accounts").mkdir(parents=True)
    with pytest.raises(AcmeFailure):
        asked.ask(shop, anew=True)
    assert not (asked.home(shop) / "accounts").exists()


def test_key_that_does_not_fit_cannot_be_renewed(fake) -> None:
    asked = lego(fake)
    shop = asked.wanted.certificates[0]
    assert not asked.has(shop)
    asked.ask(shop, anew=True)
    (asked.chain(shop)).with_suffix(".key").write_text(certificate(["shop.example"])[1])
    assert not asked.has(shop)


def test_words_without_progress() -> None:
    assert said("2026/11/28 22:48:48 Saved key\n\n!!!! HEADS UP !!!!\n") == "Saved key"
    assert len(said("x" * 2000)) == 601
