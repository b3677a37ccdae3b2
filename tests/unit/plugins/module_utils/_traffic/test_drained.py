# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic import drained

ADDRESS = "10.1.0.3:3000"


class Clock:
    """A clock on which time passes only in sleep()."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def world(monkeypatch):
    """Set the connections at each look, and for how many seconds old workers live."""
    clock = Clock()

    def arrange(looks: list[dict[str, int]], old_workers_until: float = 0) -> Clock:
        rest = list(looks)
        monkeypatch.setattr(
            drained, "read_connections", lambda: rest.pop(0) if len(rest) > 1 else rest[0]
        )
        workers = {"shutting_down": 1}
        monkeypatch.setattr(
            drained,
            "count_workers",
            lambda: workers if clock.now < 1000 + old_workers_until else {"shutting_down": 0},
        )
        monkeypatch.setattr(drained, "time", clock)
        return clock

    return arrange


def test_connections_to_all_addresses_are_counted(world) -> None:
    world([{ADDRESS: 2, "10.1.0.2:3000": 9}])
    assert drained.count([ADDRESS, "10.1.0.9:1"]) == 2


@pytest.mark.parametrize(
    "looks, workers, timeout, settle, left, seconds",
    [
        ([{}], 0, 60, 5, 0, 0.0),
        ([{ADDRESS: 2}, {ADDRESS: 1}, {}], 0, 60, 5, 0, 0.2),
        ([{ADDRESS: 3}], 0, 1, 5, 3, 1.0),
        ([{}], 2, 60, 5, 0, 2.0),
        ([{}], 99, 60, 5, 0, 5.0),
        ([{}], 99, 3, 5, 0, 3.0),
        ([{ADDRESS: 3}], 0, 0, 5, 3, 0.0),
    ],
)
def test_how_long_it_waits(world, looks, workers, timeout, settle, left, seconds) -> None:
    world(looks, workers)
    found = drained.wait_until_drained([ADDRESS], timeout, settle)
    assert found["left"] == left
    assert found["seconds"] == pytest.approx(seconds, abs=0.11)


def test_time_since_the_reload_counts(world) -> None:
    clock = world([{}], 99)
    assert drained.wait_until_drained([ADDRESS], 60, 5, begun=clock.now - 4)["seconds"] < 5.2
    assert clock.now < 1001.2
