# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.addresses import (
    ALL_ADDRESSES,
    INTERNET,
    UNRESERVED,
    as_rule,
    as_text,
)
from ansible_collections.peerlb.stack.plugins.module_utils._values.addresses import IPv4Network
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import minus, spans, union


def runs(*texts: str) -> list:
    return spans(map(IPv4Network, texts))


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (runs("10.0.0.0/24", "10.9.0.0/24"), "10.0.0.0/24, 10.9.0.0/24"),
        (minus(runs("10.0.0.0/8"), runs("10.2.0.0/16")), "10.0.0.0/8 but 10.2.0.0/16"),
        (INTERNET, "the internet"),
        (union(INTERNET, runs("10.0.0.0/16")), "the internet, 10.0.0.0/16"),
        (UNRESERVED, "anywhere"),
        (minus(UNRESERVED, runs("10.2.0.0/16")), "anywhere but 10.2.0.0/16"),
    ],
)
def test_text_of_addresses_is_short(addresses, words) -> None:
    assert as_text(addresses) == words


def test_rule_for_the_internet_names_all_addresses() -> None:
    assert as_rule(INTERNET) == ALL_ADDRESSES
    assert as_rule(runs("10.0.0.0/8")) == runs("10.0.0.0/8")
