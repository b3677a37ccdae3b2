# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.filter.overrides import override_lines

DIFFERENCE = "pool webapp, member web1: weight is 3, the inventory says 1 (because: it is new)"
LIVE = {"release": "8c52d1f0a9be", "changed": True, "seconds": 0.4, "differences": [DIFFERENCE]}


def test_one_load_balancer_is_not_named() -> None:
    said = override_lines([{"__balancer": "lb1", **LIVE}])
    assert said == ["8c52d1f0a9be is live after 0.4 s", DIFFERENCE]


def test_each_of_several_load_balancers_is_named() -> None:
    same = {**LIVE, "changed": False, "differences": []}
    said = override_lines([{"__balancer": "lb1", **LIVE}, {"__balancer": "lb2", **same}])
    assert said == [
        "lb1: 8c52d1f0a9be is live after 0.4 s",
        f"lb1: {DIFFERENCE}",
        "lb2: 8c52d1f0a9be is live already; nothing changes",
    ]


def test_check_mode_tells_what_would_be() -> None:
    live, difference = override_lines([{"__balancer": "lb1", **LIVE}], True)
    assert live == "8c52d1f0a9be would be live; nothing was changed in check mode"
    assert difference == DIFFERENCE.replace("weight is", "weight would be")
