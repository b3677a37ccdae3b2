# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer import guard_module
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.guard_module import GuardModule
from ansible_collections.peerlb.stack.plugins.module_utils._bans.change import ban_lines
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import Ban, BanError
from ansible_collections.peerlb.stack.plugins.module_utils._bans.truth import Busy, Truth, locked


@pytest.fixture
def guard(tmp_path, monkeypatch) -> GuardModule:
    monkeypatch.setattr(guard_module, "SEEN_WITHIN", 0.01)
    (tmp_path / "nginx").mkdir()
    params = {"path": str(tmp_path), "lock_timeout": 0.2, "operator": "ada", "reason": ""}
    return GuardModule(tmp_path / "nginx", params, False, "bans")


def banned(_truth: Truth) -> Truth:
    return Truth((Ban("203.0.113.7/32"),))


def test_another_ones_change_is_waited_for(guard) -> None:
    with locked(guard.root, 0), pytest.raises(Busy):
        guard.carry_out(banned, "write_bans", ban_lines)
    assert not (guard.root / "bans.json").exists()
    held = threading.Event()

    def hold() -> None:
        with locked(guard.root, 0):
            held.set()
            time.sleep(0.1)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(5)
    done = guard.carry_out(banned, "write_bans", ban_lines)
    assert (done["changed"], 0.1 <= done["seconds"] < 5) == (True, True)
    other.join()


def test_change_that_is_refused_leaves_all_as_it_is(guard) -> None:
    def refuse(_truth: Truth) -> Truth:
        raise BanError("no")

    with pytest.raises(BanError):
        guard.carry_out(refuse, "write_bans", ban_lines)
    assert {each.name for each in guard.root.iterdir()} == {"live.lock"}


def test_login_is_protected_but_for_one_on_the_host_itself(guard, monkeypatch) -> None:
    for address, count in (("198.51.100.4", 1), ("127.0.0.1", 0), ("", 0), ("2001:db8::1", 0)):
        monkeypatch.setattr(guard_module, "login_address", lambda _pid, given=address: given)
        names = [name for _range, name in guard.protected().ranges]
        assert names.count("from which you have logged in") == count
