# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load balancer with two members, and a service, for tests of modules that change them."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import (
    nginx_release,
    nginx_release_info,
    service_release,
    service_release_info,
)
from support.docker_fake import FakeDocker

MEMBERS = [
    {"name": "web1", "address": "10.1.0.2", "port": 3000},
    {"name": "web2", "address": "10.1.0.3", "port": 3000},
]


@pytest.fixture
def place(fake_nginx, tmp_path, monkeypatch) -> dict[str, t.Any]:
    """The parameters of all modules that lead them to the fake nginx."""
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _self, command, **_options: fake_nginx.run(command)
    )
    return {"path": str(tmp_path), "status_port": fake_nginx.port}


@pytest.fixture
def deploy(run_module, place) -> t.Callable[..., str]:
    """Deploy as the role does, with these parameters changed; return the id of the release."""

    def run(**changes: t.Any) -> str:
        wanted = {
            "files": {"nginx.conf": "#", "compose.yml": "image: a"},
            "pools": [{"name": "webapp", "members": MEMBERS}],
            "listeners": [{"port": 80, "pool": "webapp"}],
            "version": "1.30",
            "timeout": 0.3,
        }
        return run_module(nginx_release, **{**place, **wanted, **changes})["release"]

    return run


@pytest.fixture
def info(run_module, place) -> t.Callable[..., dict[str, t.Any]]:
    """Return what nginx_release_info reports, with these parameters changed."""
    return lambda **changes: run_module(nginx_release_info, **{**place, **changes})


@pytest.fixture
def docker(monkeypatch) -> FakeDocker:
    fake = FakeDocker()
    fake.registry = {"shop:1": "sha256:1", "shop:2": "sha256:2", "shop@sha256:ab": "sha256:ab"}
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda _self, command, **options: fake.run(command, **options)
    )
    return fake


@pytest.fixture
def deploy_service(run_module, docker, tmp_path) -> t.Callable[..., dict]:
    """Run service_release with these parameters changed."""

    def run(**changes: t.Any) -> dict:
        wanted = {
            "service": "shop",
            "path": str(tmp_path / "shop"),
            "image": "shop:1",
            "compose": {"services": {"shop": {"volumes": ["./a.conf:/a.conf"]}}},
            "files": {"a.conf": "one"},
            "secrets": {"password": "pass'w\"ord"},
            "environment": json.dumps({"TOKEN": "to$ken-value"}),
            "timeout": 0.2,
        }
        return run_module(service_release, **{**wanted, **changes})

    return run


@pytest.fixture
def service_info(run_module, docker, tmp_path) -> t.Callable[[], dict]:
    """Return what service_release_info reports."""
    return lambda: run_module(service_release_info, service="shop", path=str(tmp_path / "shop"))
