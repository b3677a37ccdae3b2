# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
    compose,
    created_from,
    runner,
)


def answering(code: int, out: str = "", err: str = "") -> Engine:
    return Engine(lambda _command, **_options: (code, out, err))


def test_error_leaves_out_the_progress_of_compose() -> None:
    engine = answering(1, "", " Container x  Creating\nmanifest unknown\n")
    with pytest.raises(ServiceError) as caught:
        engine.succeed(["docker"], "it fails")
    assert str(caught.value) == "it fails: manifest unknown"


def test_error_of_progress_alone_is_shown() -> None:
    with pytest.raises(ServiceError, match="it fails: Container x"):
        answering(1, "", "Container x").succeed(["docker"], "it fails")


def test_only_the_last_six_lines_are_shown() -> None:
    with pytest.raises(ServiceError) as caught:
        answering(1, "", "\n".join(map(str, range(9)))).succeed([], "it fails")
    assert str(caught.value) == "it fails: 3\n4\n5\n6\n7\n8"


def test_output_of_a_command_is_returned() -> None:
    assert answering(0, "yes").succeed([], "") == "yes"


def test_host_without_docker_has_no_container() -> None:
    def missing(_command, **_options):
        raise FileNotFoundError(2, "No such file or directory")

    engine = Engine(runner(missing))
    assert engine.inspect("a", "b") == (None, [])
    with pytest.raises(ServiceError, match="this host has no program docker"):
        engine.succeed(["docker", "info"], "it fails")


def test_bytes_that_are_no_text_are_replaced() -> None:
    """Ansible's own way keeps them as surrogates, which no JSON for the controller can hold."""
    with patch_module_args({}):
        module = AnsibleModule(argument_spec={})
    code, output, errors = runner(module.run_command)(["printf", r"\351\377"])
    assert (code, output, errors) == (0, "\ufffd\ufffd", "")


@pytest.mark.parametrize(
    "error", ["Error: No such object: a", "Error: no such container", "No such image: b"]
)
def test_what_the_engine_does_not_know_is_nothing(error) -> None:
    assert answering(1, "[]", error).inspect("a") == (None, [])


def test_engine_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ServiceError, match="the Docker engine does not answer: Cannot connect"):
        answering(1, "", "Cannot connect to the Docker daemon").inspect("a")


def test_containers_are_told_from_images() -> None:
    records = '[{"Id": "c", "State": {}}, {"Id": "i"}]'
    assert answering(0, records).inspect("a", "b") == ({"Id": "c", "State": {}}, [{"Id": "i"}])


def test_compose_reads_the_environment_only_where_there_is_one(tmp_path) -> None:
    assert compose(tmp_path) == ["docker", "compose", "--file", f"{tmp_path}/compose.yml"]
    (tmp_path / "environment.yml").touch()
    assert compose(tmp_path)[-2:] == ["--file", f"{tmp_path}/environment.yml"]


@pytest.mark.parametrize(
    "record, files",
    [
        (None, []),
        ({"Config": {"Labels": None}}, []),
        (
            {"Config": {"Labels": {"com.docker.compose.project.config_files": "/a,/b"}}},
            [Path("/a"), Path("/b")],
        ),
    ],
)
def test_label_tells_what_a_container_was_created_from(record, files) -> None:
    assert created_from(record) == files


def test_last_lines_are_those_of_the_container_and_of_its_health_check() -> None:
    seen = []

    def run(command, **_options):
        seen.append(command)
        if "logs" in command:
            return 0, "out\n\n", "err\n"
        health = {"Log": [{"Output": "old"}, {"Output": "connection refused\n"}]}
        return 0, f'[{{"State": {{"Health": {json.dumps(health)}}}}}]', ""

    text = Engine(run).last_lines("a", since=12.7)
    assert text == "out\nerr\nhealth check: connection refused"
    assert seen[0] == ["docker", "logs", "--since", "12", "--tail", "20", "a"]


def test_container_that_wrote_nothing_is_told_so() -> None:
    engine = Engine(lambda command, **_options: (0, "[]" if "inspect" in command else "", ""))
    assert engine.last_lines("a", 0) == "it wrote nothing"
