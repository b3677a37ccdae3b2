# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the scenarios that operate the lab under load, and the figures that tests measure."""

from __future__ import annotations

import typing as t

import pytest
from support.operated import Lab

FIGURES: dict[str, t.Any] = {}


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the figures. pytest calls this after all tests."""
    if FIGURES:
        terminalreporter.section("figures")
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Lab]:
    """Return the lab. At the end, its weights are those of the inventory."""
    lab = Lab()
    yield lab
    lab.play("set_weights", weights="inventory")


@pytest.fixture(scope="session")
def figures() -> dict[str, t.Any]:
    """Return the figures by name. Tests add theirs."""
    return FIGURES


@pytest.fixture
def standins(lab) -> t.Iterator[None]:
    """Replace the application by a faster stand-in, for loads that are too much for it."""
    lab.play("../molecule/operate/standin", standin=True)
    lab.wait_until_healthy()
    yield
    lab.play("../molecule/operate/standin", standin=False)
    lab.wait_until_healthy()


@pytest.fixture
def as_declared(lab) -> t.Iterator[None]:
    """Deploy the inventory's load balancer again at the end of a test."""
    yield
    lab.play("nginx_lb")
