# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.keys import fingerprints, is_key


@pytest.fixture
def binary(key) -> bytes:
    """Return the key without its armor."""
    return base64.b64decode("".join(key[0].decode().split("\n\n")[1].split("\n=")[0].split()))


def test_fingerprint_is_read_from_each_form(key, binary) -> None:
    armored, fingerprint = key
    for data in (armored, binary, armored.replace(b"\n", b"\r\n")):
        assert fingerprints(data) == [fingerprint]
        assert is_key(data, f"{fingerprint[:20].lower()} {fingerprint[20:]}")
        assert not is_key(data, fingerprint[::-1])


def test_file_with_two_keys_is_not_one_of_them(key, binary) -> None:
    assert not is_key(binary + binary, key[1])


def test_key_that_was_cut_has_no_fingerprint(key) -> None:
    assert fingerprints(key[0][:90]) == []


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xc6", b"-" * 99])
def test_what_is_no_key_has_no_fingerprint(data) -> None:
    assert fingerprints(data) == []
