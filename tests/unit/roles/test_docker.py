# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.packages import (
    Distribution,
    Packages,
)
from ansible_collections.peerlb.stack.plugins.modules.docker_engine import ARGUMENT_SPEC


def test_defaults_are_the_documented_ones(role, spec) -> None:
    documented = {name: option["default"] for name, option in spec.items()}
    assert list(documented.items()) == list(role.load("defaults/main.yml").items())


@pytest.mark.parametrize(
    "distribution, source, expected",
    [
        ("bookworm", "auto", "docker-compose-plugin"),
        ("trixie", "auto", "docker-compose"),
        ("jammy", "auto", "docker-compose-v2"),
        ("noble", "auto", "docker-compose-v2"),
        ("trixie", "docker", "docker-compose-plugin"),
        ("noble", "distribution", "docker-compose-v2"),
    ],
)
def test_compose_v2_comes_from(role, distribution, source, expected) -> None:
    variables = role.load("vars/main.yml")
    packages = Packages(
        source,
        variables["__docker_distribution_packages"],
        variables["__docker_repository_packages"],
        variables["__docker_tools"],
    ).wanted(Distribution("debian", distribution, "13"))
    assert [name for name in packages if "compose" in name] == [expected]
    assert {"git", "nano", "inetutils-telnet"} <= set(packages)


def test_module_gets_each_setting(role) -> None:
    (task,) = role.load("tasks/engine.yml")
    passed = task["peerlb.stack.docker_engine"]
    assert set(passed) == set(ARGUMENT_SPEC)
    assert task["register"] == "__docker_engine"


def test_settings_are_merged_over_the_defaults(role) -> None:
    wanted = role.get(
        "__docker_daemon_json",
        docker_registry_mirrors=["http://192.0.2.1:5000"],
        docker_daemon_config={"log-opts": {"max-size": "1m"}, "labels": ["rack=7"]},
    )
    assert wanted["log-opts"] == {"max-size": "1m", "max-file": "3"}
    assert wanted["live-restore"] is True
    assert wanted["userland-proxy"] is False
    assert wanted["registry-mirrors"] == ["http://192.0.2.1:5000"]
    assert wanted["insecure-registries"] == ["192.0.2.1:5000"]
    assert wanted["labels"][0] == "rack=7"
    assert len(wanted["labels"]) == 3


@pytest.mark.parametrize(
    "change, restarts",
    [
        ({"registry-mirrors": ["http://192.0.2.1:5000"]}, True),
        ({"live-restore": False}, False),
        ({"log-opts": {"max-size": "1m"}}, True),
        ({"userland-proxy": True}, True),
        ({"no-such-key-yet": 1}, True),
    ],
)
def test_engine_restarts_only_for_settings_that_it_cannot_reload(role, change, restarts) -> None:
    before = role.get("__docker_labels")
    after = role.get("__docker_labels", docker_daemon_config=change)
    assert (before[0] != after[0]) is restarts
    assert before[1] != after[1]


GOOD = {"name": "nginx:1.30", "path": str(Path(__file__))}


@pytest.mark.parametrize(
    "archives, words",
    [
        ([GOOD, {**GOOD, "name": "registry.example.com:5000/shop:1"}], ""),
        (
            [{**GOOD, "path": "~/none.tar"}],
            f"no file {Path.home()}/none.tar. Make it with: skopeo",
        ),
        ([{**GOOD, "path": "images/nginx.tar"}], "images/nginx.tar is not an absolute path"),
        ([{**GOOD, "path": "/"}], "the controller has no file /."),
        ([{**GOOD, "name": "nginx"}], "nginx is not pinned. Write a name"),
        ([{**GOOD, "name": "nginx:latest"}], "nginx:latest is not pinned"),
        ([{**GOOD, "name": "registry:5000/nginx"}], "registry:5000/nginx is not pinned"),
        ([{**GOOD, "name": "nginx:1 $(id)"}], "is not pinned"),
        ([GOOD, GOOD], "nginx:1.30 is listed twice"),
    ],
)
def test_wrong_archives_are_problems(role, archives, words) -> None:
    problems = role.get("__docker_problems", docker_image_archives=archives)
    assert words in "\n".join(problems)
    assert bool(problems) is bool(words)


@pytest.mark.parametrize(
    "registry, valid",
    [
        ("europe-west1-docker.pkg.dev", True),
        ("us-docker.pkg.dev", True),
        ("gcr.io", True),
        ("eu.gcr.io", True),
        ("https://us-docker.pkg.dev", False),
        ("us-docker.pkg.dev/p/hub", False),
        ("us-docker.pkg.dev.example.com", False),
        ("registry.example.com", False),
        ("", False),
    ],
)
def test_registries_that_are_not_google_s_are_problems(role, registry, valid) -> None:
    problems = role.get("__docker_problems", docker_metadata_registries=[registry])
    assert bool(problems) is not valid


def test_defaults_have_no_problem(role) -> None:
    assert role.get("__docker_problems") == []


@pytest.mark.parametrize(
    "found, lacking",
    [
        ({"rc": 0, "stdout_lines": []}, []),
        ({"rc": 0, "stdout_lines": ["nginx:1.30 none amd64"]}, ["nginx:1.30"]),
        # Before the first run there is no engine: all images count as missing.
        ({"rc": 127, "stdout_lines": []}, ["nginx:1.30", "web:1"]),
    ],
)
def test_check_mode_predicts_the_missing_images(role, found, lacking) -> None:
    archives = [GOOD, {**GOOD, "name": "web:1"}]
    missing = role.get("__docker_lacking", docker_image_archives=archives, __docker_found=found)
    assert list(missing) == lacking


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"docker_apt_repository": "http://mirror.example.com/linux"}, "without TLS"),
        ({"docker_apt_repository": "http://127.0.0.1.example.com"}, "without TLS"),
        ({"docker_apt_repository": "ftp://mirror"}, "is no address"),
        ({"docker_apt_repository": "http://127.0.0.1:8000/linux"}, ""),
        ({"docker_apt_repository": "http://localhost/linux"}, ""),
        ({"docker_apt_repository": "https://mirror.example.com/linux"}, ""),
        ({"docker_apt_key_fingerprint": "9DC8"}, "has 40 hexadecimal digits"),
        ({"docker_apt_key_fingerprint": "9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88"}, ""),
    ],
)
def test_repository_that_cannot_be_trusted_is_a_problem(role, variables, words) -> None:
    problems = role.get("__docker_problems", **variables)
    assert words in "\n".join(problems)
    assert bool(problems) is bool(words)


def test_no_package_is_ever_removed(role) -> None:
    text = (role.path / "tasks/install.yml").read_text()
    assert "fail_on_autoremove: true" in text
    assert "purge" not in text
    assert "absent" not in text
