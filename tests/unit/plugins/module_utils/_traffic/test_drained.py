# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic import drained

WEB1, WEB2 = "10.1.0.2:3000", "10.1.0.3:3000"


class Host:
    """A host on which time passes only while it sleeps.

    held are the connections to web1, and old the workers of a former release, at each look; the
    last of each list stays.
    """

    def __init__(self, held: list[int], old: list[int]) -> None:
        self.held, self.old = held, old
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for looks in (self.held, self.old):
            if len(looks) > 1:
                looks.pop(0)


@pytest.fixture
def host(monkeypatch) -> Host:
    host = Host([0], [0])
    monkeypatch.setattr(drained, "time", host)
    monkeypatch.setattr(drained, "read_connections", lambda: {WEB1: host.held[0], WEB2: 1})
    workers = {"serving": 2}
    monkeypatch.setattr(drained, "count_workers", lambda: {**workers, "shutting_down": host.old[0]})
    return host


@pytest.mark.parametrize(
    ("held", "old", "left", "seconds"),
    [
        ([0], [0], 0, 0.0),
        ([2, 1, 0], [0], 0, 0.2),
        ([0], [1, 1, 1, 0], 0, 0.3),
        ([1, 0], [1, 1, 1, 0], 0, 0.3),
        ([1, 1, 1, 0], [1, 0], 0, 0.3),
        ([3], [0], 3, 5.0),  # until the timeout
        ([0], [1], 0, 1.0),  # until settle is over
        ([1, 0], [1], 0, 1.0),
        ([2] * 20 + [0], [1], 0, 2.0),
    ],
)
def test_it_waits_for_connections_and_then_for_old_workers(host, held, old, left, seconds) -> None:
    host.held, host.old = held, old
    assert drained.wait_until_drained([WEB1], 5, 1) == {"left": left, "seconds": seconds}


def test_settle_is_no_longer_than_the_timeout(host) -> None:
    host.old = [1]
    assert drained.wait_until_drained([WEB1], 0.5, 60)["seconds"] == 0.5


def test_connections_of_all_addresses_are_counted_together(host) -> None:
    host.held = [2]
    assert drained.count([WEB1, WEB2, "10.1.0.4:3000"]) == 3


@pytest.mark.parametrize(("old", "left"), [(0, False), (1, True), (2, True)])
def test_old_workers_are_those_that_shut_down(host, old, left) -> None:
    host.old = [old]
    assert drained.old_workers_left() is left
