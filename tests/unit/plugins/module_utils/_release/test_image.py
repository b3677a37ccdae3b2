# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.image import Images
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    Specification,
)
from support.build_contexts import archive
from support.docker_fake import FakeDocker


@pytest.fixture
def docker() -> FakeDocker:
    return FakeDocker()


def images(docker, tmp_path, **login) -> Images:
    return Images(Engine(docker.run), tmp_path, login)


def test_image_that_is_there_is_not_pulled_again(docker, tmp_path, host) -> None:
    docker.images["shop:1"] = "sha256:1"
    images(docker, tmp_path).ensure(Specification("shop", "shop:1", "shop:1"), host.release())
    assert docker.done == []
    assert images(docker, tmp_path).id_of("shop:1") == "sha256:1"
    assert images(docker, tmp_path).id_of("shop:2") == ""


def test_image_that_no_registry_has_is_named(docker, tmp_path) -> None:
    with pytest.raises(ServiceError, match="the image shop:2 cannot be pulled: manifest unknown"):
        images(docker, tmp_path).pull("shop:2")


def test_digest_is_that_of_the_images_own_repository(docker, tmp_path) -> None:
    docker.images["shop:1"] = "sha256:1"
    assert images(docker, tmp_path).local_digest("shop:1") == "sha256:1"
    assert images(docker, tmp_path).local_digest("nothing:1") == ""


def test_login_is_in_a_file_of_roots_and_in_no_argument(docker, tmp_path) -> None:
    docker.registry["registry.example/shop:1"] = "sha256:1"
    login = {"server": "registry.example", "username": "ada", "password": "hunter22"}
    images(docker, tmp_path, **login).pull("registry.example/shop:1")
    ((mode, text),) = docker.pull_options
    assert mode == "0o600"
    assert json.loads(text) == {"auths": {"registry.example": {"auth": "YWRhOmh1bnRlcjIy"}}}
    assert "hunter22" not in str(docker.commands)
    assert "YWRhOmh1bnRlcjIy" not in str(docker.commands)
    assert list(tmp_path.iterdir()) == []


def test_login_to_the_public_hub_has_dockers_own_name(docker, tmp_path) -> None:
    docker.registry["shop:1"] = "sha256:1"
    images(docker, tmp_path, username="ada", password="hunter22").pull("shop:1")
    assert "https://index.docker.io/v1/" in docker.pull_options[0][1]


def test_without_a_username_there_is_no_login(docker, tmp_path) -> None:
    docker.registry["shop:1"] = "sha256:1"
    images(docker, tmp_path, username="", password="").pull("shop:1")
    assert docker.pull_options == []


def test_image_is_built_from_the_context_of_the_release(docker, tmp_path, host) -> None:
    context = archive({"Dockerfile": b"FROM x", "a/b": b"c"})
    release = host.release(context=context, build_arguments={"A": "$b"})
    spec = Specification("shop", "1.0", "peerlb-shop:1.0-ab", build_arguments={"A": "$b"})
    seen = {}

    def run(command, **options):
        if "build" in command:
            file = next(path for path in tmp_path.rglob("compose.yml"))
            seen["project"] = json.loads(file.read_text())
            seen["files"] = sorted(
                str(path.relative_to(file.parent / "context"))
                for path in (file.parent / "context").rglob("*")
                if path.is_file()
            )
        return docker.run(command, **options)

    Images(Engine(run), tmp_path / "work").ensure(spec, release)
    assert docker.done == ["build peerlb-shop:1.0-ab"]
    assert seen["files"] == ["Dockerfile", "a/b"]
    assert seen["project"]["services"]["shop"]["build"]["args"] == {"A": "$$b"}
    assert list((tmp_path / "work").iterdir()) == []


def test_build_that_brings_no_image_is_an_error(docker, tmp_path, host) -> None:
    release = host.release(context=archive({"Dockerfile": b""}))
    spec = Specification("shop", "1.0", "peerlb-shop:1.0-ab")

    def run(command, **options):
        return (0, "", "") if "build" in command else docker.run(command, **options)

    with pytest.raises(ServiceError, match="is not there although it was built"):
        Images(Engine(run), tmp_path).ensure(spec, release)


def test_cleaning_removes_what_was_built_here_and_no_release_needs(docker, tmp_path) -> None:
    docker.images = {"peerlb-shop:1": "1", "peerlb-shop:2": "2", "nginx:1": "3", "old:1": "4"}
    spec = Specification("shop", "2", "peerlb-shop:2")
    images(docker, tmp_path).clean(spec, {"peerlb-shop:2"}, {"old:1"})
    assert sorted(docker.images) == ["nginx:1", "peerlb-shop:2"]
