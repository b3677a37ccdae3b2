# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.certificates import (
    Certificate,
    TlsError,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.tls import (
    Hsts,
    Tls,
    client_lines,
    pair_path,
    read_tls,
    tls_http_lines,
)

PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
SHOP = Certificate("shop", ("shop.example",), "own_ca")


def test_defaults_and_every_key() -> None:
    assert read_tls({}) == Tls()
    given = {
        "profile": "modern",
        "redirect": False,
        "unknown_names": "shop",
        "http2": True,
        "hsts": {"max_age": 31536000, "include_subdomains": True},
        "client_ca": PEM,
        "client_certificate": "optional",
    }
    hsts = Hsts(31536000, True)
    assert read_tls(given, [SHOP]) == Tls("modern", False, "shop", True, hsts, PEM, "optional")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "peerlb_tls: is None, not a mapping"),
        ([], "peerlb_tls: is [], not a mapping"),
        ({"profil": "modern"}, "unknown key profil; known: profile"),
        ({"profile": "old"}, "profile is 'old', not one of intermediate, modern"),
        ({"redirect": "yes"}, "redirect is 'yes', not true or false"),
        ({"unknown_names": "shopp"}, "unknown_names is shopp, no certificate; is shop meant?"),
        ({"unknown_names": 5}, "unknown_names is 5, not text"),
        ({"http2": 1}, "http2 is 1, not true or false"),
        ({"hsts": 5}, "hsts: is 5, not a mapping with max_age"),
        ({"hsts": {}}, "hsts: max_age is missing"),
        ({"hsts": {"max_age": -1}}, "hsts: max_age is -1, not a whole number"),
        ({"hsts": {"max_age": 1, "include_subdomains": "x"}}, "hsts: include_subdomains is 'x'"),
        ({"hsts": {"max_age": 1, "preload": True}}, "hsts: unknown key preload"),
        ({"client_ca": "x"}, "client_ca is no PEM"),
        ({"client_ca": PEM}, "client_ca and client_certificate are given together"),
        ({"client_certificate": "required"}, "client_ca and client_certificate are given together"),
        ({"client_certificate": "on"}, "client_certificate is 'on', not one of optional, required"),
    ],
)
def test_wrong_value_is_named(value, words) -> None:
    with pytest.raises(TlsError) as caught:
        read_tls(value, [SHOP])
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_fault_has_a_line() -> None:
    with pytest.raises(TlsError) as caught:
        read_tls({"profile": 1, "http2": 1, "hsts": 1})
    assert len(str(caught.value).splitlines()) == 3


def test_intermediate_lines() -> None:
    lines = tls_http_lines(Tls()).splitlines()
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in lines
    assert "ssl_ecdh_curve ?X25519MLKEM768:X25519:prime256v1:secp384r1;" in lines
    assert "ssl_session_ticket_key /etc/nginx/peerlb/tls/tickets/0.key;" in lines
    assert not any("stapling" in line or "client" in line for line in lines)


def test_modern_lines_have_no_ciphers_of_tls_12() -> None:
    text = tls_http_lines(Tls("modern"))
    assert "ssl_protocols TLSv1.3;" in text
    assert "ssl_ciphers" not in text


def test_older_nginx_is_not_asked_for_a_group_that_its_openssl_may_not_know() -> None:
    assert "MLKEM" not in tls_http_lines(Tls(), "1.28")
    assert "MLKEM" in tls_http_lines(Tls(), "1.31.2")


@pytest.mark.parametrize(("wanted", "word"), [("required", "on"), ("optional", "optional")])
def test_certificates_of_clients(wanted, word) -> None:
    lines = tls_http_lines(Tls(client_ca=PEM, client_certificate=wanted)).splitlines()
    assert lines[-2:] == ["ssl_client_certificate client_ca.pem;", f"ssl_verify_client {word};"]


def test_members_are_told_of_certificates_where_they_are_asked_for() -> None:
    assert client_lines(Tls(), True) == client_lines(Tls(), False) == []
    asking = Tls(client_ca=PEM, client_certificate="optional")
    lines = client_lines(asking, True)
    assert lines[0] == "proxy_set_header X-SSL-Client-Verify $ssl_client_verify;"
    cleared = client_lines(asking, False)
    assert cleared[0] == 'proxy_set_header X-SSL-Client-Verify "";'
    assert len(cleared) == len(lines) == 4


def test_path_of_a_pair() -> None:
    assert pair_path("shop") == "/etc/nginx/peerlb/tls/shop/current/pair.pem"
