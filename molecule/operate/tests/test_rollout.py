# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of a new version of the application, on one web server after the other, under load."""

from __future__ import annotations

import json
import typing as t

import pytest


@pytest.fixture
def former_version(lab) -> t.Iterator[None]:
    """Deploy the version of the inventory again."""
    yield
    lab.play("webapp")
    lab.wait_until_healthy()


def version(lab) -> str:
    """Return the application's version in one answer."""
    return json.loads(lab.curl("-H", "Accept: application/json"))["version"]


def test_new_version_loses_no_get(lab, figures, former_version) -> None:
    before = version(lab)
    gets = lab.start_load("/status/200", rate=60, connections=12, seconds=120)
    gets.wait(2)
    lab.play("webapp", webapp_version="0.0.1-next")
    ended = gets.now()
    found = gets.stop()
    figures["another version of the application"] = (
        f"{found['failed']} of {found['sent']} GETs failed {found['lost'] or ''},"
        f" the slowest took {found['p100_ms']:.0f} ms; both have the new version at {ended:.0f} s"
    )
    assert found["failed"] == 0
    assert {version(lab) for _each in range(4)} == {"0.0.1-next"} != {before}


def test_version_that_does_not_start_stops_at_the_first_web_server(lab, former_version) -> None:
    before = version(lab)
    text = lab.play("webapp", webapp_image="nothing.invalid/app:1", fails=True)
    assert "[web1]: FAILED" in text
    assert "changed: [web" not in text
    assert {version(lab) for _each in range(4)} == {before}


def test_version_that_exits_leaves_the_former_one_serving(lab, figures, former_version) -> None:
    before = version(lab)
    gets = lab.start_load("/status/200", rate=60, connections=12, seconds=120)
    text = lab.play("webapp", webapp_environment={"MYSQL_PORT": "nonsense"}, fails=True)
    found = gets.stop()
    # The value may be a secret, as each value of the environment may.
    assert "MYSQL_PORT: '********' is not a number" in " ".join(text.split())
    assert "the last good release" in " ".join(text.split())
    assert "changed: [web2]" not in text
    figures["a version that exits"] = f"{found['failed']} of {found['sent']} GETs failed"
    assert found["failed"] == 0
    assert {version(lab) for _each in range(4)} == {before}
    answers = lab.load("/status/200", rate=200, connections=2, seconds=0.2)
    assert set(answers["served_by"]) == {"web1", "web2"}
