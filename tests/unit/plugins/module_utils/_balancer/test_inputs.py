# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs, pin_image
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import parse_tests
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError

POOLS = [
    {
        "name": "webapp",
        "members": [
            {"name": "web1", "address": "10.1.0.2", "port": 3000},
            {"name": "web2", "address": "10.1.0.3", "port": 3000},
        ],
    }
]
LISTENERS = [{"port": 80, "pool": "webapp"}]
OVERRIDE = {"weight": 3, "by": "ada", "at": "2026-01-01T10:00:00Z", "reason": "canary"}


def inputs(**settings) -> Inputs:
    values = {"files": {"nginx.conf": "#"}, "pools": POOLS, "listeners": LISTENERS}
    return Inputs.parse(**{**values, "version": "1.30", **settings})


def overridden(entry: dict) -> NginxRelease:
    return Inputs(
        *(getattr(inputs(), name) for name in ("files", "pools", "listeners", "version")),
        overrides={"webapp": {"web1": entry}},
    ).release()


def test_id_depends_on_every_file_and_on_nothing_else() -> None:
    assert inputs().release().id == inputs().release().id
    assert inputs().release().id != inputs(files={"nginx.conf": "##"}).release().id
    assert inputs().release().id != inputs(listeners=[{"port": 81, "pool": "webapp"}]).release().id


def test_inputs_of_a_release_make_the_same_release() -> None:
    release = overridden(OVERRIDE)
    assert Inputs.of(release).release() == release


def test_overrides_of_the_release_before_are_kept_and_reported() -> None:
    kept = inputs().with_overrides_of(overridden(OVERRIDE))
    assert "weight=3" in kept.release().files["upstreams/http-webapp.conf"]
    assert kept.differences() == [
        "pool webapp, member web1: weight is 3, the inventory says 1"
        " (set by ada at 2026-01-01T10:00:00Z, because: canary)"
    ]


def test_overrides_of_a_member_that_is_gone_are_dropped() -> None:
    fewer = [{**POOLS[0], "members": POOLS[0]["members"][1:]}]
    assert inputs(pools=fewer).with_overrides_of(overridden(OVERRIDE)).overrides == {}


def test_added_member_adds_one_line_to_its_upstream() -> None:
    more = [
        {**POOLS[0], "members": [*POOLS[0]["members"], {**POOLS[0]["members"][0], "name": "x"}]}
    ]
    path = "upstreams/http-webapp.conf"
    before = inputs().release().files[path].splitlines()
    after = inputs(pools=more).release().files[path].splitlines()
    assert len(after) == len(before) + 1
    assert [line for line in after if line in before] == before


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"pools": POOLS * 2}, "pool webapp: is declared twice"),
        ({"listeners": LISTENERS * 2}, "listener 80: is declared twice"),
        ({"listeners": []}, "listeners: there is none"),
        ({"files": {"../etc/passwd": ""}}, "file ../etc/passwd"),
        ({"files": {"state.json": ""}}, "file state.json"),
        ({"files": {"tests.json": ""}}, "file tests.json"),
        ({"files": {"upstreams/x.conf": ""}}, "file upstreams/x.conf"),
        ({"files": {"./state.json": ""}}, "file ./state.json: this name is the collection's own"),
        ({"files": {"upstreams": ""}}, "file upstreams: this name is the collection's own"),
        ({"files": {"./x.conf": ""}}, "file ./x.conf: right is x.conf"),
        ({"files": {"sub//x.conf": ""}}, "file sub//x.conf: right is sub/x.conf"),
        ({"files": {"sub/./x.conf": ""}}, "file sub/./x.conf: right is sub/x.conf"),
        ({"files": {"sub/": ""}}, "file sub/: right is sub"),
        ({"files": {"/etc/x.conf": ""}}, "file /etc/x.conf: is no path in the release"),
        ({"files": {"sub/../x.conf": ""}}, "file sub/../x.conf: is no path in the release"),
        ({"files": {".": ""}}, "file .: is no path in the release"),
    ],
)
def test_wrong_inputs_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(PoolError) as error:
        inputs(**settings)
    assert message in str(error.value)


def test_tests_of_the_url_map_are_carried_to_the_next_release() -> None:
    expect = {"pool": ["webapp"]}
    tests = parse_tests([{"name": "a", "host": "shop.example", "target": "/", "expect": expect}])
    release = replace(inputs(), tests=tests).release()
    assert Inputs.of(release).release() == release
    assert Inputs.of(release).tests == tests
    assert "tests.json" not in inputs().release().files


def test_reserved_names_are_free_in_subdirectories() -> None:
    files = {"nginx.conf": "#", "conf.d/release.conf": "#", "conf.d/state.json": "{}"}
    assert inputs(files=files).files == files


@pytest.mark.parametrize("text", [None, "", "[]", '{"version": "1.30"}', "\ufffd"])
def test_damaged_state_is_reported_and_does_not_stop_a_deployment(text: str | None) -> None:
    release = overridden(OVERRIDE)
    files = {path: each for path, each in release.files.items() if path != "state.json"}
    damaged = NginxRelease(files if text is None else {**files, "state.json": text})
    with pytest.raises(PoolError, match="run the playbook nginx_lb"):
        Inputs.of(damaged)
    kept = inputs().with_overrides_of(damaged)
    assert kept.release() == inputs().release()
    assert "could not be read" in kept.differences()[0]


