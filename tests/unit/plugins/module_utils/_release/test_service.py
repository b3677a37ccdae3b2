# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import threading

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release import service as _service
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release
from ansible_collections.peerlb.stack.plugins.module_utils._release.rollout import Rollout
from ansible_collections.peerlb.stack.plugins.module_utils._release.service import (
    DockerService,
    probe,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    Health,
    Series,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store


@pytest.fixture
def server():
    """A TCP server on loopback, and its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_first_release_is_pulled_tested_and_started(host) -> None:
    rollout = host.deploy(host.release(test=("check", "--all")))
    assert rollout.changed
    assert rollout.differs()[-1] == "there is no container peerlb-shop"
    assert host.docker.done == ["pull shop:1", "test check with shop:1", "create"]
    assert host.container["Image"] == "sha256:shop:1"


def test_second_run_only_looks(host) -> None:
    host.deploy(host.release())
    host.docker.commands.clear()
    rollout = host.deploy(host.release())
    assert (rollout.changed, rollout.differs(), rollout.diff()) == (False, [], [])
    assert host.docker.done == []
    assert [command[1] for command in host.docker.commands] == ["inspect"]


def test_test_runs_as_the_user_of_the_service_with_the_files_of_the_release_alone(host) -> None:
    host.deploy(host.release(test=("check", "--all")))
    (command,) = [words for words in host.docker.commands if "--read-only" in words]
    at = command.index("--user")
    assert command[at : at + 2] == ["--user", "7"]
    volumes = [command[at + 1] for at, word in enumerate(command) if word == "--volume"]
    assert volumes == [f"{host.root}/releases/.staging/a.conf:/etc/a.conf:ro"]
    assert command[command.index("--network") + 1] == "none"
    assert command[-3:] == ["check", "shop:1", "--all"]


def test_another_file_makes_another_container(host) -> None:
    host.deploy(host.release())
    former = host.container["Id"]
    rollout = host.deploy(host.release("two"))
    assert rollout.differs() == [
        "a.conf differs",
        f"peerlb-shop is replaced: it was created from release {rollout.previous}",
    ]
    assert host.docker.done == ["create"]
    assert host.container["Id"] != former
    assert [line["id"] for line in host.store.history()] == [rollout.previous, rollout.wanted.id]


def test_test_that_fails_changes_nothing(host) -> None:
    host.deploy(host.release())
    host.docker.refuse = {"--read-only": "unknown variable"}
    wanted = host.release("two", test=("check",))
    message = (
        "peerlb-shop does not pass its test with shop:1, nothing was changed: unknown variable"
    )
    with pytest.raises(ServiceError, match=message):
        host.deploy(wanted)
    assert host.docker.done == []
    assert (host.store.present(), len(host.store.kept())) == (host.release(), 1)


@pytest.mark.parametrize(
    "state, message",
    [
        ("exited", "peerlb-shop exits as soon as it has started"),
        ("unhealthy", "peerlb-shop did not come up in 0.2 s: peerlb-shop is unhealthy"),
        ("starting", "peerlb-shop did not come up in 0.2 s: peerlb-shop is starting"),
    ],
)
def test_release_that_does_not_come_up_gives_way_to_the_former_one(host, state, message) -> None:
    host.deploy(host.release())
    host.docker.states["sha256:shop:2"] = state
    host.docker.log = "cannot open the database\n"
    with pytest.raises(ServiceError) as caught:
        host.deploy(host.release(image="shop:2"))
    text = str(caught.value)
    assert message in text
    assert "cannot open the database" in text
    assert text.endswith(f"the last good release {host.release().id} is live again")
    assert host.docker.done == ["pull shop:2", "create", "create"]
    assert host.container["Image"] == "sha256:shop:1"
    assert not host.deploy(host.release()).changed


def test_first_release_that_does_not_come_up_leaves_nothing(host) -> None:
    host.docker.states["sha256:shop:1"] = "exited"
    with pytest.raises(ServiceError, match="nothing was live before, and nothing is now"):
        host.deploy(host.release())
    assert host.docker.containers == {}
    assert host.store.current_id() is None


def test_both_failures_are_told_if_the_former_release_does_not_come_back(host) -> None:
    host.deploy(host.release())
    host.docker.states = {"sha256:shop:1": "exited", "sha256:shop:2": "exited"}
    with pytest.raises(ServiceError, match="did not come back either: peerlb-shop exits"):
        host.deploy(host.release(image="shop:2"))


def test_service_has_to_answer_at_its_published_address(host, server, closed_port) -> None:
    host.deploy(host.release(health=Health("tcp", "127.0.0.1", server)))
    wanted = host.release(health=Health("tcp", "127.0.0.1", closed_port))
    with pytest.raises(ServiceError, match="does not answer at 127.0.0.1:.*tcp.*: .*refused"):
        host.deploy(wanted)
    assert not host.deploy(host.release(health=Health("tcp", "127.0.0.1", server))).changed


def test_service_that_answers_no_longer_gets_another_container(host, server) -> None:
    wanted = host.release(health=Health("tcp", "127.0.0.1", server))
    host.deploy(wanted)
    with pytest.MonkeyPatch.context() as patch:
        answers = iter(["does not answer", None])
        patch.setattr(_service, "probe", lambda _health: next(answers))
        rollout = host.deploy(wanted)
    assert rollout.differs() == ["peerlb-shop does not answer"]
    assert host.docker.done == ["create"]


def test_probe_without_an_address_is_content() -> None:
    assert probe(Health()) is None


def test_stopped_container_is_started_and_not_replaced(host) -> None:
    host.deploy(host.release())
    host.container["State"]["Status"] = "exited"
    rollout = host.deploy(host.release())
    assert rollout.differs() == ["peerlb-shop is exited"]
    assert host.docker.done == ["start"]


def test_container_changed_by_hand_is_replaced(host) -> None:
    host.deploy(host.release())
    host.container["HostConfig"]["RestartPolicy"]["Name"] = "no"
    rollout = host.deploy(host.release())
    assert rollout.differs() == ["peerlb-shop was changed by hand"]
    assert host.docker.done == ["create"]
    assert not host.deploy(host.release()).changed


def test_image_that_moved_on_the_host_replaces_the_container(host) -> None:
    host.deploy(host.release())
    host.docker.images["shop:1"] = "sha256:other"
    rollout = host.deploy(host.release())
    assert rollout.differs() == ["shop:1 is another image than peerlb-shop runs"]
    assert host.container["Image"] == "sha256:other"


def test_image_that_is_gone_is_no_difference_while_its_container_runs(host) -> None:
    host.deploy(host.release())
    host.docker.images.clear()
    assert not host.deploy(host.release()).changed


def test_file_edited_by_hand_is_restored_with_another_container(host) -> None:
    host.deploy(host.release())
    (host.store.link / "a.conf").write_text("by hand")
    rollout = host.deploy(host.release())
    assert rollout.diff()[0]["before"] == "by hand"
    assert host.docker.done == ["create"]
    assert (host.store.link / "a.conf").read_text() == "one"


def test_secret_with_another_mode_is_restored(host) -> None:
    host.deploy(host.release(secrets={"password": "hunter22"}))
    (host.store.link / "secrets/password").chmod(0o644)
    rollout = host.deploy(host.release(secrets={"password": "hunter22"}))
    assert rollout.differs() == ["a private file has another mode or owner"]
    assert (host.store.link / "secrets/password").stat().st_mode & 0o777 == 0o600


def test_other_series_is_refused_unless_it_is_admitted(host) -> None:
    series = Series(("shop", "--version"), r"Ver (\d+)")
    host.docker.series = {"sha256:shop:1": "8", "shop:2": "9", "shop:3": "8"}
    host.deploy(host.release(series=series))
    with pytest.raises(ServiceError, match="shop:2 is of series 9, and peerlb-shop runs series 8"):
        host.deploy(host.release(image="shop:2", series=series))
    assert host.docker.done == ["pull shop:2"]
    host.deploy(host.release(image="shop:3", series=series))
    allowed = Series(series.command, series.pattern, allow=True)
    host.deploy(host.release(image="shop:2", series=allowed))
    assert host.container["Image"] == "sha256:shop:2"
    assert not host.deploy(host.release(image="shop:2", series=series)).changed


def test_first_command_runs_once_before_the_first_start(host) -> None:
    wanted = host.release(first_command=("migrate", "--now"))
    host.deploy(wanted)
    assert host.docker.done == ["pull shop:1", "run migrate --now", "create"]
    host.deploy(host.release("two", first_command=("migrate", "--now")))
    assert host.docker.done == ["create"]


def test_first_command_that_fails_is_told_and_tried_again(host) -> None:
    host.docker.refuse = {"migrate": "no such table: hunter22"}
    wanted = host.release(first_command=("migrate",), secrets={"password": "hunter22"})
    with pytest.raises(ServiceError) as caught:
        host.deploy(wanted)
    assert "the first command of peerlb-shop failed: no such table: ********" in str(caught.value)
    host.docker.refuse = {}
    host.deploy(wanted)
    assert "run migrate" in host.docker.done


def test_what_ran_before_our_releases_is_taken_over_or_comes_back(host) -> None:
    host.root.mkdir(parents=True)
    foreign = host.root / "compose.yml"
    foreign.write_text('{"name": "peerlb-shop", "services": {"shop": {"image": "shop:0"}}}')
    host.docker.images["shop:0"] = "sha256:shop:0"
    host.docker.run(["docker", "compose", "--file", str(foreign), "up"])
    host.docker.states["sha256:shop:1"] = "exited"
    with pytest.raises(ServiceError, match="what ran before is up again"):
        host.deploy(host.release())
    assert host.container["Image"] == "sha256:shop:0"
    host.docker.states = {}
    host.place = {"obsolete": ("compose.yml",)}
    rollout = host.deploy(host.release())
    assert rollout.look.reasons[0] == "peerlb-shop is replaced: it was created from no release"
    assert not foreign.exists()


def test_missing_directory_is_made_before_the_container(host) -> None:
    host.place = {"directories": ("run",), "passwords": ("first",)}
    rollout = host.deploy(host.release())
    assert not rollout.look.serving
    assert (host.root / "run").is_dir()
    (host.root / "run").rmdir()
    rollout = host.deploy(host.release())
    assert rollout.differs() == ["run is missing"]
    assert host.docker.done == ["create"]


def test_images_that_no_kept_release_needs_are_removed(host) -> None:
    for number in range(1, 5):
        host.deploy(host.release(image=f"shop:{number}"), keep=2)
    assert sorted(host.docker.images) == ["shop:3", "shop:4"]


def test_images_of_others_stay(host) -> None:
    host.docker.images["shop:99"] = "sha256:theirs"
    host.deploy(host.release(image="shop:1"), keep=2)
    assert "shop:99" in host.docker.images


def test_rollback_needs_nothing_but_the_disk(host) -> None:
    host.deploy(host.release(secrets={"password": "hunter22"}))
    host.deploy(host.release("two", image="shop:2"))
    former = host.store.former("")
    rollout = host.deploy(former)
    assert rollout.wanted.id == former.id
    assert host.container["Image"] == "sha256:shop:1"
    assert host.store.present() == former


def test_release_without_a_specification_is_refused(host) -> None:
    with pytest.raises(ServiceError, match="does not say what it is"):
        host.deploy(Release({"compose.yml": "{}"}))


def test_interrupted_renewal_is_a_difference_that_needs_no_new_container(host) -> None:
    host.deploy(host.release())
    host.store.note("renewing.json", {"by": "ada"})
    rollout = host.deploy(host.release())
    assert rollout.differs() == ["its renewal was interrupted"]
    assert host.docker.done == ["start"]


def stop(host) -> None:
    host.container["State"]["Status"] = "exited"


def reconfigure(host) -> None:
    host.container["HostConfig"]["RestartPolicy"]["Name"] = "no"


@pytest.mark.parametrize(
    ("change", "text", "effect", "replaced"),
    [
        (lambda _host: None, "one", "keep", False),
        (lambda _host: None, "two", "replace", True),
        (lambda host: host.docker.containers.clear(), "one", "create", True),
        (stop, "one", "start", False),
        (stop, "two", "replace", True),
        (reconfigure, "one", "replace", True),
        (lambda host: (host.store.link / "a.conf").write_text("by hand"), "one", "replace", True),
        (lambda host: host.store.note("renewing.json", {}) or None, "one", "keep", False),
    ],
)
def test_effect_is_what_happens_to_the_container(host, change, text, effect, replaced) -> None:
    host.deploy(host.release())
    former = host.container["Id"]
    change(host)
    planned = Rollout.plan(host.store, host.service, host.release(text)).effect
    host.deploy(host.release(text))
    assert (planned, host.container["Id"] != former) == (effect, replaced)


class Killed(BaseException):
    """Stands for the end of the process: no handler of the code under test catches it."""


STEPS = [
    *(("service", name) for name in ("prepare", "test", "bring_up", "finish")),
    *(("store", name) for name in ("stage", "adopt", "switch", "record")),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind, step", STEPS)
def test_run_killed_at_any_step_is_completed_by_the_next(host, monkeypatch, kind, step, after):
    host.deploy(host.release(test=("check",)))
    wanted = host.release("two", image="shop:2", test=("check",))
    owner = {"service": DockerService, "store": Store}[kind]
    method = getattr(owner, step)

    def last(*args, **kwargs):
        if after:
            method(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(owner, step, last)
        host.deploy(wanted)
    assert host.store.present() in (host.release(test=("check",)), wanted)
    host.deploy(wanted)
    assert (host.store.present(), host.container["Image"]) == (wanted, "sha256:shop:2")
    assert not host.deploy(wanted).changed
    assert host.store.history()[-1]["id"] == wanted.id


@pytest.mark.parametrize(
    "before, after, refused",
    [("ready", "ready", False), ("ready", "not", True), ("not", "not", False), ("", "not", False)],
)
def test_release_reaches_what_the_former_one_reached(
    host, monkeypatch, before, after, refused
) -> None:
    """before: what ran before, "" for nothing; after: what the new release says of itself."""
    says = {"shop:1": before, "shop:2": after}

    def answer(health: Health) -> str | None:
        if health.path != "/readyz":
            return None
        return (
            None if says[host.container["Image"].removeprefix("sha256:")] == "ready" else "is 503"
        )

    monkeypatch.setattr(_service, "probe", answer)
    health = Health("http", "10.1.0.2", 3000, "/healthz", ready_path="/readyz")
    if before:
        host.deploy(host.release(image="shop:1", health=health))
    if not refused:
        host.deploy(host.release(image="shop:2", health=health))
        return
    with pytest.raises(ServiceError) as caught:
        host.deploy(host.release(image="shop:2", health=health))
    assert "/readyz does not answer well, and it did before" in str(caught.value)
    assert host.container["Image"] == "sha256:shop:1"


@pytest.mark.parametrize(
    ("notes", "refused"),
    [
        ('{"upgrade_history": [{"version": "8.4.9"}, {"version": "9.7.4-2"}]}', False),
        ('8.0.36{"upgrade_history": [{"version": "9.6.1"}]}', True),
        ("8.0.36", True),
        ("", False),
        (None, False),
    ],
)
def test_data_of_another_series_are_refused_also_without_a_container(host, notes, refused) -> None:
    series = Series(
        ("shop", "--version"), r"Ver (\S+)", volume="shop-data", notes=("info", "history")
    )
    host.docker.series = {"shop:1": "9.7"}
    host.docker.volumes = {} if notes is None else {"shop-data": notes}
    if not refused:
        host.deploy(host.release(series=series))
        return
    with pytest.raises(ServiceError, match="of series 9.7, and the data in shop-data is of series"):
        host.deploy(host.release(series=series))
    assert host.docker.containers == {}


def test_rules_that_somebody_flushed_are_named_and_nothing_is_changed(host, monkeypatch) -> None:
    host.deploy(host.release())
    monkeypatch.setattr(_service, "without_rules", lambda _run, records: ["peerlb-shop"])
    rollout = Rollout.plan(host.store, host.service, host.release("two"))
    host.docker.done.clear()
    with pytest.raises(ServiceError, match="the playbook docker brings them back. Nothing was"):
        rollout.test()
    assert host.docker.done == []
    look = host.service.look(host.store, host.release())
    assert look.reasons[-1].startswith("peerlb-shop cannot be reached: Docker's firewall rules")


@pytest.mark.parametrize(("before", "after"), [(None, []), ([], None), (None, {}), ("", None)])
def test_restart_of_the_engine_does_not_change_a_container(host, before, after) -> None:
    host.deploy(host.release())
    settings = host.container["HostConfig"]
    settings["Dns"] = before
    host.store.note("confirmed.json", {"fingerprint": _service.fingerprint(host.container)})
    settings["Dns"] = after
    assert host.service.look(host.store, host.release()).reasons == ()
    settings["Dns"] = ["192.0.2.1"]
    assert host.service.look(host.store, host.release()).reasons
