# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.recent import logged


def line(minutes: int) -> str:
    time = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    entry = {"time": time.isoformat(timespec="seconds"), "upstream": "10.1.0.2:3000", "status": 200}
    return json.dumps({**entry, "client": "192.0.2.7", "rule": "default", "action": "allow"})


def test_recent_lines_are_counted_by_member_and_rule(tmp_path) -> None:
    (tmp_path / "access.log").write_text(f"{line(20)}\n{line(1)}\n")
    told = logged(str(tmp_path), "5m", [["10.1.0.2:3000"]])
    assert told["traffic"]["10.1.0.2:3000"]["requests"] == 1
    assert told["rules"]["default"]["actions"] == {"allow": 1}


def test_without_a_time_nothing_is_read(tmp_path) -> None:
    (tmp_path / "access.log").write_text(f"{line(0)}\n")
    assert logged(str(tmp_path), "", []) == {"traffic": {}, "rules": {}, "inspected": {}}


def test_a_time_that_is_none_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="since is 'soon'"):
        logged(str(tmp_path), "soon", [])