def test_error_names_the_override_that_leaves_no_member_to_serve() -> None:
    release = overridden({**OVERRIDE, "weight": 0})
    alone = [{**POOLS[0], "members": POOLS[0]["members"][:1]}]
    with pytest.raises(PoolError) as error:
        inputs(pools=alone).with_overrides_of(release).release()
    assert "no member is left to serve; pool webapp, member web1: weight is 0" in str(error.value)


# Pools of which an operator chooses one

NOTE = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": ""}


def member(name: str) -> dict:
    return {"name": name, "address": f"10.1.0.{name[-1]}", "port": 3000}


@pytest.fixture
def two_pools() -> Inputs:
    """webapp has web1 and web2, shop has web2 and web3."""
    return inputs(
        pools=[
            {"name": "webapp", "members": [member("web1"), member("web2")]},
            {"name": "shop", "members": [member("web2"), member("web3")]},
        ]
    )


@pytest.mark.parametrize(
    "name, members, pool",
    [
        ("", ["web1"], "webapp"),
        ("", ["web2", "web3"], "shop"),
        ("shop", ["web2"], "shop"),
        ("shop", [], "shop"),
    ],
)
def test_pool_is_chosen_by_name_or_by_members(two_pools, name, members, pool) -> None:
    assert two_pools.chosen_pool(name, members).name == pool


@pytest.mark.parametrize(
    "name, members, message",
    [
        ("", ["web2"], "the members are in several pools (webapp, shop): name one of them"),
        ("", ["web1", "web3"], "no one pool has all of web1, web3"),
        ("", ["web8", "web1", "web9"], "no member is named web8, web9; there are: webapp: web1"),
        ("shop", ["web1"], "no member is named web1; there are: shop: web2, web3"),
        ("cart", ["web1"], "no pool is named cart; there are: webapp, shop"),
    ],
)
def test_pool_that_is_not_clear_is_refused(two_pools, name, members, message) -> None:
    with pytest.raises(PoolError) as error:
        two_pools.chosen_pool(name, members)
    assert message in str(error.value)


def test_changes_leave_other_pools_alone(two_pools) -> None:
    changed = two_pools.with_changes("shop", {"web2": {"weight": 5}}, NOTE)
    assert changed.overrides == {"shop": {"web2": {"weight": 5, **NOTE}}}


def test_changes_that_leave_no_member_to_serve_are_refused(two_pools) -> None:
    drained = two_pools.with_changes("", {"web1": {"state": "drain"}}, NOTE)
    with pytest.raises(PoolError, match="pool webapp: no member is left to serve"):
        drained.with_changes("webapp", {"web2": {"weight": 0}}, NOTE)


def test_overrides_are_reset_in_one_pool_or_in_all(two_pools) -> None:
    both = two_pools.with_changes("shop", {"web3": {"weight": 5}}, NOTE)
    both = both.with_changes("webapp", {"web1": {"weight": 5}}, NOTE)
    assert list(both.without_overrides("shop").overrides) == ["webapp"]
    assert both.without_overrides("").overrides == {}
    with pytest.raises(PoolError, match="no pool is named cart"):
        both.without_overrides("cart")


def test_member_serves_at_one_address_for_each_port() -> None:
    web1 = POOLS[0]["members"][0]
    named = {"webapp": 3000, "files": 3000, "admin": 8443, "unasked": 1}
    pools = [
        {"name": name, "members": [{**web1, "port": port}, POOLS[0]["members"][1]]}
        for name, port in named.items()
    ]
    given = inputs(pools=pools)
    asked = ["webapp", "files", "admin"]
    assert given.addresses("web1", asked) == ["10.1.0.2:3000", "10.1.0.2:8443"]
    assert given.addresses("web3", asked) == []


def test_protocol_of_a_pool_is_that_of_its_listeners() -> None:
    more = [{**POOLS[0], "name": name} for name in ("mysql", "idle")]
    listeners = [*LISTENERS, {"port": 3306, "pool": "mysql", "protocol": "tcp"}]
    given = inputs(pools=[*POOLS, *more], listeners=listeners)
    found = [given.protocol_of(name) for name in ("webapp", "mysql", "idle")]
    assert found == ["http", "tcp", "tcp"]


PINNED = 'image: "nginx@sha256:aa" # nginx:1.30'


@pytest.mark.parametrize(
    ("digest", "before", "line"),
    [
        ("sha256:aa", None, PINNED),
        ("sha256:bb", PINNED, 'image: "nginx@sha256:bb" # nginx:1.30'),
        ("", None, 'image: "nginx:1.30"'),
        ("", PINNED, PINNED),  # the registry did not answer
        ("", 'image: "nginx@sha256:aa" # nginx:1.29', 'image: "nginx:1.30"'),
    ],
)
def test_image_is_written_with_its_digest(digest: str, before: str | None, line: str) -> None:
    compose = "services:\n  nginx:\n    {}\n    restart: always\n"
    files = {"compose.yml": compose.format('image: "nginx:1.30"')}
    present = NginxRelease({"compose.yml": compose.format(before)}) if before else None
    pin_image(files, "nginx:1.30", digest, present)
    assert files["compose.yml"] == compose.format(line)


def test_image_that_names_its_digest_stays_as_it_is() -> None:
    text = 'image: "nginx@sha256:aa"\n'
    files = {"compose.yml": text}
    pin_image(files, "nginx@sha256:aa", "sha256:bb", None)
    assert files["compose.yml"] == text
