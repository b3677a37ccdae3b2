# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic import drained
from ansible_collections.peerlb.stack.plugins.modules import nginx_drained

ADDRESS = "10.1.0.3:3000"


class Clock:
    """A clock on which time passes only in sleep()."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def held(monkeypatch) -> list[dict[str, int]]:
    """The connections that the module will read: one entry for each look, the last one for ever."""
    looks: list[dict[str, int]] = []

    def look() -> dict[str, int]:
        return looks.pop(0) if len(looks) > 1 else looks[0]

    monkeypatch.setattr(drained, "read_connections", look)
    monkeypatch.setattr(drained, "old_workers_left", lambda: False)
    monkeypatch.setattr(drained, "time", Clock())
    return looks


def test_it_waits_until_no_connection_is_left(run_module, held) -> None:
    held += [{ADDRESS: 2, "10.1.0.2:3000": 9}, {ADDRESS: 1}, {}]
    result = run_module(nginx_drained, addresses=[ADDRESS], timeout=5)
    assert (result["changed"], result["left"], result["seconds"]) == (False, 0, 0.2)


def test_it_returns_how_many_are_left_when_the_time_is_over(run_module, held) -> None:
    held += [{ADDRESS: 3}]
    result = run_module(nginx_drained, addresses=[ADDRESS], timeout=0.2)
    assert (result["left"], result["seconds"], result.get("failed")) == (3, 0.2, None)


def test_check_mode_does_not_wait(run_module, held) -> None:
    held += [{ADDRESS: 3}, {}]
    result = run_module(nginx_drained, check_mode=True, addresses=[ADDRESS], timeout=60)
    assert (result["left"], result["seconds"]) == (3, 0.0)


def test_it_waits_for_former_workers_until_settle_is_over(run_module, held, monkeypatch) -> None:
    held += [{}]
    left = [True, True, False]
    monkeypatch.setattr(drained, "old_workers_left", lambda: left.pop(0))
    assert run_module(nginx_drained, addresses=[ADDRESS])["seconds"] == 0.2
    monkeypatch.setattr(drained, "old_workers_left", lambda: True)
    result = run_module(nginx_drained, addresses=[ADDRESS], settle="300ms")
    assert (result["left"], result["seconds"]) == (0, 0.3)


def test_settle_that_is_no_time_is_refused(run_module, held) -> None:
    held += [{}]
    result = run_module(nginx_drained, addresses=[ADDRESS], settle="soon")
    assert result["msg"] == "settle is 'soon', not a time such as 500ms, 10s or 10m"


@pytest.mark.parametrize("wrong", ["x", "10.1.0.3", "10.1.0.3:0", "web2:3000", "", "10.1.0.3:http"])
def test_address_that_no_connection_can_have_is_refused(run_module, held, wrong) -> None:
    held += [{}]
    result = run_module(nginx_drained, addresses=[ADDRESS, wrong])
    assert result["msg"].startswith(f"addresses: {wrong!r} is not written as 10.1.0.2:3000: ")


@pytest.mark.parametrize("wrong", ["inf", "nan", -1])
def test_wait_without_an_end_is_refused(run_module, held, wrong) -> None:
    held += [{}]
    result = run_module(nginx_drained, addresses=[ADDRESS], timeout=wrong)
    assert "not a number of seconds from 0 to 86400" in result["msg"]


def test_members_are_counted_together(run_module, held) -> None:
    held += [{ADDRESS: 1, "10.1.0.2:3000": 1}]
    addresses = [ADDRESS, "10.1.0.2:3000"]
    assert run_module(nginx_drained, addresses=addresses, timeout=0)["left"] == 2
