# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import guard_module
from ansible_collections.peerlb.stack.plugins.modules import nginx_ban

READS_FLAGS = {"nginx.conf": "#", "compose.yml": "image: a", "live.conf": "# flags"}
CLIENT = {"ranges": ["203.0.113.7"]}


@pytest.fixture
def change(run_module, place, monkeypatch, tmp_path):
    """Run the module as ada, on a host with a unit that is alive."""
    monkeypatch.setattr(guard_module, "SEEN_WITHIN", 0.01)
    monkeypatch.setattr(guard_module, "login_address", lambda _pid: "198.51.100.4")
    monkeypatch.setattr(guard_module, "own_addresses", lambda: ["10.0.0.5"])
    monkeypatch.setattr(guard_module.report, "is_alive", lambda *_words: True)

    def run(*, check_mode: bool = False, **params):
        params = {"path": place["path"], "operator": "ada", **params}
        return run_module(nginx_ban, check_mode=check_mode, **params)

    return run


@pytest.fixture
def flag(tmp_path):
    """Return the flag of the client."""
    return tmp_path / "nginx/live/bans/203.0.113.7"


def test_six_steps(deploy, change, flag, tmp_path) -> None:
    deploy(files=READS_FLAGS)
    predicted = change(check_mode=True, **CLIENT)
    assert predicted["changed"]
    assert not (tmp_path / "nginx/bans.json").exists()
    assert not flag.exists()
    done = change(**CLIENT, reason="scans")
    assert done["changed"]
    assert flag.is_file()
    assert (tmp_path / "nginx/live/on").is_dir()
    assert done["diff"][0]["before"] == predicted["diff"][0]["before"] == ""
    assert done["diff"][0]["after"].startswith("203.0.113.7 until 20")
    (line,) = done["now"]
    assert line.endswith("set by ada (because: scans)")
    for check_mode in (True, False):
        again = change(check_mode=check_mode, **CLIENT, operator="bob")
        assert (again["changed"], again["diff"], again["now"]) == (False, [], [line])


def test_ban_is_lifted(deploy, change, flag) -> None:
    deploy(files=READS_FLAGS)
    change(**CLIENT)
    assert change(check_mode=True, **CLIENT, state="absent")["changed"]
    assert flag.exists()
    done = change(**CLIENT, state="absent")
    assert (done["changed"], done["now"], flag.exists()) == (True, [], False)
    assert not change(**CLIENT, state="absent")["changed"]


def test_deployment_and_rollback_leave_bans(deploy, change, flag) -> None:
    deploy(files=READS_FLAGS)
    change(**CLIENT, duration="forever")
    deploy(files={**READS_FLAGS, "more.conf": "#"})
    assert flag.is_file()


def test_flags_that_are_gone_come_back(deploy, change, flag) -> None:
    deploy(files=READS_FLAGS)
    change(**CLIENT)
    flag.unlink()
    assert not change(**CLIENT)["changed"]
    assert flag.is_file()


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"ranges": ["0.0.0.0/0"]}, "widest range is a /16"),
        ({"ranges": ["10.1.0.2"]}, "the member web1"),
        ({"ranges": ["10.1.0.0/24"]}, "the member web1"),
        ({"ranges": ["10.0.0.5"]}, "this load balancer"),
        ({"ranges": ["198.51.100.0/24"]}, "from which you have logged in"),
        ({"ranges": ["127.0.0.1"]}, "this host"),
        ({"ranges": ["shop.example"]}, "is no address"),
        ({"ranges": []}, "name at least one"),
        ({**CLIENT, "duration": "soon"}, "not a time"),
        ({**CLIENT, "duration": "1h", "until": "2099-01-01T00:00:00Z"}, "give either"),
        ({**CLIENT, "until": "2020-01-01T00:00:00Z"}, "next ten years"),
        ({**CLIENT, "lock_timeout": -1}, "lock_timeout"),
    ],
)
def test_what_makes_no_sense_is_refused(deploy, change, tmp_path, params, why) -> None:
    deploy(files=READS_FLAGS)
    for check_mode in (True, False):
        assert why in change(check_mode=check_mode, **params)["msg"]
    assert not (tmp_path / "nginx/bans.json").exists()


def test_release_that_reads_no_flags_is_named(deploy, change) -> None:
    assert "no release is live" in change(**CLIENT)["msg"]
    deploy()
    assert "knows no bans" in change(**CLIENT)["msg"]


def test_dead_unit_is_told_of(deploy, change, monkeypatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: told.append(text))
    deploy(files=READS_FLAGS)
    change(**CLIENT)
    assert told == []
    monkeypatch.setattr(guard_module.report, "is_alive", lambda *_words: False)
    change(**CLIENT)
    assert told == ["peerlb-guard.service does not run, so nobody lifts a ban when it ends"]
