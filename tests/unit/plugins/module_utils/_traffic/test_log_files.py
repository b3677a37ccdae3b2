# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.log_files import (
    rotation_failed,
    size,
)


def test_size_counts_rotated_logs_and_nothing_elsewhere(tmp_path) -> None:
    assert size(str(tmp_path / "no-such-directory")) == 0
    (tmp_path / "logs/below").mkdir(parents=True)
    assert size(str(tmp_path / "logs")) == 0
    (tmp_path / "logs/access.log").write_bytes(b"x" * 700)
    (tmp_path / "logs/access.log.1.gz").write_bytes(b"x" * 300)
    (tmp_path / "elsewhere").write_bytes(b"x" * 5000)
    (tmp_path / "logs/link").symlink_to(tmp_path / "elsewhere")
    assert size(str(tmp_path / "logs")) == 1000


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ((0, "failed\n", ""), True),
        ((1, "inactive\n", ""), False),
        ((1, "activating\n", ""), False),
        ((127, "", "this host has no program systemctl"), False),
    ],
)
def test_failed_rotation_is_what_systemd_says(answer, failed) -> None:
    asked = []
    assert rotation_failed(lambda command: asked.append(command) or answer) is failed
    assert asked == [["systemctl", "is-failed", "peerlb-logs.service"]]
