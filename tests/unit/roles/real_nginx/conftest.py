# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from support.balancer import write_release
from support.nginx import NO_NGINX, Program, free_port, programs


@pytest.fixture(autouse=True)
def any_nginx() -> None:
    """Skip what needs an nginx if there is none."""
    if not programs():
        pytest.skip(NO_NGINX)


@pytest.fixture
def role_name() -> str:
    return "nginx_lb"


@pytest.fixture
def deploy(role, tmp_path) -> t.Callable[..., int]:
    """Write the role's files for a pool, with a listener of this protocol; return its port."""

    def run(
        *members: dict[str, t.Any],
        protocol: str = "http",
        program: Program | None = None,
        variables: dict[str, t.Any] | None = None,
        **settings: t.Any,
    ) -> int:
        port = free_port()
        pool = Pool.parse({"name": "webapp", "members": list(members), **settings})
        listeners = [Listener(port, "webapp", protocol, "127.0.0.1")]
        newest = programs()[-1]
        write_release(role, tmp_path, pool, listeners, program or newest, **(variables or {}))
        return port

    return run
