# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import nginx as _nginx
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx import (
    Nginx,
    serving_release,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.rollout import Rollout
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store

ONE = NginxRelease({"compose.yml": "image: a", "nginx.conf": "one"})
TWO = NginxRelease({"compose.yml": "image: a", "nginx.conf": "two"})
OTHER_IMAGE = NginxRelease({"compose.yml": "image: b", "nginx.conf": "one"})


@pytest.fixture
def parts(fake_nginx, tmp_path):
    """An empty store, the container, and the fake nginx behind it."""
    container = Nginx(
        Engine(fake_nginx.run), tmp_path, "peerlb-nginx", fake_nginx.port, timeout=0.3
    )
    return Store(str(tmp_path / "nginx"), NginxRelease), container, fake_nginx


def roll_out(parts, release: NginxRelease) -> Rollout:
    """Make a release live as the modules do; return the comparison that was made before."""
    store, container, fake = parts
    fake.commands.clear()
    rollout = Rollout.plan(store, container, release)
    if rollout.changed:
        rollout.apply({"by": "ada"}, keep=5)
    return rollout


def test_first_release_is_tested_in_its_own_image_and_started(parts) -> None:
    assert roll_out(parts, ONE).changed
    assert parts[2].verbs() == ["run", "up"]
    assert parts[2].loaded == ONE.id


def test_second_run_does_nothing(parts) -> None:
    roll_out(parts, ONE)
    assert not roll_out(parts, ONE).changed
    assert parts[2].commands == []


def test_changed_files_cost_one_test_and_one_reload(parts) -> None:
    roll_out(parts, ONE)
    rollout = roll_out(parts, TWO)
    assert parts[2].verbs() == ["exec", "reload"]
    assert [entry["after"] for entry in rollout.diff()] == ["two"]
    assert [line["id"] for line in parts[0].history()] == [ONE.id, TWO.id]


def test_another_image_replaces_the_container(parts) -> None:
    roll_out(parts, ONE)
    roll_out(parts, OTHER_IMAGE)
    assert parts[2].verbs() == ["run", "up"]


def test_release_that_nginx_refuses_is_never_live(parts) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    fake.refuse = {"exec": "nginx: [emerg] unknown directive"}
    with pytest.raises(ServiceError, match="unknown directive"):
        roll_out(parts, TWO)
    assert (store.present(), fake.loaded, store.kept()) == (ONE, ONE.id, [ONE.id])


def test_failed_reload_puts_the_last_good_release_back(parts) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    fake.emerg = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"
    with pytest.raises(ServiceError, match=f"(?s)bind.*last good release {ONE.id} is live again"):
        roll_out(parts, TWO)
    assert (store.present(), fake.loaded) == (ONE, ONE.id)
    fake.emerg = ""
    assert roll_out(parts, TWO).changed
    assert fake.loaded == TWO.id


def test_failed_first_start_leaves_nothing_live(parts) -> None:
    store, _container, fake = parts
    fake.refuse = {"up": "container is unhealthy"}
    with pytest.raises(ServiceError, match="(?s)unhealthy.*nothing is now"):
        roll_out(parts, ONE)
    assert store.current_id() is None
    assert "down" in fake.verbs()


def test_next_run_completes_one_killed_between_switch_and_reload(parts) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    kill_after_the_switch(store, TWO)
    assert fake.loaded == ONE.id
    assert roll_out(parts, TWO).changed
    assert fake.loaded == TWO.id


class Killed(BaseException):
    """Stands for the end of the process: no handler of the code under test catches it."""


STEPS = ["stage", "test", "adopt", "switch", "reload", "up", "confirm", "record"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "step, wanted",
    [(step, TWO) for step in STEPS if step != "up"]
    + [(step, OTHER_IMAGE) for step in STEPS if step != "reload"],
)
def test_run_killed_at_any_step_leaves_a_tested_release(
    parts, monkeypatch, step, wanted, after
) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    kind = Store if hasattr(Store, step) else Nginx
    method = getattr(kind, step)

    def last(*args, **kwargs):
        if after:
            method(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(kind, step, last)
        roll_out(parts, wanted)
    assert store.present() in (ONE, wanted)
    assert store.present() == ONE or {"exec", "run"} & set(fake.verbs())
    assert fake.loaded in (ONE.id, wanted.id)
    roll_out(parts, wanted)
    assert (store.present(), fake.loaded) == (wanted, wanted.id)
    assert fake.definition == wanted.files["compose.yml"]


def kill_after_the_switch(store: Store, release: NginxRelease) -> None:
    """Leave the disk as a run does that is killed before it reloads nginx."""
    store.stage(release)
    store.adopt(release)
    store.switch(release.id)


@pytest.mark.parametrize("restarted", [False, True])
def test_next_run_replaces_the_container_that_a_killed_run_left(parts, restarted) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    kill_after_the_switch(store, OTHER_IMAGE)
    if restarted:  # as after a reboot: the former container serves what the link names by now
        fake.load()
    assert roll_out(parts, OTHER_IMAGE).changed
    assert fake.verbs() == ["run", "up"]
    assert not roll_out(parts, OTHER_IMAGE).changed


def test_container_that_does_not_come_up_gives_way_to_the_last_good_one(parts) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    kill_after_the_switch(store, OTHER_IMAGE)
    fake.emerg = "nginx: [emerg] no"
    with pytest.raises(ServiceError, match=f"last good release {ONE.id} is live again"):
        roll_out(parts, OTHER_IMAGE)
    assert fake.definition == "image: a"


def test_release_that_the_container_was_created_from_is_kept(parts) -> None:
    store = parts[0]
    roll_out(parts, ONE)
    for number in range(8):
        roll_out(parts, NginxRelease({"compose.yml": "image: a", "nginx.conf": f"{number}"}))
    assert ONE.id in store.kept()
    assert len(store.kept()) == 6


def test_after_a_killed_run_the_served_release_is_put_back(parts) -> None:
    store, _container, fake = parts
    roll_out(parts, ONE)
    kill_after_the_switch(store, TWO)
    fake.emerg = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"
    with pytest.raises(ServiceError, match=f"last good release {ONE.id} is live again"):
        roll_out(parts, TWO)
    assert (store.present(), fake.loaded) == (ONE, ONE.id)


def at(port: int, name: str = "one") -> NginxRelease:
    """Return a release with this status port, and so with another compose.yml."""
    status = f"server {{\n listen 127.0.0.1:{port};\n include release.conf;\n}}"
    return NginxRelease({"compose.yml": f"ask {port}", "nginx.conf": name, "status.conf": status})


def test_release_with_another_status_port_goes_live_and_back(parts) -> None:
    _store, container, fake = parts
    here, there = at(fake.port), at(fake.other_port)
    for port in (fake.port, fake.other_port):  # the inventory's, before and after its change
        parts = (parts[0], replace(container, status_port=port), fake)
        for release in (here, there, here):
            roll_out(parts, release)
            assert not roll_out(parts, release).changed
            assert fake.loaded == release.id
            assert serving_release(parts[0], port) == release.id


def test_failure_on_another_status_port_puts_the_last_good_release_back(parts) -> None:
    store, container, fake = parts
    here, there = at(fake.port), at(fake.other_port)
    roll_out(parts, here)
    fake.emerg = "nginx: [emerg] bind() to 127.0.0.1 failed (98: Address already in use)"
    with pytest.raises(ServiceError, match=f"last good release {here.id} is live again"):
        roll_out((store, replace(container, status_port=fake.other_port), fake), there)
    assert (store.present(), fake.loaded, fake.definition) == (here, here.id, f"ask {fake.port}")


def test_next_run_completes_one_killed_before_the_status_port_changed(parts) -> None:
    store, container, fake = parts
    here, there = at(fake.port), at(fake.other_port)
    roll_out(parts, here)
    kill_after_the_switch(store, there)
    assert serving_release(store, fake.other_port) == here.id
    rollout = roll_out((store, replace(container, status_port=fake.other_port), fake), there)
    assert (rollout.look.serving, fake.loaded) == (here.id, there.id)


def test_other_program_on_a_former_status_port_is_not_taken_for_a_release(
    parts, monkeypatch
) -> None:
    store, _container, fake = parts
    roll_out(parts, at(fake.other_port))
    answers = {fake.port: "It works!", fake.other_port: at(fake.other_port).id}
    monkeypatch.setattr(_nginx, "release_at", answers.get)
    assert serving_release(store, fake.port) == at(fake.other_port).id


def test_stopped_container_is_started_again(parts) -> None:
    roll_out(parts, ONE)
    parts[2].loaded = None
    assert roll_out(parts, ONE).changed
    assert parts[2].loaded == ONE.id


def test_file_edited_by_hand_is_restored(parts) -> None:
    store = parts[0]
    roll_out(parts, ONE)
    (store.link / "nginx.conf").write_text("by hand")
    rollout = roll_out(parts, ONE)
    assert [entry["before"] for entry in rollout.diff()] == ["by hand"]
    assert store.present() == ONE
    assert parts[2].verbs() == ["exec", "reload"]  # nginx may have loaded it meanwhile


@pytest.mark.parametrize(
    ("change", "release", "effect", "verbs"),
    [
        (lambda _parts: None, ONE, "keep", []),
        (lambda _parts: None, TWO, "reload", ["exec", "reload"]),
        (lambda _parts: None, OTHER_IMAGE, "replace", ["run", "up"]),
        (
            lambda parts: (parts[0].link / "nginx.conf").write_text("by hand"),
            ONE,
            "reload",
            ["exec", "reload"],
        ),
    ],
)
def test_effect_is_what_happens_to_nginx(parts, change, release, effect, verbs) -> None:
    assert Rollout.plan(parts[0], parts[1], ONE).effect == "create"
    roll_out(parts, ONE)
    change(parts)
    assert roll_out(parts, release).effect == effect
    assert parts[2].verbs() == verbs
