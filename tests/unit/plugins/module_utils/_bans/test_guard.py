# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans import guard as guards
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import Ban
from ansible_collections.peerlb.stack.plugins.module_utils._bans.guard import Guard
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import Maintenance
from ansible_collections.peerlb.stack.plugins.module_utils._bans.throttled import LOG, Tail
from ansible_collections.peerlb.stack.plugins.module_utils._bans.truth import Truth, locked

NOW = 1767261600.0


class Host:
    """A load balancer's disk, and the unit on it."""

    def __init__(self, place) -> None:
        self.root, self.lists = place / "nginx", place / "bans.d"
        self.log = place / LOG
        self.log.write_text("")
        self.lists.mkdir()
        (self.root / "current/guard").mkdir(parents=True)
        self.write(
            "state.json",
            {
                "pools": [
                    {
                        "name": "webapp",
                        "members": [{"name": "web1", "address": "10.1.0.2", "port": 3000}],
                    }
                ]
            },
        )
        self.write("live.json", {"lists": [f"{self.lists}/*.txt"], "never": ["198.51.100.0/24"]})
        self.guard = self.started()

    def started(self) -> Guard:
        return Guard(
            self.root, Tail(self.log), self.root.parent / "report.json", lambda: ["10.0.0.5"]
        )

    def write(self, name: str, value) -> None:
        (self.root / "current" / name).write_text(json.dumps(value))

    def list(self, text: str, name: str = "a.txt") -> None:
        path = self.lists / f".{name}"
        path.write_text(text)
        path.rename(self.lists / name)

    def throttle(self, client: str, rule: str = "login") -> None:
        told = {"client": client, "rule": rule, "action": "throttled"}
        with self.log.open("a") as stream:
            stream.write(json.dumps(told, separators=(",", ":")) + "\n")

    def flags(self, directory: str = "bans") -> list[str]:
        return sorted(each.name for each in (self.root / "live" / directory).iterdir())

    def report(self) -> dict:
        self.guard.write(NOW)
        return json.loads((self.root.parent / "report.json").read_text())


@pytest.fixture
def host(tmp_path) -> Host:
    return Host(tmp_path)


def test_flags_follow_what_is_wanted_and_bans_end(host) -> None:
    bans = (Ban("203.0.113.7/32", NOW + 10), Ban("203.0.113.8/32"))
    Truth(bans, {"webapp": Maintenance()}).write_bans(host.root)
    host.guard.look(NOW)
    assert host.flags() == ["203.0.113.7", "203.0.113.8"]
    host.guard.look(NOW + 9.9)
    assert host.flags() == ["203.0.113.7", "203.0.113.8"]
    host.guard.look(NOW + 10)
    assert host.flags() == ["203.0.113.8"]
    assert [each.shown for each in Truth.read(host.root).bans] == ["203.0.113.8"]
    assert host.report()["ended"] == 1
    Truth(maintenance={"webapp": Maintenance()}).write_maintenance(host.root)
    host.guard.look(NOW + 11)
    assert host.flags("maintenance") == ["webapp"]
    assert host.report()["maintenance"] == ["webapp"]


def test_flags_are_made_anew_after_a_power_cut_and_when_somebody_removes_them(host) -> None:
    Truth((Ban("203.0.113.7/32"),)).write_bans(host.root)
    assert not (host.root / "live").exists()
    host.guard.look(NOW)
    (host.root / "live/bans/203.0.113.7").unlink()
    host.guard.look(NOW + 1)
    assert host.flags() == []
    host.guard.look(NOW + guards.AGAIN_SECONDS)
    assert host.flags() == ["203.0.113.7"]


def test_lists_are_taken_and_left_with_expiry(host) -> None:
    host.list("203.0.113.7\n203.0.113.8 60\n10.1.0.2\n198.51.100.0/24\nwrong\n")
    host.guard.look(NOW)
    assert host.flags() == ["203.0.113.7", "203.0.113.8"]
    (told,) = host.report()["lists"].values()
    assert (told["bans"], len(told["errors"])) == (2, 3)
    assert "the member web1" in told["errors"][0]
    assert "nginx_lb_never_banned" in told["errors"][1]
    host.guard.look(NOW + 60)
    assert host.flags() == ["203.0.113.7"]
    host.guard = host.started()  # it forgets nothing
    host.guard.look(NOW + 61)
    assert host.flags() == ["203.0.113.7"]
    host.list("203.0.113.9\n")
    host.guard.look(NOW + 62)
    assert host.flags() == ["203.0.113.9"]
    (host.lists / "a.txt").unlink()
    host.guard.look(NOW + 63)
    assert host.flags() == []
    assert stat.S_IMODE((host.root / "lists.json").stat().st_mode) == 0o600


