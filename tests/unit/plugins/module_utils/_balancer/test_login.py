# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from ansible_collections.peerlb.stack.plugins.module_utils._balancer.login import login_address


def process(proc, pid: int, parent: int, environment: str) -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "environ").write_bytes(environment.encode())
    (proc / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} 1 1 0")


def test_login_is_found_above_sudo(tmp_path) -> None:
    process(tmp_path, 30, 20, "HOME=/root\0")
    process(tmp_path, 20, 10, "A=b\0SSH_CONNECTION=198.51.100.4 50000 10.0.0.5 22\0C=d\0")
    process(tmp_path, 10, 1, "")
    assert login_address(30, tmp_path) == "198.51.100.4"
    assert login_address(10, tmp_path) == ""


def test_processes_that_are_gone_or_go_in_a_circle_tell_nothing(tmp_path) -> None:
    assert login_address(7, tmp_path) == ""
    process(tmp_path, 8, 9, "")
    process(tmp_path, 9, 8, "")
    assert login_address(8, tmp_path) == ""
    assert isinstance(login_address(os.getpid()), str)
