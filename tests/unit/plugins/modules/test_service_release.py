# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store

PASSWORD, TOKEN = "pass'w\"ord", "to$ken-value"


def test_six_steps(deploy_service, service_info, docker, tmp_path) -> None:
    predicted = deploy_service(check_mode=True)
    assert predicted["changed"]
    assert list(tmp_path.iterdir()) == []
    assert service_info()["release"] == ""
    done = deploy_service(operator="ada", reason="first")
    assert done["changed"]
    assert (done["previous"], done["image"]) == ("", "shop@sha256:1")
    found = service_info()
    assert (found["release"], found["requested"]) == (done["release"], "shop:1")
    assert (found["running"]["state"], found["running"]["image"]) == ("running", "sha256:1")
    assert (found["differs"], found["volumes"]) == ([], ["peerlb-shop-data"])
    assert [(line["by"], line["reason"]) for line in found["history"]] == [("ada", "first")]
    assert not deploy_service(check_mode=True)["changed"]
    docker.done.clear()
    again = deploy_service()
    assert (again["changed"], again["differs"], docker.done) == (False, [], [])


def test_check_mode_predicts_what_the_run_does(deploy_service) -> None:
    deploy_service()
    changes = {"files": {"a.conf": "two"}, "image": "shop:2", "digest": "sha256:ab"}
    predicted, done = deploy_service(check_mode=True, **changes), deploy_service(**changes)
    for key in ("changed", "diff", "differs", "release", "previous", "image"):
        assert predicted[key] == done[key]
    assert predicted["image"] == "shop@sha256:ab"


def test_test_only_leaves_what_runs(deploy_service, service_info, docker) -> None:
    deploy_service()
    docker.done.clear()
    found = deploy_service(test_only=True, image="shop:2", test=["check"])
    assert not found["changed"]
    assert "service.json differs" in found["differs"]
    assert docker.done == ["pull shop:2", "test check with shop@sha256:2"]
    assert service_info()["requested"] == "shop:1"


def test_secret_is_in_no_result_and_no_open_file(deploy_service, docker, tmp_path) -> None:
    shown = [deploy_service(), deploy_service(secrets={"password": "another-secret"})]
    texts = [json.dumps(shown), json.dumps(docker.commands)]
    secrets = (PASSWORD, TOKEN, "another-secret")
    for path in (tmp_path / "shop").rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077:
            texts.append(path.read_text())
    assert not [each for each in secrets if any(json.dumps(each)[1:-1] in text for text in texts)]
    assert (tmp_path / "shop").stat().st_mode & 0o777 == 0o700


def test_secret_that_changes_is_a_difference(deploy_service) -> None:
    before = deploy_service()["release"]
    done = deploy_service(secrets={"password": "another-secret"})
    assert done["differs"][0] == "secrets/password differs"
    assert done["diff"][0]["before"] == f"a secret of {before}\n"


def test_error_of_the_service_shows_no_secret(deploy_service, docker) -> None:
    docker.states["sha256:1"] = "exited"
    docker.log = f"login with {PASSWORD} and {TOKEN} refused"
    message = deploy_service()["msg"]
    assert "login with ******** and ******** refused" in message
    assert "nothing was live before" in message


def test_registry_that_does_not_answer_changes_nothing(deploy_service) -> None:
    deploy_service(digest="sha256:ab")
    assert not deploy_service(digest="")["changed"]


def test_tag_that_has_moved_is_deployed(deploy_service, docker) -> None:
    deploy_service()
    docker.registry["shop@sha256:cd"] = "sha256:cd"
    done = deploy_service(digest="sha256:cd")
    assert done["image"] == "shop@sha256:cd"
    assert docker.containers["peerlb-shop"]["Image"] == "sha256:cd"


def test_image_that_is_nowhere_changes_nothing(deploy_service, service_info) -> None:
    before = deploy_service()["release"]
    assert "the image shop:9 cannot be pulled" in deploy_service(image="shop:9")["msg"]
    assert service_info()["release"] == before


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"keep": 1}, "keep: 1: 2 is the least"),
        ({"environment": ' {"A": 5}'}, "environment: A: is int and not text: quote it"),
        ({"compose": {}}, "compose: has no service named shop"),
        ({"path": "/etc/hostname/shop"}, "cannot write /etc/hostname/shop: Not a directory"),
    ],
)
def test_error_names_what_is_wrong(deploy_service, changes, message) -> None:
    assert message in deploy_service(**changes)["msg"]


def test_login_is_in_the_history(deploy_service, service_info, monkeypatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ubuntu")
    deploy_service(operator="ada")
    (line,) = service_info()["history"]
    assert (line["by"], line["login"]) == ("ada", "ubuntu")


def test_second_operator_is_told_who_is_at_work(deploy_service, docker, tmp_path) -> None:
    deploy_service()
    with Store(str(tmp_path / "shop")).lock("ada"):
        assert "ada (pid" in deploy_service(lock_timeout=0)["msg"]


def test_renewal_is_noted_until_somebody_says_that_it_is_complete(deploy_service, tmp_path) -> None:
    deploy_service(renewing=True)
    assert deploy_service(test_only=True)["differs"] == ["its renewal was interrupted"]
    (tmp_path / "shop/renewing.json").unlink()
    assert deploy_service(test_only=True)["differs"] == []
