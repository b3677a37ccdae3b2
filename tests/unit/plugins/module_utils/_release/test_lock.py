# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.lock import locked


def test_lock_says_what_is_changed_and_by_whom(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ubuntu")
    holder = re.escape(f"ada (pid {os.getpid()}, login ubuntu) is changing this firewall right now")
    path = tmp_path / "lock"
    with locked(path, "ada", 0, "this firewall"):
        with pytest.raises(BlockingIOError, match=holder), locked(path, "bob", 0, "this firewall"):
            pass
        with pytest.raises(BlockingIOError, match=r"waited 0\.2 s for this"):
            locked(path, "bob", 0.2, "this firewall").__enter__()
    with locked(path, "bob", 0, "this firewall"):
        assert path.read_text().startswith("bob ")
