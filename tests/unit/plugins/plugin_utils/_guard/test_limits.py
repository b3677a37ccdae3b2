# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.limits import (
    is_dry,
    limits,
    retries,
    would,
    zone_of,
    zones,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import (
    Gatekeeper,
    Limit,
    Rule,
)

SLOW = Rule("slow", 1, action="throttle", limit=Limit(600, 20))
TRIED = replace(SLOW, name="tried", preview=True)


def gatekeeper(*rules: Rule) -> Gatekeeper:
    return Gatekeeper({}, rules, Rule("default", 0))


def limited(**settings: t.Any) -> Rule:
    return replace(SLOW, limit=Limit(**{"per_minute": 600, **settings}))


def test_a_zone_is_named_by_its_key_and_keeps_its_name_when_the_rate_changes() -> None:
    assert zone_of(SLOW) != zone_of(limited(key="all"))
    assert zone_of(SLOW) != zone_of(replace(SLOW, name="other"))
    assert zone_of(SLOW) == zone_of(limited(per_minute=60, burst=1))


def test_each_balancer_admits_its_part() -> None:
    assert zones(gatekeeper(SLOW), 1)[-1].endswith("rate=600r/m;")
    assert zones(gatekeeper(SLOW), 2)[-1].endswith("rate=300r/m;")
    assert zones(gatekeeper(limited(per_minute=1)), 4)[-1].endswith("rate=1r/m;")


def test_a_request_without_the_header_is_counted_by_its_client() -> None:
    line = zones(gatekeeper(limited(key="X-Key")), 1)[0]
    assert line.startswith("map $http_x_key $peerlb_key_")
    assert '"" $binary_remote_addr; default $http_x_key;' in line


def test_previews_alone_are_counted_by_a_dry_run() -> None:
    assert is_dry(gatekeeper(TRIED))
    assert limits(gatekeeper(TRIED))[-1] == "limit_req_dry_run on;"
    assert would(TRIED, dry=True) == "throttled:tried"


def test_previews_beside_enforced_rates_are_left_to_the_log() -> None:
    both = gatekeeper(SLOW, TRIED)
    assert not is_dry(both)
    assert limits(both)[:1] == [f"limit_req zone={zone_of(SLOW)} burst=20 nodelay;"]
    assert zone_of(TRIED) not in " ".join(limits(both) + zones(both, 1))
    assert would(TRIED, dry=False) == "throttle:tried:600:20:client"


def test_without_rates_there_is_nothing() -> None:
    rules = gatekeeper(Rule("a", 1, action="deny", status=403))
    assert (zones(rules, 1), limits(rules), is_dry(rules)) == ([], [], False)


def test_retries_of_rules_that_refuse_for_a_time() -> None:
    assert retries([SLOW, Rule("a", 1, action="deny", status=403)]) == ["slow 1;"]
