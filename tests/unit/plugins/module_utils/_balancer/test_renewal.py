# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.renewal import (
    RENEWAL,
    drained_for_renewal,
    put_back,
    serving_in,
    taken_out,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.overrides import (
    settings_of,
)

NOTE = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": "version 2"}
WEB1 = {"name": "web1", "address": "10.1.0.2", "port": 3000}
WEB2 = {"name": "web2", "address": "10.1.0.3", "port": 3000}


def inputs(*members: dict, **overrides: dict) -> Inputs:
    """Return inputs with one pool of these members and overrides."""
    pools = [{"name": "webapp", "members": list(members or (WEB1, WEB2))}]
    made = Inputs.parse({}, pools, [{"port": 80, "pool": "webapp"}], "1.30")
    return replace(made, overrides={"webapp": overrides} if overrides else {})


def test_member_serves_unless_the_inventory_or_an_override_says_otherwise() -> None:
    assert serving_in(inputs(), "web1") == ["webapp"]
    assert serving_in(inputs(), "web3") == []
    assert serving_in(inputs({**WEB1, "state": "down"}, WEB2), "web1") == []
    assert serving_in(inputs(web1={"state": "drain", **NOTE}), "web1") == []
    back = inputs({**WEB1, "state": "down"}, WEB2, web1={"state": "up", **NOTE})
    assert serving_in(back, "web1") == ["webapp"]


def test_drain_is_an_override_that_holds_the_one_before() -> None:
    weight = {"weight": 3, **NOTE, "by": "eve"}
    out = taken_out(inputs(web1=weight), "web1", NOTE)
    drain = {"state": "drain", "weight": 3, **NOTE, "reason": RENEWAL, "former": weight}
    assert out.overrides == {"webapp": {"web1": drain}}
    assert drained_for_renewal(out, "web1") == ["webapp"]
    assert drained_for_renewal(out, "web2") == []


@pytest.mark.parametrize(
    "before",
    [
        inputs(),
        inputs(web1={"weight": 3, **NOTE}),
        inputs(web2={"weight": 3, **NOTE}),
        inputs({**WEB1, "state": "drain"}, WEB2, web1={"state": "up", **NOTE}),
    ],
)
def test_everything_is_as_before_once_the_member_is_put_back(before: Inputs) -> None:
    out = taken_out(before, "web1", NOTE)
    assert serving_in(out, "web1") == []
    assert drained_for_renewal(out, "web1") == ["webapp"]
    assert put_back(out, "web1") == before
    assert out.release().id != before.release().id


@pytest.mark.parametrize(
    "before",
    [
        inputs(WEB1),
        inputs(web2={"state": "down", **NOTE}),
        inputs(web1={"state": "drain", **NOTE}),
        inputs(web1={"state": "down", **NOTE, "reason": RENEWAL}),
        inputs({**WEB1, "state": "down"}, WEB2, web1={"weight": 3, **NOTE, "reason": RENEWAL}),
    ],
)
def test_member_that_must_serve_or_does_not_is_left_alone(before: Inputs) -> None:
    out = taken_out(before, "web1", NOTE)
    assert out == before
    assert drained_for_renewal(out, "web1") == []
    assert put_back(out, "web1") == before


def test_member_can_be_taken_out_twice_and_put_back_once() -> None:
    out = taken_out(inputs(), "web1", NOTE)
    assert taken_out(out, "web1", {**NOTE, "by": "eve"}) == out
    assert put_back(out, "web1") == inputs()


def test_others_stay_out_when_a_member_is_put_back() -> None:
    three = inputs(WEB1, WEB2, {**WEB1, "name": "web3", "address": "10.1.0.4"})
    both = taken_out(taken_out(three, "web1", NOTE), "web2", NOTE)
    assert drained_for_renewal(put_back(both, "web1"), "web2") == ["webapp"]
    assert taken_out(both, "web3", NOTE) == both  # nobody else could serve


@pytest.mark.parametrize("before", [{}, {"web1": {"state": "drain", **NOTE}}])
def test_renewal_in_a_sticky_pool_takes_the_member_from_who_holds_its_cookie(before) -> None:
    made = inputs(**before)
    made = replace(made, pools=tuple(replace(pool, method="sticky") for pool in made.pools))
    out = taken_out(made, "web1", NOTE)
    assert settings_of(out.overrides["webapp"]["web1"]) == {"state": "down"}
    assert drained_for_renewal(out, "web1") == ["webapp"]
    assert put_back(out, "web1") == made
