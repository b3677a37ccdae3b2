# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest

SETTINGS = ("MYSQL_HOST=10.0.0.2", "MYSQL_PORT=3305", "WEBAPP_TRUSTED_PROXIES=10.0.0.2")
CONTAINER = {
    "Id": "3f9a",
    "Name": "/peerlb-webapp",
    "State": {"Status": "running"},
    "HostConfig": {"PortBindings": {"3000/tcp": [{"HostIp": "10.1.0.2", "HostPort": "3000"}]}},
    "Config": {"Env": ["PATH=/bin", "MYSQL_PASSWORD=oyster", *SETTINGS]},
}


@pytest.fixture
def deployed(deployable):
    """A stack on hosts where docker shows one container."""
    docker = deployable.path / "docker"
    docker.write_text(f"#!/bin/sh\ncat <<'EOT'\n{json.dumps([CONTAINER])}\nEOT\n")
    docker.chmod(0o755)
    return deployable


def test_preview_under_a_limit_compares_what_is_inside(deployed) -> None:
    done = deployed.play("preview", "--limit", "web1", "-vvv")
    assert done.returncode == 0, done.stdout
    lines = re.findall(r'"(.*)",?$', done.stdout, re.MULTILINE)
    first = lines.index("environment of web1:")
    assert lines[first + 1 : first + 3] == ["  - MYSQL_PORT=3305", "  + MYSQL_PORT=3306"]
    assert "not asked, as outside of --limit: lb1, web2, db1" in done.stdout
    assert "of web2:" not in done.stdout
    assert "oyster" not in done.stdout


def test_preview_does_not_take_silence_for_having_nothing(deployed) -> None:
    (deployed.path / "docker").write_text("#!/bin/sh\necho 'permission denied' >&2\nexit 1\n")
    done = deployed.play("preview", "--limit", "webapp:mysql")
    assert done.returncode == 0, done.stdout
    for section in ("environment of web1", "published of web2", "grants of db1"):
        assert f"{section}:" not in done.stdout
    assert "published of db1, published of web1, published of web2" in done.stdout
