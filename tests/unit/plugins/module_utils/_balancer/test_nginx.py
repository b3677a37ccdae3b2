# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx import (
    Nginx,
    release_at,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.rollout import Look

OTHER_CONTAINER = Look(None, details={"same_container": False})


@pytest.fixture
def container(fake_nginx, tmp_path) -> Nginx:
    return Nginx(Engine(fake_nginx.run), tmp_path, "peerlb-nginx", fake_nginx.port, timeout=0.2)


def test_no_release_answers_on_a_closed_port() -> None:
    assert release_at(1) is None


def test_release_that_answers_is_named_by_nginx_itself(fake_nginx) -> None:
    assert release_at(fake_nginx.port) is None
    fake_nginx.loaded = "abc123"
    assert release_at(fake_nginx.port) == "abc123"


def test_confirm_fails_while_another_release_answers(container, fake_nginx) -> None:
    fake_nginx.loaded = "old"
    fake_nginx.emerg = "2026/01/01 [warn] idle\n2026/01/01 [emerg] bind() failed"
    with pytest.raises(
        ServiceError, match=r"release new did not come up in 0.2 s: .*bind\(\) failed"
    ):
        container.confirm("new", fake_nginx.port)
    container.confirm("old", fake_nginx.port)


@pytest.fixture
def staged(tmp_path) -> Path:
    directory = tmp_path / "nginx/releases/.staging"
    directory.mkdir(parents=True)
    (directory / "compose.yml").write_text('services:\n  nginx:\n    image: "nginx:9"\n')
    return directory


def test_release_is_tested_with_its_own_image(container, fake_nginx, tmp_path, staged) -> None:
    container.test(staged, None, OTHER_CONTAINER)
    (command,) = fake_nginx.commands
    assert command[:2] == ["docker", "compose"]
    assert f"{tmp_path}/nginx/releases/.staging/compose.yml" in command
    assert command[-1] == "/etc/nginx/peerlb/releases/.staging/nginx.conf"


def test_error_leaves_out_the_progress_of_compose(container, fake_nginx, staged) -> None:
    fake_nginx.refuse = {"run": " Container x  Creating\nmanifest unknown\n"}
    with pytest.raises(ServiceError) as error:
        container.test(staged, None, OTHER_CONTAINER)
    assert "with the image nginx:9, nothing was changed: manifest unknown" in str(error.value)
    assert "Creating" not in str(error.value)
