# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import (
    commands,
    openssl,
    pem,
)
from support import certificates as made

ROOT = made.Authority()
TOOL = openssl.Openssl(commands.run)


def test_facts_of_a_certificate() -> None:
    leaf = ROOT.issue("Shop.example", "*.shop.example")
    facts = TOOL.facts(leaf.pem)
    assert facts.names == ("shop.example", "*.shop.example")
    assert int(facts.serial, 16) == leaf.certificate.serial_number
    assert (facts.issuer, facts.subject) == ("CN=test root", "CN=Shop.example")
    assert facts.begins == leaf.certificate.not_valid_before_utc.timestamp()
    assert facts.ends == leaf.certificate.not_valid_after_utc.timestamp()
    assert not facts.self_signed
    assert TOOL.facts(ROOT.pem).self_signed


def test_certificate_without_names_has_none() -> None:
    assert TOOL.facts(ROOT.issue().pem).names == ()


def test_what_is_no_certificate_is_refused() -> None:
    broken = ROOT.pem.replace("MII", "AAA")
    with pytest.raises(pem.CertificateError, match="openssl x509: "):
        TOOL.facts(broken)


def test_keys_are_in_no_argument() -> None:
    seen = []

    def run(command, data="", **options):
        seen.extend(command)
        return commands.run(command, data, **options)

    leaf = ROOT.issue("shop.example")
    tool = openssl.Openssl(run)
    assert tool.fits(pem.Pair.parse(leaf.text))
    placeholder = tool.placeholder(["shop.example"])
    keys = (leaf.key, placeholder.key)
    assert not any(
        line in word for key in keys for line in key.split("\n") if line for word in seen
    )


def test_placeholder_is_for_all_names_and_vouches_for_itself() -> None:
    pair = TOOL.placeholder(["shop.example", "*.shop.example"])
    assert TOOL.facts(pair.chain[0]).names == ("shop.example", "*.shop.example")
    assert TOOL.fits(pair)
    assert TOOL.chain_problem(pair, pair.chain[0]) == ""
    assert TOOL.chain_problem(pair, "") != ""
