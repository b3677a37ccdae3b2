# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import pem
from support import certificates as made

ROOT = made.Authority()


def test_pair_is_read_from_text_around_it_and_with_any_line_ends() -> None:
    leaf = ROOT.issue("shop.example")
    pair = pem.Pair.parse("subject=shop\n" + leaf.text.replace("\n", "\r\n") + "\n\n")
    assert pair == pem.Pair.parse(leaf.text)
    assert pair.text == leaf.text
    assert leaf.key[30:60] not in repr(pair)


def test_fingerprint_tells_nothing_of_the_key() -> None:
    leaf = ROOT.issue("shop.example")
    other = pem.Pair(pem.Pair.parse(leaf.text).chain, made.key_pem(made.new_key()))
    assert other.fingerprint == pem.Pair.parse(leaf.text).fingerprint
    assert ROOT.issue("shop.example").text != leaf.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no certificate"),
        (made.key_pem(made.new_key()), "there is no certificate"),
        (ROOT.pem, "there are 0 keys, not one"),
        (ROOT.pem + made.key_pem(made.new_key()) * 2, "there are 2 keys, not one"),
        (ROOT.pem + made.key_pem(made.new_key(), b"word"), "the key has a passphrase"),
    ],
)
def test_text_without_a_pair_is_refused_and_not_shown(text, words) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        pem.Pair.parse(text)
    assert "BEGIN EC" not in str(caught.value)
    assert len(str(caught.value)) < 120


def test_certificates_of_a_bundle() -> None:
    assert pem.certificates(ROOT.pem + "# note\n" + ROOT.pem) == (ROOT.pem.strip(),) * 2