def test_protection_that_cannot_be_read_leaves_what_the_unit_knew(host) -> None:
    host.list("203.0.113.7\n")
    host.guard.look(NOW)
    host.write("guard/bans.json", {"login": 600})
    host.write("live.json", {"lists": [f"{host.lists}/*.txt"], "never": ["foo"]})
    for guard in (host.guard, host.started()):
        host.guard = guard
        guard.look(NOW + 1)
        host.throttle("10.1.0.2")
        guard.look(NOW + 2)
        assert host.flags() == ["203.0.113.7"]
        (error,) = host.report()["errors"]
        assert error.startswith("settings: nginx_lb_never_banned: 'foo'")
    host.write("live.json", {"lists": None, "never": None})
    host.guard.look(NOW + 3)
    assert (host.report()["errors"], host.flags()) == ([], [])
    host.throttle("10.1.0.2")
    host.throttle("203.0.113.8")
    host.guard.look(NOW + 4)
    assert host.flags() == ["203.0.113.8"]


def test_list_that_cannot_be_read_leaves_what_it_said(host, monkeypatch) -> None:
    host.list("203.0.113.7\n")
    host.guard.look(NOW)
    monkeypatch.setattr(guards.lists, "LARGEST", 5)
    host.list("203.0.113.8\n")
    host.guard.look(NOW + 1)
    assert host.flags() == ["203.0.113.7"]
    (told,) = host.report()["lists"].values()
    assert told["errors"] == ["has more than 0 MiB"]


def test_throttled_client_is_banned_for_as_long_as_its_rule_says(host) -> None:
    host.write("guard/bans.json", {"login": 600})
    host.guard.look(NOW)
    host.throttle("203.0.113.7")
    host.throttle("203.0.113.8", "search")
    host.throttle("10.1.0.2")
    host.throttle("198.51.100.4")
    host.guard.look(NOW + 1)
    assert host.flags() == ["203.0.113.7"]
    (ban,) = Truth.read(host.root).bans
    assert (ban.until, ban.source) == (NOW + 601, "rule login")
    host.throttle("203.0.113.7")
    host.guard.look(NOW + 2)
    assert [each.until for each in Truth.read(host.root).bans] == [NOW + 602]
    host.guard.look(NOW + 602)
    assert host.flags() == []


def test_rule_does_not_shorten_what_an_operator_has_set(host) -> None:
    host.write("guard/bans.json", {"login": 600})
    bans = (Ban("203.0.113.7/32"), Ban("203.0.113.8/32", NOW + 9999))
    Truth(bans).write_bans(host.root)
    host.guard.look(NOW)
    host.throttle("203.0.113.7")
    host.throttle("203.0.113.8")
    host.guard.look(NOW + 1)
    assert Truth.read(host.root).bans == bans


def test_bans_by_rules_are_limited(host, monkeypatch) -> None:
    monkeypatch.setattr(guards, "MOST_BY_RULES", 2)
    host.write("guard/bans.json", {"login": 600})
    host.guard.look(NOW)
    for each in range(1, 5):
        host.throttle(f"203.0.113.{each}")
    host.guard.look(NOW + 1)
    assert len(host.flags()) == 2


def test_damaged_file_is_named_and_leaves_all_as_it_is(host, capsys) -> None:
    Truth((Ban("203.0.113.7/32"),)).write_bans(host.root)
    host.guard.look(NOW)
    (host.root / "bans.json").write_text("{")
    host.guard.look(NOW + 1)
    host.guard.look(NOW + 1.25)
    assert host.flags() == ["203.0.113.7"]
    (error,) = host.report()["errors"]
    assert "bans.json is damaged" in error
    assert capsys.readouterr().out.count("is damaged") == 1
    Truth().write_bans(host.root)
    host.guard.look(NOW + 2)
    assert (host.flags(), host.report()["errors"]) == ([], [])


def test_new_release_brings_new_settings(host) -> None:
    host.list("203.0.113.7\n")
    host.guard.look(NOW)
    host.write("live.json", {"lists": [f"{host.lists}/*.txt"], "never": ["203.0.113.0/24", "x.y"]})
    host.guard.look(NOW + 1)
    assert host.flags() == ["203.0.113.7"]  # the settings make no sense, so the former hold
    assert host.report()["errors"]
    host.write("live.json", {"lists": [f"{host.lists}/*.txt"], "never": ["203.0.113.0/24"]})
    host.guard.look(NOW + 2)
    assert (host.flags(), host.report()["errors"]) == ([], [])


def test_who_changes_bans_is_waited_for(host, monkeypatch) -> None:
    monkeypatch.setattr(guards, "LOCK_SECONDS", 0.05)
    Truth((Ban("203.0.113.7/32"),)).write_bans(host.root)
    with locked(host.root, 0):
        host.guard.look(NOW)
    assert host.report()["errors"] == ["bans: another one is changing bans; waited 0.05 s for this"]
    host.guard.look(NOW + 1)
    assert (host.flags(), host.report()["errors"]) == (["203.0.113.7"], [])


class End(Exception):
    """Ends the loop of the unit."""


def test_unit_says_that_it_is_ready_and_alive(host, monkeypatch) -> None:
    told = []

    def sleep(_seconds: float) -> None:
        if len(told) == 2:
            raise End

    monkeypatch.setattr(guards, "tell_systemd", told.append)
    monkeypatch.setattr(guards, "REPORT_SECONDS", 0)
    monkeypatch.setattr(guards.time, "sleep", sleep)
    with pytest.raises(End):
        host.guard.run()
    assert told == ["READY=1", "WATCHDOG=1"]
    assert host.report()["at"] <= time.time()
