# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import time

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import nginx_release, nginx_release_info


@pytest.fixture
def params(fake_nginx, tmp_path, monkeypatch) -> dict:
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _self, command, **_options: fake_nginx.run(command)
    )
    return {
        "path": str(tmp_path),
        "status_port": fake_nginx.port,
        "timeout": 0.3,
        "version": "1.30",
        "files": {"nginx.conf": "#", "compose.yml": "image: a"},
        "pools": [
            {
                "name": "webapp",
                "members": [
                    {"name": "web1", "address": "10.1.0.2", "port": 3000},
                    {"name": "web2", "address": "10.1.0.3", "port": 3000},
                ],
            }
        ],
        "listeners": [{"port": 80, "pool": "webapp"}],
    }


def info(run_module, params) -> dict:
    wanted = {key: params[key] for key in ("path", "status_port")}
    return run_module(nginx_release_info, **wanted)


def test_six_steps(run_module, params, tmp_path) -> None:
    predicted = run_module(nginx_release, check_mode=True, **params)
    assert predicted["changed"]
    assert list(tmp_path.iterdir()) == []
    assert info(run_module, params)["release"] == ""
    done = run_module(nginx_release, **params)
    assert (done["changed"], done["diff"]) == (True, predicted["diff"])
    assert info(run_module, params)["serving"] == done["release"] == predicted["release"]
    assert not run_module(nginx_release, check_mode=True, **params)["changed"]
    again = run_module(nginx_release, **params)
    assert (again["changed"], again["diff"]) == (False, [])


def test_files_with_any_line_ends_are_no_change_the_second_time(run_module, params) -> None:
    files = {**params["files"], "conf.d/own.conf": "a;\r\n", "conf.d/release.conf": "b;\r"}
    assert run_module(nginx_release, **{**params, "files": files})["changed"]
    again = run_module(nginx_release, **{**params, "files": files})
    assert (again["changed"], again["diff"]) == (False, [])


def test_info_returns_pools_history_and_releases(run_module, params) -> None:
    run_module(nginx_release, **params)
    told = info(run_module, params)
    assert [member["name"] for member in told["pools"][0]["members"]] == ["web1", "web2"]
    assert told["history"][0]["by"] == "ansible"
    assert told["kept"] == [told["release"]]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"version": "latest"}, "set nginx_lb_version"),
        ({"listeners": [{"port": 70000, "pool": "webapp"}]}, "port is 70000"),
        ({"pools": [{"name": "webapp", "members": []}]}, "has no members"),
        ({"pools": [{"name": "webapp", "members": [], "colour": 1}]}, "colour"),
    ],
)
def test_wrong_input_is_refused_and_nothing_is_changed(
    run_module, params, fake_nginx, tmp_path, change, message
) -> None:
    result = run_module(nginx_release, **{**params, **change})
    assert result["failed"]
    assert message in result["msg"]
    assert fake_nginx.commands == []
    assert list(tmp_path.iterdir()) == []


def test_refusal_by_nginx_leaves_the_live_release(run_module, params, fake_nginx) -> None:
    first = run_module(nginx_release, **params)
    fake_nginx.refuse = {"exec": "[emerg] unexpected end of file"}
    result = run_module(nginx_release, **{**params, "listeners": [{"port": 81, "pool": "webapp"}]})
    assert result["failed"]
    assert "unexpected end of file" in result["msg"]
    assert info(run_module, params)["release"] == first["release"]


TEST = {"name": "a", "host": "shop.example", "target": "/", "expect": {"pool": "webapp"}}


@pytest.mark.parametrize("test_only", [False, True])
def test_tests_of_the_url_map_run_before_the_release_goes_live(
    run_module, params, fake_nginx, test_only
) -> None:
    files = {**params["files"], "nginx.conf": "events { } http { server { listen 80; } }"}
    first = run_module(nginx_release, **params)
    fake_nginx.refuse = {"run": "no such image"}
    wanted = {**params, "files": files, "test_only": test_only}
    result = run_module(nginx_release, **wanted, tests=[TEST])
    told = "the tests of the URL map cannot run, nothing was changed: no such image"
    assert result["msg"] == told
    assert info(run_module, params)["release"] == first["release"]
    assert run_module(nginx_release, **wanted)["changed"] is not test_only


def test_wrong_test_of_the_url_map_is_refused_by_name(run_module, params, tmp_path) -> None:
    wrong = [{**TEST, "expect": {}}, {**TEST, "name": "b", "target": "x"}]
    told = run_module(nginx_release, **params, tests=wrong)["msg"].splitlines()
    assert told == [
        "test a: expect: right is one of pool, redirect and status",
        "test b: target is 'x', not a path such as /api/x",
    ]
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_readable_by_root_alone_and_shown_nowhere(run_module, params, tmp_path) -> None:
    key = "-----BEGIN PRIVATE KEY-----"
    done = run_module(nginx_release, **params, secrets={"tls/site.key": key})
    releases = tmp_path / "nginx/releases"
    (path,) = releases.rglob("site.key")
    assert path.relative_to(releases / done["release"]).as_posix() == "secrets/tls/site.key"
    assert (path.read_text(), path.stat().st_mode & 0o777) == (key, 0o600)
    assert key not in str(done)
    assert not run_module(nginx_release, **params, secrets={"tls/site.key": key})["changed"]
    renewed = run_module(nginx_release, **params, secrets={"tls/site.key": "another key"})
    assert renewed["changed"]
    assert "another key" not in str(renewed)
    assert "secrets/tls/site.key" in str(renewed["diff"])


def test_secret_cannot_be_guessed_from_the_id(run_module, params, tmp_path) -> None:
    """Without the host's own key, the same secret has another id."""
    first = run_module(nginx_release, **params, secrets={"x": "a guess"})
    (tmp_path / "nginx/key").write_text("the key of another host")
    second = run_module(nginx_release, **params, secrets={"x": "a guess"})
    assert first["release"] != second["release"]


def test_release_of_which_no_member_answers_is_refused(run_module, params) -> None:
    """Only where a pool has other places than the live one, and only if the option says so."""
    first = run_module(nginx_release, **params, require_members=False)
    again = run_module(nginx_release, **params, require_members=True)
    assert (again["changed"], again["release"]) == (False, first["release"])
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        member = {"name": "web1", "address": "127.0.0.1", "port": unused.getsockname()[1]}
        moved = {**params, "pools": [{"name": "webapp", "members": [member]}]}
        begun = time.monotonic()
        refused = run_module(nginx_release, **moved, require_members=True)
        assert time.monotonic() - begun < 60
        assert "no member answers this load balancer, nothing was changed" in refused["msg"]
        assert info(run_module, params)["serving"] == first["release"]
        predicted = run_module(nginx_release, check_mode=True, **moved, require_members=True)
        assert predicted["changed"]  # the members may be changed before the run that is predicted


def test_port_of_the_unit_that_is_no_port_is_refused_by_name(run_module, place) -> None:
    wanted = {"files": {}, "pools": [], "listeners": [], "version": "1.30", "engine_port": 70000}
    assert run_module(nginx_release, **place, **wanted)["msg"].startswith("engine_port")
