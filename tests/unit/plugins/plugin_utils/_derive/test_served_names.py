# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.served_names import (
    certificate_names,
    tls_name,
)

SHOP, ANY_SHOP = "shop.example", "*.shop.example"


@pytest.mark.parametrize(
    "names, wanted, name",
    [
        ([], "", ""),
        ([], SHOP, SHOP),
        ([SHOP], "", SHOP),
        ([SHOP, "b.example"], "b.example", "b.example"),
        ([SHOP], "b.example", SHOP),
        ([SHOP], f"{SHOP}:8443", f"{SHOP}:8443"),
        ([ANY_SHOP], "", "www.shop.example"),
        ([ANY_SHOP], "a.shop.example", "a.shop.example"),
        ([ANY_SHOP], "a.b.shop.example", "www.shop.example"),
        ([ANY_SHOP], SHOP, "www.shop.example"),
    ],
)
def test_name_to_ask_for(names: list[str], wanted: str, name: str) -> None:
    assert tls_name(names, wanted) == name


@pytest.mark.parametrize(
    "declared, names",
    [
        (None, []),
        ([], []),
        (
            [{"name": "a", "names": [SHOP, ANY_SHOP]}, {"name": "b", "names": ["b"]}],
            [SHOP, ANY_SHOP, "b"],
        ),
        ([{"names": [SHOP]}, {"names": [SHOP]}], [SHOP]),
        ("all", []),
        (["shop", {"names": "shop"}, {}], []),
    ],
)
def test_names_of_certificates(stack, declared: object, names: list[str]) -> None:
    balancers = stack.parse().members("nginx_lb")
    assert certificate_names(balancers, {"lb1": {"peerlb_certificates": declared}}) == names
