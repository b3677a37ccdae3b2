# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._release.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release

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


def overridden(entry: dict) -> Release:
    return Inputs(
        *(getattr(inputs(), name) for name in ("files", "pools", "listeners", "version")),
        overrides={"webapp": {"web1": entry}},
    ).release()


def test_id_depends_on_every_file_and_on_nothing_else() -> None:
    assert inputs().release().id == inputs().release().id
    assert inputs().release().id != inputs(files={"nginx.conf": "##"}).release().id
    assert inputs().release().id != inputs(listeners=[{"port": 81, "pool": "webapp"}]).release().id


def test_release_knows_what_it_was_made_of() -> None:
    release = overridden(OVERRIDE)
    assert Inputs.of(release).release() == release


def test_overrides_survive_new_inputs_and_are_named() -> None:
    kept = inputs().with_overrides_of(overridden(OVERRIDE))
    assert "weight=3" in kept.release().files["upstreams/http-webapp.conf"]
    assert kept.differences() == [
        "pool webapp, member web1: weight is 3, the inventory says 1"
        " (set by ada at 2026-01-01T10:00:00Z, because: canary)"
    ]


def test_overrides_of_a_member_that_is_gone_are_forgotten() -> None:
    fewer = [{**POOLS[0], "members": POOLS[0]["members"][1:]}]
    assert inputs(pools=fewer).with_overrides_of(overridden(OVERRIDE)).overrides == {}


def test_an_added_member_adds_one_line() -> None:
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
def test_bad_inputs_are_named(settings: dict, message: str) -> None:
    with pytest.raises(PoolError) as error:
        inputs(**settings)
    assert message in str(error.value)


def test_names_of_the_collection_are_its_own_only_at_the_top() -> None:
    files = {"nginx.conf": "#", "conf.d/release.conf": "#", "conf.d/state.json": "{}"}
    assert inputs(files=files).files == files


@pytest.mark.parametrize("text", [None, "", "[]", '{"version": "1.30"}', "\ufffd"])
def test_a_damaged_state_is_said_and_does_not_stop_a_deployment(text: str | None) -> None:
    release = overridden(OVERRIDE)
    files = {path: each for path, each in release.files.items() if path != "state.json"}
    damaged = Release(files if text is None else {**files, "state.json": text})
    with pytest.raises(PoolError, match="run the playbook nginx_lb"):
        Inputs.of(damaged)
    kept = inputs().with_overrides_of(damaged)
    assert kept.release() == inputs().release()
    assert "could not be read" in kept.differences()[0]


def test_what_was_set_at_run_time_is_named_where_it_leaves_nobody() -> None:
    release = overridden({**OVERRIDE, "weight": 0})
    alone = [{**POOLS[0], "members": POOLS[0]["members"][:1]}]
    with pytest.raises(PoolError) as error:
        inputs(pools=alone).with_overrides_of(release).release()
    assert "no member is left to serve; pool webapp, member web1: weight is 0" in str(error.value)
