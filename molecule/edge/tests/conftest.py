# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab of this scenario, deployed, and at its end as the other scenarios expect it."""

from __future__ import annotations

import typing as t

import pytest
from support.edge import OVERLAY, Edge
from support.lab import output_of, play
from support.operated import power


@pytest.fixture(scope="session")
def lab() -> Edge:
    """Return the lab."""
    return Edge()


@pytest.fixture(scope="session", autouse=True)
def stack(lab) -> t.Iterator[None]:
    """Deploy the stack with Valkey. At the end, the lab is as the other scenarios expect it."""
    lab.play("site", seconds=400)
    yield
    leave()


def leave() -> None:
    """Deploy the lab's own inventory again, and switch the host of Valkey off for good."""
    output_of(play("site", "--skip-tags", "docker,mysql,verify"))
    output_of(play("remove", *OVERLAY, "--limit", "kv1", service="valkey", data="delete"))
    power("up")
