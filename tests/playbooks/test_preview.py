# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest

CONTAINER = {
    "Id": "3f9a",
    "Name": "/peerlb-webapp",
    "Image": "sha256:5ef0",
    "State": {"Status": "running"},
    "HostConfig": {"PortBindings": {"3000/tcp": [{"HostIp": "10.1.0.2", "HostPort": "3000"}]}},
    "Config": {"Env": ["PATH=/bin", "MYSQL_PASSWORD=oyster", "MYSQL_PORT=3305"]},
}
NOTHING = "echo '[]'; echo \"Error: No such object: $2\" >&2; exit 1"


@pytest.fixture
def docker(deployable):
    """Return a function that writes a program docker of lines of shell for all hosts."""

    def write(script: str):
        program = deployable.path / "docker"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return deployable

    return write


def shown(done) -> list[str]:
    """Return the lines of the preview."""
    return re.findall(r'^ +"(.*)",?$', done.stdout, re.MULTILINE)


def test_first_deployment_starts_every_service(docker) -> None:
    done = docker(NOTHING).play("preview")
    assert done.returncode == 0, done.stdout
    assert shown(done)[-4:] == [
        "db1: MySQL is started for the first time",
        "web1: the application is started for the first time",
        "web2: the application is started for the first time",
        "lb1: nginx is started for the first time",
    ]
    assert "changed=0" in done.stdout
    assert not re.search("changed=[1-9]|failed=[1-9]", done.stdout)


def test_preview_under_a_limit_says_why_a_container_is_replaced(docker) -> None:
    stack = docker(f"cat <<'EOT'\n{json.dumps([CONTAINER])}\nEOT")
    done = stack.play("preview", "--limit", "web1", "-vvv")
    assert done.returncode == 0, done.stdout
    line = "web1: the application's container is replaced: it was created from no release"
    assert line in shown(done)
    assert "not asked, as outside of --limit: lb1, web2, db1" in done.stdout
    assert not [line for line in shown(done) if line.startswith("web2:")]
    assert "oyster" not in done.stdout


def test_preview_does_not_take_silence_for_having_nothing(docker) -> None:
    stack = docker("echo 'permission denied' >&2; exit 1")
    done = stack.play("preview", "--limit", "webapp:mysql")
    assert done.returncode == 0, done.stdout
    why = "cannot be compared: the Docker engine does not answer: permission denied"
    assert f"web2: the application {why}" in shown(done)
    assert f"db1: MySQL {why}" in shown(done)
    assert "grants of db1:" not in done.stdout
    assert "grants of db1" in shown(done)[-2]


def test_mistake_in_the_variables_is_told_beside_the_rest(docker) -> None:
    stack = docker(NOTHING)
    stack.groups["webapp"]["web1"]["webapp_environment"] = {"DEBUG": 1}
    done = stack.play("preview")
    assert done.returncode == 0, done.stdout
    (line,) = [line for line in shown(done) if line.startswith("web1:")]
    assert line.startswith("web1: the application cannot be compared: ")
    assert "DEBUG" in line
    assert "web2: the application is started for the first time" in shown(done)


def test_host_that_cannot_be_reached_is_named(docker) -> None:
    stack = docker(NOTHING)
    stack.groups["webapp"]["web1"] |= {"ansible_connection": "ssh", "ansible_port": 9}
    done = stack.play("preview")
    assert done.returncode == 0, done.stdout
    assert shown(done)[-1] == "not known: the application of web1"
    assert "web2: the application is started for the first time" in shown(done)
