# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import (
    Balancer,
    Served,
    balancer_of,
)

SHOP = Served("shop", ("shop.example", "*.shop.example"), 58)
API = Served("api", ("api.shop.example",))


@pytest.mark.parametrize(
    ("host", "unknown", "wanted"),
    [
        ("shop.example", "refuse", SHOP),
        ("www.shop.example", "refuse", SHOP),
        ("api.shop.example", "refuse", API),
        ("a.b.shop.example", "refuse", None),
        ("other.example", "refuse", None),
        ("other.example", "api", API),
    ],
)
def test_certificate_is_the_one_that_nginx_takes(host, unknown, wanted) -> None:
    balancer = Balancer("lb1", certificates=(SHOP, API), unknown_names=unknown)
    assert balancer.certificate_for(host) == wanted


def test_what_was_not_told_is_empty() -> None:
    assert balancer_of("lb1", {}) == Balancer("lb1")
    assert balancer_of("lb1", {"pools": [{"name": "a"}]}).pools == {"a": {"name": "a"}}


def test_what_holds_for_the_client_is_read() -> None:
    ban = {"range": "203.0.113.7/32", "until": None}
    info = {"guard": {"banned": 3}, "client": {"bans": [ban], "maintenance": {"all": {}}}}
    balancer = balancer_of("lb1", info)
    assert (balancer.banned, balancer.bans) == (3, (ban,))
    assert balancer.maintenance == {"all": {}}
