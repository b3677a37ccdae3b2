# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.names import covering, covers


@pytest.mark.parametrize(
    ("of_certificate", "name", "result"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "SHOP.example", True),
        ("shop.example", "www.shop.example", False),
        ("*.shop.example", "www.shop.example", True),
        ("*.shop.example", "*.shop.example", True),
        ("*.shop.example", "a.b.shop.example", False),
        ("*.shop.example", "shop.example", False),
        ("*.example", "*.shop.example", False),
    ],
)
def test_certificate_covers_a_name(of_certificate, name, result) -> None:
    assert covers(of_certificate, name) is result


def test_name_itself_goes_before_a_wildcard() -> None:
    known = {"wild": ["*.shop.example"], "own": ["pay.shop.example"]}
    assert covering(known, "pay.shop.example") == "own"
    assert covering(known, "www.shop.example") == "wild"
    assert covering(known, "shop.example") is None
