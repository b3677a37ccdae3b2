# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment is signed, as any other change of the load balancer is."""

from __future__ import annotations

import pytest

INVENTORY = {"nginx_lb_operator": "pipeline", "nginx_lb_reason": "nightly"}


@pytest.fixture
def signature(stack, monkeypatch):
    """Return what the role is told; the image is refused before anything is done, in words."""
    monkeypatch.setenv("SUDO_USER", "eve")
    told = "signed by {{ nginx_lb_operator }} because {{ nginx_lb_reason }}."
    flow = {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"}
    stack.variables["topology"]["flows"].append(flow)
    stack.variables |= {"nginx_lb_image": told, "nginx_lb_version": ""}

    def run(*options: str) -> str:
        done = stack.play("nginx_lb", *options)
        assert done.returncode == 2, done.stdout
        return (
            " ".join(done.stdout.split())
            .partition("nginx_lb_image signed by ")[2]
            .partition(".")[0]
        )

    return run


@pytest.mark.parametrize(
    ("inventory", "options", "signed"),
    [
        ({}, (), "eve because "),
        ({}, ("-e", "operator=ada", "-e", "reason=canary"), "ada because canary"),
        (INVENTORY, (), "pipeline because nightly"),
        (INVENTORY, ("-e", "operator=ada", "-e", "reason=canary"), "ada because canary"),
        (INVENTORY, ("-e", "nginx_lb_operator=bob"), "bob because nightly"),
    ],
)
def test_who_and_why(stack, signature, inventory, options, signed) -> None:
    stack.variables |= inventory
    assert signature(*options) == signed
