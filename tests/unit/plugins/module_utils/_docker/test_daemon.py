# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.daemon import diff
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import HostError


def test_first_settings_are_tested_written_and_started(daemon, engine_host) -> None:
    wanted = daemon()
    assert wanted.reasons() == [
        "daemon.json is missing",
        "the engine does not run",
        "the engine is not started at boot",
    ]
    wanted.apply()
    assert engine_host.done == ["--validate", "enable", "start"]
    assert engine_host.path.stat().st_mode & 0o777 == 0o644
    assert wanted.reasons() == []
    assert [path.name for path in engine_host.path.parent.iterdir()] == ["daemon.json"]


@pytest.mark.parametrize(
    "labels, verb", [({"loaded": "l2"}, "reload"), ({"started": "s2", "loaded": "l2"}, "restart")]
)
def test_settings_are_reloaded_where_a_restart_is_not_needed(
    daemon, engine_host, labels, verb
) -> None:
    daemon().apply()
    engine_host.done.clear()
    wanted = daemon(**labels)
    assert wanted.reasons() == ["daemon.json differs", "the engine has not loaded its settings"]
    wanted.apply()
    assert engine_host.done == ["--validate", "enable", verb]
    assert wanted.reasons() == []


def test_run_killed_after_the_file_was_written_is_completed(daemon, engine_host) -> None:
    daemon().apply()
    wanted = daemon("s2", "l2")
    engine_host.path.write_text(wanted.text)
    assert wanted.reasons() == ["the engine has not loaded its settings"]
    wanted.apply()
    assert wanted.reasons() == []


def test_settings_that_dockerd_refuses_change_nothing(daemon, engine_host) -> None:
    daemon().apply()
    before = engine_host.path.read_text()
    engine_host.refuse = {"--validate": "unknown directive"}
    with pytest.raises(HostError, match="refuses the settings, nothing was changed: unknown dir"):
        daemon("s2", "l2").apply()
    assert engine_host.path.read_text() == before
    assert [path.name for path in engine_host.path.parent.iterdir()] == ["daemon.json"]


def test_engine_that_does_not_start_gets_its_former_settings_back(daemon, engine_host) -> None:
    daemon().apply()
    engine_host.breaks_on = "broken"
    with pytest.raises(HostError) as caught:
        daemon("s2", "l2", data_root="broken").apply()
    text = str(caught.value)
    assert "systemctl restart docker fails: control process exited" in text
    assert "the last line" in text
    assert text.endswith("the engine runs with the former settings again")
    assert daemon().reasons() == []


def test_engine_that_does_not_take_its_settings_is_an_error(daemon, engine_host) -> None:
    daemon().apply()
    wanted = daemon("s2", "l2")
    lying = wanted.text.replace("l2", "l9")
    odd = type(wanted)(engine_host.run, lying, "s2", "l2", engine_host.path)
    with pytest.raises(HostError, match="does not answer with its new settings"):
        odd.apply()
    assert daemon().reasons() == []


def test_first_settings_that_break_have_nothing_to_go_back_to(daemon, engine_host) -> None:
    engine_host.breaks_on = "labels"
    with pytest.raises(HostError, match="there were no other settings before"):
        daemon().apply()


def test_engine_that_starts_with_no_settings_at_all_is_told(daemon, engine_host) -> None:
    daemon().apply()
    engine_host.breaks_on = "labels"
    with pytest.raises(HostError, match="does not start with the former settings: control"):
        daemon("s2", "l2").apply()


def test_engine_that_is_stopped_or_disabled_is_started(daemon, engine_host) -> None:
    daemon().apply()
    engine_host.active, engine_host.enabled = "inactive", "disabled"
    engine_host.done.clear()
    daemon().apply()
    assert engine_host.done == ["--validate", "enable", "start"]
    assert daemon().reasons() == []


def test_directory_that_cannot_be_written_is_named(daemon, engine_host) -> None:
    engine_host.path.parent.write_text("a file")
    with pytest.raises(HostError, match="cannot write .*docker/.daemon.json.peerlb"):
        daemon().apply()


def test_diff_shows_both_texts() -> None:
    assert (diff(None, "b")["before"], diff("a", "b")["after"]) == ("", "b")


def test_containers_of_others_run_on_while_the_engine_restarts(daemon, engine_host) -> None:
    engine_host.path.parent.mkdir()
    engine_host.path.write_text('{"data-root": "/srv", "labels": []}')
    engine_host.active, engine_host.enabled = "active", "enabled"
    seen = []
    run = engine_host.run

    def watch(command):
        if command[1] in ("reload", "restart"):
            seen.append((command[1], json.loads(engine_host.path.read_text())))
        return run(command)

    engine_host.run = watch
    daemon(**{"live-restore": True, "data-root": "/srv"}).apply(foreign=True)
    (first, loaded), (second, started) = seen
    assert (first, loaded) == (
        "reload",
        {"data-root": "/srv", "labels": [], "live-restore": True},
    )
    assert (second, started["labels"]) == ("restart", ["s1", "l1"])


def test_settings_are_tested_with_the_flags_of_the_unit(daemon, engine_host) -> None:
    run, seen = engine_host.run, []
    started = "ExecStart={ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H tcp://x $OPTS ; }"

    def own(command):
        seen.append(command)
        return (0, started, "") if "--property=ExecStart" in command else run(command)

    engine_host.run = own
    daemon().apply()
    (test,) = [command for command in seen if "--validate" in command]
    assert test[2:4] == ["-H", "tcp://x"]
    assert test[4] == "--config-file"
