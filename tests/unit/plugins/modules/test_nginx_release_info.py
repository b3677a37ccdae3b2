# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import live as live_settings
from ansible_collections.peerlb.stack.plugins.module_utils._live import report
from ansible_collections.peerlb.stack.plugins.modules import nginx_release_info


def test_host_without_releases_has_an_empty_report(run_module, tmp_path) -> None:
    told = run_module(nginx_release_info, path=str(tmp_path), status_port=1)
    assert not told["changed"]
    assert (told["release"], told["serving"], told["pools"], told["kept"]) == ("", "", [], [])


@pytest.mark.parametrize(
    ("version", "holes"),
    [("1.30.6", False), ("1.30.4", False), ("1.31.0", False), ("1.30.3", True), ("1.29.8", True)],
)
def test_nginx_that_runs_is_named_and_judged(
    run_module, deploy, place, fake_nginx, version, holes
) -> None:
    deploy()
    fake_nginx.version = version
    told = run_module(nginx_release_info, **place)["nginx"]
    assert told["version"] == version
    assert told["note"].startswith(f"nginx {version} has known holes. ") is holes


def test_nginx_that_does_not_run_has_no_version(run_module, tmp_path) -> None:
    told = run_module(nginx_release_info, path=str(tmp_path), container="no-such-container")
    assert told["nginx"] == {"version": "", "note": ""}


def test_the_access_log_is_summed_up(run_module, deploy, place, tmp_path) -> None:
    deploy()
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entry = {"time": now, "upstream": "10.1.0.2:3000", "status": 200, "seconds": 0.01}
    (tmp_path / "access.log").write_text(json.dumps(entry) + "\n")
    told = run_module(nginx_release_info, **place, logs=str(tmp_path), since="5m")
    assert told["traffic"]["10.1.0.2:3000"]["requests"] == 1
    assert run_module(nginx_release_info, **place, logs=str(tmp_path))["traffic"] == {}


def test_rules_of_the_gatekeeper_are_counted(run_module, deploy, place, tmp_path) -> None:
    deploy()
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entry = {"time": now, "client": "192.0.2.7", "rule": "bad", "action": "deny", "would": ""}
    (tmp_path / "access.log").write_text(json.dumps(entry) + "\n")
    told = run_module(nginx_release_info, **place, logs=str(tmp_path), since="5m")
    assert told["rules"]["bad"]["actions"] == {"deny": 1}
    assert run_module(nginx_release_info, **place, logs=str(tmp_path))["rules"] == {}


def test_since_without_a_unit_is_refused(run_module, deploy, place) -> None:
    deploy()
    told = run_module(nginx_release_info, **place, since="5")
    assert told["msg"] == "since is '5'; write a number and s, m, h or d, such as 15m"


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_logs_and_their_rotation_are_told(
    run_module, deploy, place, tmp_path, monkeypatch, state
) -> None:
    files = {"nginx.conf": "#", "compose.yml": "image: a"}
    deploy(files=files)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/access.log").write_text("x" * 1500)
    asked = []
    monkeypatch.setattr(
        AnsibleModule,
        "run_command",
        lambda _self, command, **_options: asked.append(command) or (0, state, ""),
    )
    told = run_module(nginx_release_info, **place, logs=str(tmp_path / "logs"))["logs"]
    assert told == {"bytes": 1500, "rotation_failed": False}
    assert "systemctl" not in [command[0] for command in asked]
    live = tmp_path / "nginx/current/units"
    live.mkdir()
    (live / "peerlb-logs.service").write_text("[Service]\n")
    told = run_module(nginx_release_info, **place, logs=str(tmp_path / "logs"))["logs"]
    assert told == {"bytes": 1500, "rotation_failed": state == "failed"}


def test_health_and_changes_of_a_live_pool_are_told(
    run_module, deploy, place, tmp_path, monkeypatch
) -> None:
    unit = {f"units/{report.UNIT}": "[Service]\n"}
    release = deploy(files={"nginx.conf": "#", "compose.yml": "image: a", **unit}, engine="dns")
    now = time.time()
    member = {"state": "good", "since": now, "why": "", "changes": [], "serves": True}
    pool = {"panic": False, "taken": {"http": now}, "members": {"web1": member}}
    monkeypatch.setattr(live_settings, "read", lambda: {"at": now, "pools": {"webapp": pool}})
    note = {"by": "ada", "at": "2100-01-01T10:00:00Z", "reason": "canary"}
    words = "pool webapp, member web1: weight 3"
    live = {
        "overrides": {"webapp": {"web1": {"weight": 3, **note}}},
        "changes": [{**note, "change": words}],
    }
    (tmp_path / "nginx/overrides.json").write_text(json.dumps(live))
    told = run_module(nginx_release_info, **place)
    assert told["unit"]["alive"]
    assert told["health"]["webapp"]["engine"] == "dns"
    assert told["health"]["webapp"]["members"]["web1"]["state"] == "good"
    assert [each["weight"] for each in told["pools"][0]["members"]] == [3, 1]
    assert len(told["differences"]) == 1
    assert [each["id"] for each in told["history"]] == [release, release]
    assert told["history"][-1]["change"] == words


def test_release_without_the_unit_tells_of_none(run_module, deploy, place) -> None:
    deploy()
    assert run_module(nginx_release_info, **place)["unit"] == {}


def test_bans_of_a_client_are_told_if_somebody_asks(deploy, info, tmp_path) -> None:
    deploy()
    ban = {"range": "203.0.113.7", "until": None, "by": "ada"}
    (tmp_path / "nginx/bans.json").write_text(json.dumps({"bans": [ban]}))
    assert info()["client"] == {}
    assert info(client="")["client"] == {"bans": [], "maintenance": {}}
    (found,) = info(client="203.0.113.7")["client"]["bans"]
    assert (found["range"], found["by"]) == ("203.0.113.7/32", "ada")
    (tmp_path / "nginx/bans.json").write_text("{")
    assert info()["client"] == {}
    assert "is damaged" in info(client="")["msg"]
