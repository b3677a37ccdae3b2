# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.modules import (
    service_release,
    service_release_info,
    service_rollback,
)
from support.docker_fake import FakeDocker

PASSWORD, TOKEN = "pass'w\"ord", "to$ken-value"


@pytest.fixture
def docker(monkeypatch) -> FakeDocker:
    fake = FakeDocker()
    fake.registry = {"shop:1": "sha256:1", "shop:2": "sha256:2", "shop@sha256:ab": "sha256:ab"}
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _self, command, **options: fake.run(command, **options)
    )
    return fake


@pytest.fixture
def deploy(run_module, docker, tmp_path) -> t.Callable[..., dict]:
    """Run service_release with these parameters changed."""

    def run(**changes: t.Any) -> dict:
        wanted = {
            "service": "shop",
            "path": str(tmp_path / "shop"),
            "image": "shop:1",
            "compose": {"services": {"shop": {"volumes": ["./a.conf:/a.conf"]}}},
            "files": {"a.conf": "one"},
            "secrets": {"password": PASSWORD},
            "environment": json.dumps({"TOKEN": TOKEN}),
            "timeout": 0.2,
        }
        return run_module(service_release, **{**wanted, **changes})

    return run


@pytest.fixture
def info(run_module, docker, tmp_path) -> t.Callable[[], dict]:
    """Return what service_release_info reports."""
    return lambda: run_module(service_release_info, service="shop", path=str(tmp_path / "shop"))


def test_six_steps(deploy, info, docker, tmp_path) -> None:
    predicted = deploy(check_mode=True)
    assert predicted["changed"]
    assert list(tmp_path.iterdir()) == []
    assert info()["release"] == ""
    done = deploy(operator="ada", reason="first")
    assert done["changed"]
    assert (done["previous"], done["image"]) == ("", "shop@sha256:1")
    found = info()
    assert (found["release"], found["requested"]) == (done["release"], "shop:1")
    assert (found["running"]["state"], found["running"]["image"]) == ("running", "sha256:1")
    assert (found["differs"], found["volumes"]) == ([], ["peerlb-shop-data"])
    assert [(line["by"], line["reason"]) for line in found["history"]] == [("ada", "first")]
    assert not deploy(check_mode=True)["changed"]
    docker.done.clear()
    again = deploy()
    assert (again["changed"], again["differs"], docker.done) == (False, [], [])


def test_check_mode_predicts_what_the_run_does(deploy) -> None:
    deploy()
    changes = {"files": {"a.conf": "two"}, "image": "shop:2", "digest": "sha256:ab"}
    predicted, done = deploy(check_mode=True, **changes), deploy(**changes)
    for key in ("changed", "diff", "differs", "release", "previous", "image"):
        assert predicted[key] == done[key]
    assert predicted["image"] == "shop@sha256:ab"


def test_test_only_gets_and_tests_and_leaves_what_runs(deploy, info, docker) -> None:
    deploy()
    docker.done.clear()
    found = deploy(test_only=True, image="shop:2", test=["check"])
    assert not found["changed"]
    assert "service.json differs" in found["differs"]
    assert docker.done == ["pull shop:2", "test check with shop@sha256:2"]
    assert info()["requested"] == "shop:1"


def test_secret_is_in_no_result_no_argument_and_no_open_file(deploy, docker, tmp_path) -> None:
    shown = [deploy(), deploy(secrets={"password": "another-secret"})]
    texts = [json.dumps(shown), json.dumps(docker.commands)]
    secrets = (PASSWORD, TOKEN, "another-secret")
    for path in (tmp_path / "shop").rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077:
            texts.append(path.read_text())
    assert not [each for each in secrets if any(json.dumps(each)[1:-1] in text for text in texts)]
    assert (tmp_path / "shop").stat().st_mode & 0o777 == 0o700


def test_secret_that_changes_is_a_difference(deploy) -> None:
    before = deploy()["release"]
    done = deploy(secrets={"password": "another-secret"})
    assert done["differs"][0] == "secrets/password differs"
    assert done["diff"][0]["before"] == f"a secret of {before}\n"


def test_error_of_the_service_shows_no_secret(deploy, docker) -> None:
    docker.states["sha256:1"] = "exited"
    docker.log = f"login with {PASSWORD} and {TOKEN} refused"
    message = deploy()["msg"]
    assert "login with ******** and ******** refused" in message
    assert "nothing was live before" in message


def test_registry_that_does_not_answer_changes_nothing(deploy) -> None:
    deploy(digest="sha256:ab")
    assert not deploy(digest="")["changed"]


def test_tag_that_has_moved_is_deployed(deploy, docker) -> None:
    deploy()
    docker.registry["shop@sha256:cd"] = "sha256:cd"
    done = deploy(digest="sha256:cd")
    assert done["image"] == "shop@sha256:cd"
    assert docker.containers["peerlb-shop"]["Image"] == "sha256:cd"


def test_image_that_is_nowhere_changes_nothing(deploy, info) -> None:
    before = deploy()["release"]
    assert "the image shop:9 cannot be pulled" in deploy(image="shop:9")["msg"]
    assert info()["release"] == before


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"keep": 1}, "keep: 1: 2 is the least"),
        ({"environment": ' {"A": 5}'}, "environment: A: is 5, which is int and not text: quote it"),
        ({"compose": {}}, "compose: has no service named shop"),
        ({"path": "/etc/hostname/shop"}, "cannot write /etc/hostname/shop: Not a directory"),
    ],
)
def test_error_names_what_is_wrong(deploy, changes, message) -> None:
    assert message in deploy(**changes)["msg"]


def test_second_operator_is_told_who_is_at_work(deploy, docker, tmp_path) -> None:
    deploy()
    with Store(str(tmp_path / "shop")).lock("ada"):
        assert "ada (pid" in deploy()["msg"]


def test_renewal_is_noted_until_somebody_says_that_it_is_complete(deploy, tmp_path) -> None:
    deploy(renewing=True)
    assert deploy(test_only=True)["differs"] == ["its renewal was interrupted"]
    (tmp_path / "shop/renewing.json").unlink()
    assert deploy(test_only=True)["differs"] == []


def test_rollback_takes_the_former_release_with_its_owner(
    deploy, run_module, tmp_path, info
) -> None:
    first = deploy(owner=7)
    second = deploy(owner=7, image="shop:2", files={"a.conf": "two"})
    params = {"service": "shop", "path": str(tmp_path / "shop"), "timeout": 0.2}
    assert run_module(service_rollback, check_mode=True, **params)["changed"]
    done = run_module(service_rollback, reason="slow", **params)
    assert (done["release"], done["previous"]) == (first["release"], second["release"])
    assert info()["running"]["image"] == "sha256:1"
    assert (tmp_path / "shop/current/secrets/password").stat().st_uid == 7
    assert info()["history"][-1]["reason"] == "slow"
    assert (
        "0 releases begin with ffff"
        in run_module(service_rollback, release="ffff", **params)["msg"]
    )


def test_info_tells_of_containers_that_are_not_as_the_release_says(deploy, info, docker) -> None:
    deploy()
    docker.containers["peerlb-shop"]["State"]["Status"] = "exited"
    assert info()["differs"] == ["peerlb-shop is exited"]
    docker.containers.clear()
    assert info()["differs"] == ["there is no container peerlb-shop"]
    assert info()["running"] == {}
