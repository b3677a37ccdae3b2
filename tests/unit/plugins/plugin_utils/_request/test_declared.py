# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Served
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.declared import (
    declared_balancer,
)


def test_variables_that_are_not_set_mean_their_defaults() -> None:
    balancer = declared_balancer("lb1", {}, {})
    assert (balancer.certificates, balancer.server_names) == ((), ())
    assert (balancer.redirects, balancer.unknown_names) == (True, "refuse")


def test_days_left_are_those_that_the_load_balancer_told() -> None:
    names = ["shop.example"]
    declared = {
        "peerlb_certificates": [{"name": "shop", "names": names}, {"name": "b", "names": ["b"]}],
        "peerlb_tls": {"redirect": False, "unknown_names": "shop"},
        "nginx_lb_server_names": names,
    }
    info = {"certificates": [{"name": "shop", "days_left": 12.5}]}
    balancer = declared_balancer("lb1", info, declared)
    assert balancer.certificates == (
        *(Served("shop", ("shop.example",), 12.5), Served("b", ("b",))),
    )
    assert (balancer.redirects, balancer.unknown_names) == (False, "shop")
    assert balancer.server_names == ("shop.example",)
