# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values.certificates import (
    holds_certificates,
)
from support.tls import SignedPair

PAIR = SignedPair.make(["shop.example"])
EMPTY = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("text", [PAIR.certificate, f"# ours\n{PAIR.certificate * 2}"])
def test_certificates(text: str) -> None:
    assert holds_certificates(text)


@pytest.mark.parametrize("text", ["", "secret", PAIR.certificate[:-60], EMPTY, PAIR.key])
def test_what_is_none(text: str) -> None:
    assert not holds_certificates(text)
