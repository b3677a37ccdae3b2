# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.balancer_module import (
    COMMON_SPEC,
    BalancerModule,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.live import LiveSettings
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError


class Module:
    """The part of an AnsibleModule that a BalancerModule needs; the fake nginx runs commands."""

    def __init__(self, fake, path, *, check_mode: bool = False, **params: t.Any) -> None:
        defaults = {key: spec["default"] for key, spec in COMMON_SPEC.items()}
        place = {"path": str(path), "status_port": fake.port, "timeout": 0.3}
        self.params = {**defaults, **place, **params}
        self.check_mode = check_mode
        self.run_command = fake.run


WANTED = NginxRelease({"compose.yml": "image: a", "nginx.conf": "one"})


def test_parameters_name_store_and_container(fake_nginx, tmp_path) -> None:
    balancer = BalancerModule.of(Module(fake_nginx, tmp_path, container="other"))
    assert balancer.store.root == tmp_path / "nginx"
    assert (balancer.nginx.name, balancer.nginx.timeout) == ("other", 0.3)


def test_note_says_who_when_and_why(fake_nginx, tmp_path) -> None:
    note = BalancerModule.of(Module(fake_nginx, tmp_path, operator="ada", reason="canary")).note()
    assert (note["by"], note["reason"], note["at"][-1]) == ("ada", "canary", "Z")


@pytest.mark.parametrize("passing", [True, False])
def test_change_that_passes_is_marked_in_the_history_and_among_the_changes(
    fake_nginx, tmp_path, monkeypatch, passing
) -> None:
    notes = []
    monkeypatch.setattr(LiveSettings, "apply", lambda _live, _inputs, note: notes.append(note))
    balancer = BalancerModule.of(Module(fake_nginx, tmp_path, operator="ada"))
    pools = [{"name": "a", "members": [{"name": "b", "address": "10.1.0.2", "port": 80}]}]
    files = {"nginx.conf": "#", "compose.yml": "image: a"}
    inputs = Inputs.parse(files, pools, [{"port": 80, "pool": "a"}], "1.30")
    balancer.make_live(inputs, passing=passing)
    assert [note.get("passing", False) for note in notes] == [passing]
    assert [line.get("passing", False) for line in balancer.store.history()] == [passing]


def test_error_if_no_release_is_live_says_what_to_do(fake_nginx, tmp_path) -> None:
    with pytest.raises(PoolError, match="deploy the load balancer first"):
        BalancerModule.of(Module(fake_nginx, tmp_path)).present_inputs()


@pytest.mark.parametrize(
    "settings, changed, served",
    [
        ({}, True, WANTED.id),
        ({"test_only": True}, False, None),
        ({"check_mode": True}, True, None),
    ],
)
def test_changes_of_carry_out_in_each_mode(fake_nginx, tmp_path, settings, changed, served) -> None:
    result = BalancerModule.of(Module(fake_nginx, tmp_path, **settings)).carry_out(WANTED)
    assert (result["changed"], result["release"], result["previous"]) == (changed, WANTED.id, "")
    assert [entry["after"] for entry in result["diff"]] == ["image: a", "one"]
    assert fake_nginx.loaded == served


def test_fewer_than_two_releases_are_no_way_back(fake_nginx, tmp_path) -> None:
    with pytest.raises(PoolError, match="keep: 0: 2 is the least"):
        BalancerModule.of(Module(fake_nginx, tmp_path, keep=0)).locked()


def test_check_mode_takes_no_lock(fake_nginx, tmp_path) -> None:
    with BalancerModule.of(Module(fake_nginx, tmp_path, check_mode=True)).locked():
        assert list(tmp_path.iterdir()) == []
