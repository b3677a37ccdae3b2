# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load balancer with listeners of http and https, whose settings a test changes."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Balancer, Served
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.case import Case, Step
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import Question

LISTENERS = (
    {"port": 80, "protocol": "http", "pool": "webapp", "tls": False},
    {"port": 443, "protocol": "http", "pool": "webapp", "tls": True},
    {"port": 3306, "protocol": "tcp", "pool": "mysql"},
)
MEMBERS = [{"name": "web1", "weight": 3}, {"name": "web2", "weight": 1}]
SETTINGS: dict[str, t.Any] = {
    "name": "lb1",
    "listeners": LISTENERS,
    "pools": {"webapp": {"members": MEMBERS}, "api": {"members": MEMBERS[:1]}},
    "certificates": (Served("shop", ("shop.example",), 58),),
}


@pytest.fixture
def case() -> t.Callable[..., Case]:
    """Return the case of a request to a load balancer with these settings changed."""

    def make(url: str, client: str = "", **settings: t.Any) -> Case:
        balancer = Balancer(**{**SETTINGS, **settings})
        return Case.of(Question.parse(url, client=client), balancer)

    return make


@pytest.fixture
def told() -> t.Callable[[list[Step]], list[tuple[str, str, str]]]:
    """Return steps as mark, evidence and outcome."""
    return lambda steps: [
        ("FAIL" if each.refused else "ok", each.evidence, each.outcome) for each in steps
    ]
