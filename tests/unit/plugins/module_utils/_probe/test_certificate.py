# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.certificate import (
    Certificate,
    CertificateFormatError,
)
from support.tls import SignedPair

NOW = datetime.now(timezone.utc)


def der(*names: str, days: float = 89.5) -> bytes:
    return ssl.PEM_cert_to_DER_cert(SignedPair.make(names, days).certificate)


@pytest.mark.parametrize(
    "names, days, sentence",
    [
        (["shop.example"], 89.5, "certificate of shop.example by own CA, 89 days left"),
        (["a.example", "*.a.example"], 0.5, "certificate of a.example and 1 more by own CA, 0 day"),
        ([], 9000.5, "certificate of own CA by own CA, 9000 days left"),  # after 2049
        (["old.example"], -2.5, "certificate of old.example by own CA, ended 3 days ago"),
    ],
)
def test_sentence(names: list[str], days: float, sentence: str) -> None:
    assert Certificate.parse(der(*names, days=days)).sentence(NOW).startswith(sentence)


def test_end() -> None:
    ends = Certificate.parse(der("a.example", days=10.0)).ends
    assert abs(ends - NOW - timedelta(days=10)) < timedelta(minutes=5)


@pytest.mark.parametrize("raw", [b"", b"\x30", b"\x30\x82\xff\xff\x00", b"HTTP/1.1", b"\x30\x00"])
def test_what_is_no_certificate(raw: bytes) -> None:
    with pytest.raises(CertificateFormatError, match="^no certificate: b"):
        Certificate.parse(raw)


def test_what_is_cut_short_is_no_certificate() -> None:
    whole = der("shop.example")
    for length in range(0, len(whole), 7):
        with pytest.raises(CertificateFormatError):
            Certificate.parse(whole[:length])
