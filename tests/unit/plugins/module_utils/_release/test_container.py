# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.container import (
    Live,
    LiveError,
    serving,
)


@pytest.fixture
def live(fake_nginx, tmp_path) -> Live:
    return Live(fake_nginx.run, tmp_path, "peerlb-nginx", fake_nginx.port, timeout=0.2)


def test_nobody_serves_where_nobody_listens() -> None:
    assert serving(1) is None


def test_serving_asks_nginx_itself(fake_nginx) -> None:
    assert serving(fake_nginx.port) is None
    fake_nginx.loaded = "abc123"
    assert serving(fake_nginx.port) == "abc123"


def test_confirm_wants_this_very_release(live, fake_nginx) -> None:
    fake_nginx.loaded = "old"
    fake_nginx.emerg = "2026/01/01 [warn] idle\n2026/01/01 [emerg] bind() failed"
    with pytest.raises(LiveError, match=r"release new did not come up in 0.2 s: .*bind\(\) failed"):
        live.confirm("new", fake_nginx.port)
    live.confirm("old", fake_nginx.port)


@pytest.fixture
def staged(tmp_path) -> Path:
    directory = tmp_path / "nginx/releases/.staging"
    directory.mkdir(parents=True)
    (directory / "compose.yml").write_text('services:\n  nginx:\n    image: "nginx:9"\n')
    return directory


def test_the_test_runs_the_releases_own_image(live, fake_nginx, tmp_path, staged) -> None:
    live.test(staged, inside=False)
    (command,) = fake_nginx.commands
    assert command[:2] == ["docker", "compose"]
    assert f"{tmp_path}/nginx/releases/.staging/compose.yml" in command
    assert command[-1] == "/etc/nginx/peerlb/releases/.staging/nginx.conf"


def test_progress_of_compose_is_not_the_reason(live, fake_nginx, staged) -> None:
    fake_nginx.refuse = {"run": " Container x  Creating\nmanifest unknown\n"}
    with pytest.raises(LiveError) as error:
        live.test(staged, inside=False)
    assert "with the image nginx:9, nothing was changed: manifest unknown" in str(error.value)
    assert "Creating" not in str(error.value)
