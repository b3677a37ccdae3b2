# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import live
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.live import LiveSettings
from ansible_collections.peerlb.stack.plugins.module_utils._live.engine import RELOAD, Engine
from ansible_collections.peerlb.stack.plugins.module_utils._live.report import digest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
]
POOLS = [
    {"name": "webapp", "members": MEMBERS},
    {"name": "mysql", "members": [{"name": "db1", "address": "10.2.0.2", "port": 3306}]},
]
LISTENERS = [{"port": 80, "pool": "webapp"}, {"port": 3306, "pool": "mysql", "protocol": "tcp"}]
NOTE = {"by": "ada", "at": "2026-01-01T10:00:00Z", "reason": "canary"}
DNS = Engine("dns")
THREE = {"web1": {"weight": 3}}


def inputs(engine: Engine = DNS, **changes: dict) -> Inputs:
    found = Inputs.parse({"nginx.conf": "#"}, POOLS, LISTENERS, "1.30", engine)
    return found.with_changes("", changes, NOTE) if changes else found


class Unit:
    """A unit that reads at once what is written, and an nginx that asks it, unless told not to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asks, self.alive, self.errors = True, True, []

    def report(self) -> dict[str, t.Any]:
        if not self.alive:
            return {}
        path = self.store.root / "overrides.json"
        text = path.read_text() if path.exists() else ""
        now = time.time()
        taken = {"http": now if self.asks else 1.0}
        pools = {"webapp": {"told": now - 1, "taken": taken, "members": {}}}
        return {
            **{"at": now, "overrides": digest(text) if text else ""},
            **{"errors": self.errors, "pools": pools},
        }


@pytest.fixture
def unit(tmp_path, monkeypatch) -> Unit:
    monkeypatch.setattr(live, "PATIENCE", 0.1)
    return Unit(Store(str(tmp_path)))


@pytest.fixture
def settings(unit) -> LiveSettings:
    return LiveSettings(unit.store, 0.3, unit.report)


def test_change_is_written_and_told_of(settings) -> None:
    changed = inputs(**THREE)
    settings.apply(changed, NOTE)
    assert (
        settings.overrides()
        == changed.live_overrides()
        == {"webapp": {"web1": {"weight": 3, **NOTE}}}
    )
    line = {**NOTE, "change": "pool webapp, member web1: weight 3"}
    assert settings.changes() == [line]
    settings.apply(changed, NOTE)
    assert settings.changes() == [line]
    settings.apply(inputs(), {**NOTE, "by": "bob"})
    assert settings.overrides() == {}
    assert settings.changes()[-1]["change"] == "pool webapp, member web1: as in the inventory"


def test_change_that_nginx_does_not_follow_is_taken_back(settings, unit) -> None:
    unit.asks = False
    with pytest.raises(ServiceError) as caught:
        settings.apply(inputs(**THREE), NOTE)
    assert str(caught.value) == (
        "nginx does not follow: nginx has not asked for the pool webapp for 0.3 s; what was set"
        " before is set again"
    )
    assert settings.overrides() == {}


@pytest.mark.parametrize(
    "errors, problem", [(None, "does not run"), (["port taken"], "port taken")]
)
def test_without_a_unit_nothing_is_changed(settings, unit, errors, problem) -> None:
    unit.alive, unit.errors = errors is not None, errors or []
    with pytest.raises(ServiceError, match=f"peerlb-pools.service.*{problem}.*nothing was changed"):
        settings.apply(inputs(**THREE), NOTE)
    assert not (unit.store.root / "overrides.json").exists()


def test_pool_that_becomes_live_takes_its_overrides_along(settings) -> None:
    """Before nginx asks, or a member that is drained would serve for a moment."""
    wanted = inputs(web1={"state": "drain"})
    settings.begin(wanted, inputs(RELOAD))
    assert settings.overrides() == wanted.live_overrides()
    settings.begin(inputs(**THREE), wanted)
    assert settings.overrides() == wanted.live_overrides()


def test_diff_shows_the_weights_and_states_of_live_pools(settings) -> None:
    [found] = settings.diff(inputs(**THREE))
    assert found["before"].splitlines() == [
        "pool webapp, member web1: weight 1, state up",
        "pool webapp, member web2: weight 1, state up",
    ]
    assert "member web1: weight 3, state up" in found["after"]
    assert settings.diff(inputs()) == []


@pytest.mark.parametrize("text", ["", "[", "[]", '{"overrides": 1, "changes": 2}'])
def test_damaged_file_holds_nothing_and_is_mended(settings, unit, text) -> None:
    path = unit.store.root / "overrides.json"
    assert not settings.is_damaged()
    path.write_text(text)
    assert (settings.overrides(), settings.changes()) == ({}, [])
    assert settings.is_damaged()
    settings.mend()
    assert json.loads(path.read_text()) == {"overrides": {}, "changes": []}
    settings.apply(inputs(**THREE), NOTE)
    settings.mend()
    assert settings.overrides()["webapp"]


def test_release_holds_the_overrides_of_the_other_pools_alone() -> None:
    by_reload = inputs(RELOAD, **THREE)
    live_one = inputs(**THREE)
    assert by_reload.release().state()["overrides"] == by_reload.overrides
    assert live_one.release().state()["overrides"] == {}
    assert live_one.release().id == inputs().release().id
    assert by_reload.release().id != inputs(RELOAD).release().id
    assert live_one.live_pools() == ["webapp"]
    assert live_one.why_reloads() == {"mysql": "the pool has one member"}
    again = Inputs.of(live_one.release(), live_one.live_overrides())
    assert again.overrides == live_one.overrides
    assert Inputs.of(by_reload.release(), {"webapp": {"web2": {"weight": 9}}}).overrides == (
        by_reload.overrides
    )


@pytest.mark.parametrize("state, waits", [("good", False), ("unknown", False), ("bad", True)])
def test_member_that_is_still_bad_is_waited_for(settings, unit, monkeypatch, state, waits) -> None:
    monkeypatch.setattr(live, "SEEN_WITHIN", 0.2)
    report = unit.report()
    report["pools"]["webapp"]["members"] = {"web1": {"state": state}}
    patient = LiveSettings(unit.store, 0.3, lambda: report)
    begun = time.monotonic()
    patient.wait_until_good("web1", ["webapp", "nosuch"])
    assert (time.monotonic() - begun > 0.15) is waits
    LiveSettings(unit.store, 0.3, dict).wait_until_good("web1", ["webapp"])


def test_drain_of_the_only_primary_is_taken_back(settings, unit) -> None:
    """The unit keeps a member to which nobody is an alternative."""
    whole = unit.report

    def report() -> dict[str, t.Any]:
        found = whole()
        found["pools"]["webapp"]["members"] = {"web1": {"serves": True}, "web2": {"serves": False}}
        return found

    drained = inputs(web1={"state": "drain"})
    stubborn = LiveSettings(unit.store, 0.3, report)
    with pytest.raises(ServiceError, match="web1 goes on, as no other member takes writes"):
        stubborn.apply(drained, NOTE)
    assert stubborn.overrides() == {}
    stubborn.apply(inputs(web2={"state": "drain"}), NOTE)


def test_members_that_are_still_bad_are_waited_for_and_told(monkeypatch) -> None:
    states = iter(["bad", "bad", "good"])

    def read() -> dict[str, t.Any]:
        return {"pools": {"webapp": {"members": {"web1": {"state": next(states)}}}}}

    monkeypatch.setattr(live, "read", read)
    assert live.settled(inputs(), 5)["pools"]["webapp"]["members"]["web1"]["state"] == "good"
    states = iter(["bad"])
    assert live.settled(inputs(), 0)["pools"]["webapp"]["members"]["web1"]["state"] == "bad"
